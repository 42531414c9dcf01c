package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
)

// What the demo leaves for a person to decide.
const (
	// demoGarbled is how many accounts get names that are no text, demoGone how many photographers vanish at once, of demoPhotographers.
	demoGarbled, demoGone, demoPhotographers = 3, 24, 30
	// demoUnlisted is how long ServiceTitan does not list the note whose answer was lost.
	demoUnlisted = 10 * time.Minute
)

// decisions lets happen what a person has to decide about, once each, and returns how many those are.
func (d *demo) decisions() (int, error) {
	fmt.Println("\nLeaving something to decide, as real days do:")
	n := 0
	for _, happens := range []func() (string, error){d.failingEndpoint, d.offered, d.unproven, d.garbled, d.vanished, d.refused} {
		said, err := happens()
		if err != nil {
			return n, err
		}
		if said != "" {
			n++
			fmt.Println("  " + said)
		}
	}
	return n, nil
}

// crm is the one of a platform.
func (d *demo) crm(p hub.Platform) *demoCRM {
	return d.crms[slices.IndexFunc(d.crms, func(c *demoCRM) bool { return c.Platform() == p })]
}

// healthOf is how a CRM's connection is.
func (d *demo) healthOf(crm *demoCRM) (store.ConnectionHealth, error) {
	all, err := d.st.Health(d.ctx, d.organization)
	if err != nil {
		return store.ConnectionHealth{}, err
	}
	at := slices.IndexFunc(all, func(h store.ConnectionHealth) bool { return strings.HasSuffix(crm.connection, h.ID) })
	if at < 0 {
		return store.ConnectionHealth{}, fmt.Errorf("the connection to %s is gone", crm.Platform())
	}
	return all[at], nil
}

// failingEndpoint makes an endpoint of a program that is down, which is told of what comes after.
func (d *demo) failingEndpoint() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "The dashboard is being moved.", http.StatusServiceUnavailable)
	})
	go func() { _ = serveUntilDone(d.ctx, down, listener) }()
	address := "http://" + listener.Addr().String() + "/sales-dashboard/events"
	var made struct {
		ID string `json:"id"`
	}
	if err := d.call("POST", "/v1/webhooks/endpoints", map[string]any{"url": address}, &made); err != nil {
		return "", err
	}
	if err := d.call("POST", "/v1/webhooks/endpoints/"+made.ID+"/test", struct{}{}, nil); err != nil {
		return "", err
	}
	return "a second subscriber is down, and its events wait", d.until("the endpoint fails", func() (bool, error) {
		all, err := d.st.Endpoints(d.ctx, d.organization, "", 100)
		return slices.ContainsFunc(all, func(w hub.WebhookEndpoint) bool { return w.ID == made.ID && !w.FailingSince.IsZero() }), err
	})
}

// offered records the rep where two appointments are as probable.
func (d *demo) offered() (string, error) {
	start := saturday(1)
	for i, at := range []struct{ street, whose string }{{"3 Mill Lane", "Farah Delgado"}, {"8 Mill Lane", "Owen Marsh"}} {
		begins := start.Add(time.Duration(i) * 15 * time.Minute)
		if err := d.call("PUT", "/v1/integrations/sync/engagements", map[string]any{
			"externalId": fmt.Sprintf("visit-%d", 2+i), "subject": "Measuring, " + at.street, "startTime": hub.WireTime(begins), "endTime": hub.WireTime(begins.Add(time.Hour)),
			"engagementType":  map[string]any{"name": "Consultation", "activityType": "MEETING"},
			"account":         map[string]any{"externalId": fmt.Sprintf("customer-%d", 2+i), "name": at.whose},
			"engagementUsers": []map[string]any{{"externalId": "rep-1", "email": d.rep.Details.Email, "name": d.rep.Name}},
		}, nil); err != nil {
			return "", err
		}
	}
	id, err := d.record(appointment{StartTime: start.Add(7 * time.Minute), rep: d.rep}, talkAbout("Gutter replacement"), "Gutters at Mill Lane", unnamed)
	if err != nil {
		return "", err
	}
	return "a recording is offered: two appointments are as probable", d.until("the recording is offered", func() (bool, error) {
		of, err := d.st.Offers(d.ctx, d.organization, "", "", 100)
		return slices.ContainsFunc(of, func(r hub.Recording) bool { return r.ID == id }), err
	})
}

