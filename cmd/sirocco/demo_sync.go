package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"sirocco/hub"
	"sirocco/simulator/jobnimbus"
)

// demoSync is what the demo reads of a connection's sync.
type demoSync struct {
	Explanation string   `json:"explanation"`
	Run         *demoRun `json:"run"`
}

type demoRun struct {
	ID        string  `json:"id"`
	EndedAt   *string `json:"endedAt"`
	Outcome   string  `json:"outcome"`
	Pages     int     `json:"pages"`
	Created   int     `json:"created"`
	Updated   int     `json:"updated"`
	Unchanged int     `json:"unchanged"`
	Deleted   int     `json:"deleted"`
	Error     *string `json:"error"`
}

// changed is how many records the run wrote.
func (r *demoRun) changed() int { return r.Created + r.Updated + r.Deleted }

func (d *demo) firstSync() (int, error) {
	fmt.Println("\nCreating a connection to each, giving it credentials and switching it on, which starts its first sync:")
	for _, crm := range d.crms {
		if err := d.connect(crm); err != nil {
			return 0, err
		}
		// Only what is asked for runs, however long the story takes.
		if err := d.call("PATCH", crm.connection+"/sync", map[string]any{"intervalSeconds": 86400}, nil); err != nil {
			return 0, err
		}
		if err := d.call("PUT", crm.connection+"/credentials", crm.Values(crm.origin), nil); err != nil {
			return 0, err
		}
		if err := d.call("PATCH", crm.connection, map[string]any{"isActive": true}, nil); err != nil {
			return 0, err
		}
	}
	total := 0
	for _, crm := range d.crms {
		want := len(crm.shown())
		run, err := d.ended(crm, "")
		if err != nil {
			return 0, err
		}
		if run.Run.Created != want {
			return 0, fmt.Errorf("%s has %d records, %d came", crm.Platform(), want, run.Run.Created)
		}
		fmt.Printf("  %-15s %5d records in %d pages\n", crm.Platform(), run.Run.Created, run.Run.Pages)
		total += want
	}
	return total, nil
}

// demoNames are what the demo calls its connections.
var demoNames = map[hub.Platform]string{
	hub.PlatformMerge: "Back office (Merge)", hub.PlatformServiceTitan: "ServiceTitan", hub.PlatformCompanyCam: "CompanyCam", hub.PlatformSpotio: "Canvassing (SPOTIO)",
	hub.PlatformLeadPerfection: "LeadPerfection", jobnimbus.Platform: "JobNimbus (storm team)",
}

// connect makes a connection to a CRM that does not sync yet.
func (d *demo) connect(crm *demoCRM) error {
	var made struct {
		ID           string `json:"id"`
		ConnectionID string `json:"integrationConnectionId"`
	}
	var err error
	switch platform := crm.Platform(); {
	case !slices.Contains(hub.Platforms(), platform): // a file's connections are made by the operator
		var c hub.Connection
		c, err = d.st.CreateConnection(d.ctx, d.organization, hub.NewConnection{Name: cmp.Or(demoNames[platform], string(platform)), ExternalAccountID: "4711", Platform: platform, Models: pulledModels(platform)})
		made.ID = c.ID
	case platform == hub.PlatformSalesforce: // which has an operation of its own
		body := map[string]any{"namespace": "", "org_id": "00D000000000001", "instance_url": crm.origin}
		if err = d.call("PUT", "/v1/core/integrations/salesforce", body, &made); err == nil {
			made.ID = made.ConnectionID
			err = d.call("PATCH", "/v1/core/integrations/connections/"+made.ID, map[string]any{"isActive": false}, nil)
		}
	default:
		body := map[string]any{"name": cmp.Or(demoNames[crm.Platform()], string(crm.Platform())), "externalAccountId": "4711", "integrationPlatform": crm.Platform(), "isActive": false}
		err = d.call("POST", "/v1/core/integrations/connections", body, &made)
	}
	crm.connection = "/v1/core/integrations/connections/" + made.ID
	return err
}

func (d *demo) increment() (int, error) {
	fmt.Println("\nChanging a few records in each CRM, then syncing now; only those come:")
	total := 0
	for i, crm := range d.crms {
		before := crm.shown()
		crm.Update(crm.main, 4+i)
		after := crm.shown()
		created, updated, deleted := 0, 0, 0
		for key, r := range after {
			switch old, there := before[key]; {
			case !there:
				created++
			case !reflect.DeepEqual(old, r):
				updated++
			}
		}
		for key := range before {
			if _, there := after[key]; !there {
				deleted++
			}
		}
		run, err := d.sync(crm, map[string]any{})
		if err != nil {
			return 0, err
		}
		if run.Run.Created != created || run.Run.Updated != updated || run.Run.Deleted != deleted {
			return 0, fmt.Errorf("%s made %d records, changed %d and dropped %d; the sync created %d, updated %d and deleted %d", crm.Platform(), created, updated, deleted,
				run.Run.Created, run.Run.Updated, run.Run.Deleted)
		}
		changed := created + updated + deleted // what belongs to a record comes and goes with it
		fmt.Printf("  %-15s %5d changed, %d came\n", crm.Platform(), changed, run.Run.Created+run.Run.Updated+run.Run.Deleted)
		total += changed
	}
	return total, nil
}

// shown is every record that the CRM has and a hub should, by model and id.
func (c *demoCRM) shown() map[[2]string]hub.Record {
	all := map[[2]string]hub.Record{}
	for _, m := range c.Models() {
		for _, r := range c.Records(m) {
			if !r.Deleted { // as a canceled appointment is
				all[[2]string{string(m), r.ExternalID}] = r
			}
		}
	}
	return all
}

// pauseAndResume makes a CRM slow, reads all of it again, and pauses in the middle.
func (d *demo) pauseAndResume() (int, error) {
	crm := d.crms[0]
	fmt.Printf("\nReading all of %s again, slowly, and pausing in the middle:\n", crm.Platform())
	middle := make(chan struct{}) // closed once it is there: then no answer comes any more, however late the pause is
	crm.Before(func(r *http.Request) {
		var answers <-chan time.Time
		select {
		case <-middle:
		default:
			answers = time.After(200 * time.Millisecond)
		}
		select {
		case <-answers:
		case <-r.Context().Done():
		}
	})
	before, err := d.syncOf(crm)
	if err != nil {
		return 0, err
	}
	if err := d.call("POST", crm.connection+"/sync", map[string]any{"from": "2000-01-01T00:00:00Z"}, nil); err != nil {
		return 0, err
	}
	var running demoSync
	if err := d.until("the sync is in the middle", func() (bool, error) {
		running, err = d.syncOf(crm)
		return err == nil && running.Run.ID != before.Run.ID && running.Run.Pages >= 2, err
	}); err != nil {
		return 0, err
	}
	close(middle)
	if err := d.call("PATCH", crm.connection, map[string]any{"isActive": false}, nil); err != nil {
		return 0, err
	}
	fmt.Printf("  PATCH {\"isActive\": false} after %d pages\n", running.Run.Pages)
	var paused demoSync
	if err := d.until("the run has ended", func() (bool, error) {
		paused, err = d.syncOf(crm)
		return err == nil && paused.Run.EndedAt != nil, err
	}); err != nil {
		return 0, err
	}
	if paused.Run.Outcome != "PAUSED" {
		return 0, errors.New("the sync was over before it could be paused")
	}
	asked := 0
	if err := d.until("the CRM is left alone", func() (bool, error) {
		earlier := asked
		asked = requests(crm)
		if earlier == asked {
			return true, nil
		}
		time.Sleep(1500 * time.Millisecond) // that nothing comes can only be waited for: several times as long as a request takes now
		return false, nil
	}); err != nil {
		return 0, err
	}
	fmt.Printf("  %s\n", paused.Explanation)
	crm.Before(nil)
	if err := d.call("PATCH", crm.connection, map[string]any{"isActive": true}, nil); err != nil {
		return 0, err
	}
	resumed, err := d.ended(crm, paused.Run.ID)
	if err != nil {
		return 0, err
	}
	met := paused.Run.Unchanged + resumed.Run.Unchanged
	if met != len(crm.shown()) || paused.Run.changed()+resumed.Run.changed() != 0 {
		return 0, fmt.Errorf("the sync did not go on from its cursor: %+v, %+v", *paused.Run, *resumed.Run)
	}
	fmt.Printf("  PATCH {\"isActive\": true}: the next run went on from page %d to %d; %d records came again, none was written\n",
		paused.Run.Pages, paused.Run.Pages+resumed.Run.Pages, met)
	return met, nil
}

func requests(crm *demoCRM) int {
	n := 0
	for _, times := range crm.Requests() {
		n += times
	}
	return n
}

// sync asks for a run and waits for its end.
func (d *demo) sync(crm *demoCRM, body map[string]any) (demoSync, error) {
	before, err := d.syncOf(crm)
	if err != nil {
		return before, err
	}
	if err := d.call("POST", crm.connection+"/sync", body, nil); err != nil {
		return before, err
	}
	return d.ended(crm, before.Run.ID)
}

func (d *demo) syncOf(crm *demoCRM) (demoSync, error) {
	var s demoSync
	err := d.call("GET", crm.connection+"/sync", nil, &s)
	return s, err
}

// ended waits for the end of the run after the one before, and shows how far it is.
func (d *demo) ended(crm *demoCRM, before string) (demoSync, error) {
	var s demoSync
	shown, pages := time.Now(), 0
	err := d.until(fmt.Sprintf("the sync of %s ends", crm.Platform()), func() (bool, error) {
		var err error
		if s, err = d.syncOf(crm); err != nil || s.Run == nil || s.Run.ID == before {
			return false, err
		}
		if s.Run.EndedAt == nil {
			if s.Run.Pages > pages {
				d.moved, pages = time.Now(), s.Run.Pages
			}
			if time.Since(shown) > time.Second {
				shown = time.Now()
				fmt.Printf("  %-15s ... %d pages\n", crm.Platform(), s.Run.Pages)
			}
			return false, nil
		}
		if s.Run.Error != nil {
			return false, errors.New(*s.Run.Error)
		}
		return true, nil
	})
	return s, err
}