// unproven loses the answer to a note that ServiceTitan took, and does not list for a while. Where the rep has no third appointment,
// there is none.
func (d *demo) unproven() (string, error) {
	crm := d.crm(hub.PlatformServiceTitan)
	found, err := appointments(crm, 3)
	if err != nil || len(found) < 3 {
		return "", err
	}
	crm.Notes.ListAfter(demoUnlisted)
	var lost atomic.Bool
	crm.Before(func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/notes") && lost.CompareAndSwap(false, true) {
			crm.Faults.Script(simulator.Fault{Kind: simulator.Drop})
		}
	})
	defer crm.Before(nil)
	id, err := d.record(found[2], found[2].talk, found[2].job.Name, found[2].customer())
	if err != nil {
		return "", err
	}
	return "the answer to a note was lost, and the CRM does not list it yet", d.until("the note is sent, and not proven", func() (bool, error) {
		notes, err := d.st.Unproven(d.ctx, d.organization, "", 100)
		return slices.ContainsFunc(notes, func(n hub.Delivery) bool { return n.RecordingID == id }), err
	})
}

// garbled lets accounts have names with a character in them that no text has, as imports from old systems bring.
func (d *demo) garbled() (string, error) {
	crm, changed := d.crm(hub.PlatformMerge), 0
	for _, a := range crm.Records(hub.ModelAccount) {
		if a.Deleted || changed == demoGarbled {
			continue
		}
		changed++
		crm.Change(hub.ModelAccount, a.ExternalID, func(r *hub.Record) { r.Name = strings.Replace(r.Name, " ", "\x00", 1) })
	}
	if _, err := d.sync(crm, map[string]any{}); err != nil {
		return "", err
	}
	_, id, _ := strings.Cut(crm.connection, "connections/")
	held, err := d.st.QuarantineCounts(d.ctx, d.organization, id)
	if got := held[hub.ModelAccount]; err == nil && got != changed {
		err = fmt.Errorf("%d accounts of %s have names that are no text, and %d are in quarantine", changed, crm.Platform(), got)
	}
	return fmt.Sprintf("the names of %d accounts are no text, and wait in quarantine", changed), err
}

// vanished lets most of CompanyCam's users be gone at once.
func (d *demo) vanished() (string, error) {
	crm := d.crm(hub.PlatformCompanyCam)
	gone := 0
	for _, u := range crm.Records(hub.ModelUser) {
		if gone < demoGone && !u.Deleted {
			gone++
			crm.Change(hub.ModelUser, u.ExternalID, func(r *hub.Record) { r.Deleted = true })
		}
	}
	if _, err := d.sync(crm, map[string]any{}); err != nil {
		return "", err
	}
	h, err := d.healthOf(crm)
	if got := h.Schedule.Held[hub.ModelUser]; err == nil && got != gone {
		err = fmt.Errorf("%s no longer shows %d users, and %d wait for a decision", crm.Platform(), gone, got)
	}
	return fmt.Sprintf("%d users are gone at once, and do not count as deleted until somebody says so", gone), err
}

// refused lets a CRM refuse its credentials.
func (d *demo) refused() (string, error) {
	crm := d.crm(hub.PlatformSpotio)
	crm.Faults.Always(simulator.Fault{Kind: simulator.Unauthorized})
	if err := d.call("POST", crm.connection+"/sync", struct{}{}, nil); err != nil {
		return "", err
	}
	err := d.until("the credentials are refused", func() (bool, error) {
		h, err := d.healthOf(crm)
		return h.Refused(), err
	})
	if err == nil && crm.Faults.Taken(simulator.Unauthorized) == 0 {
		err = errors.New("credentials count as refused that nobody refused")
	}
	return string(crm.Platform()) + " refuses its credentials", err
}
