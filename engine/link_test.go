package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// rep is a user with the e-mail address of one of the CRM's users.
func (r *hubRig) rep() (user hub.User, crmUser string) {
	r.t.Helper()
	them := r.crm.Records(hub.ModelUser)[0]
	user, err := r.st.CreateUser(r.t.Context(), r.conn.OrganizationID, hub.User{Email: strings.ToUpper(them.Details.Email), FirstName: "Rita"})
	if err != nil {
		r.t.Fatal(err)
	}
	return user, them.ExternalID
}

// record keeps a recording of some minutes, as it is once its audio is there.
func (r *hubRig) record(user hub.User, start time.Time, minutes int) string {
	r.t.Helper()
	length := time.Duration(minutes) * time.Minute
	id := storetest.Recording(r.t, r.st, r.conn.OrganizationID, user.ID, start, length)
	r.looks(start, start.Add(length))
	return id
}

// looks asks for another look at the recordings of exactly the times: those of the rest of the day are not looked at.
func (r *hubRig) looks(from, until time.Time) {
	r.t.Helper()
	org := r.conn.OrganizationID
	storetest.Exec(r.t, r.st, `INSERT INTO relinks (organization_id, asked_from, asked_until) VALUES ($1, $2, $3) ON CONFLICT (organization_id) DO UPDATE SET
		asked_from = CASE WHEN relinks.asked_from < excluded.asked_from THEN relinks.asked_from ELSE excluded.asked_from END,
		asked_until = CASE WHEN relinks.asked_until > excluded.asked_until THEN relinks.asked_until ELSE excluded.asked_until END`, org, from.UnixMicro(), until.UnixMicro())
	storetest.Exec(r.t, r.st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES ($1, 'LINK', $1, $2, 0)
		ON CONFLICT (organization_id, kind, object_id) DO UPDATE SET due_at = excluded.due_at`, org, r.now().UnixMicro())
}

// meets lets the CRM move one of its engagements: a meeting of the CRM user, or a call.
func (r *hubRig) meets(engagement int, crmUser, activity string, start time.Time, minutes int) string {
	r.t.Helper()
	types := r.crm.Records(hub.ModelEngagementType)
	kind := types[slices.IndexFunc(types, func(t hub.Record) bool { return t.Details.ActivityType == activity })]
	id := r.crm.Records(hub.ModelEngagement)[engagement].ExternalID
	r.crm.Change(hub.ModelEngagement, id, func(e *hub.Record) {
		e.StartTime, e.EndTime = start, start.Add(time.Duration(minutes)*time.Minute)
		e.Refs.Owner, e.Refs.EngagementType = crmUser, kind.ExternalID
		e.Name = "Visit " + id
		e.Details.Subject = e.Name
	})
	return id
}

func (r *hubRig) recording(id string) hub.Recording {
	r.t.Helper()
	rec, err := r.st.Recording(r.t.Context(), r.conn.OrganizationID, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

// pulled waits for a run that began after now: the first one to end may have begun before.
func (r *hubRig) pulled() { r.synced(r.synced(r.latest().ID).ID) }

// comes waits for a recording's link, or its reason, to be as wanted.
func (r *hubRig) comes(id, engagement, reason string) {
	r.t.Helper()
	until(r.t, "linked to "+engagement+" because "+reason, func() bool {
		l := r.recording(id).Link
		return l.ExternalID == engagement && strings.Contains(l.Reason, reason)
	})
}

func TestRecordingsLinkThemselves(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		user, crmUser := r.rep()
		day := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC) // nothing of the CRM's first records is then
		r.synced("")

		// The appointment first.
		first := r.meets(0, crmUser, "MEETING", day, 60)
		r.meets(1, crmUser, "CALL", day, 60)
		r.pulled()
		a := r.record(user, day.Add(5*time.Minute), 40)
		r.comes(a, first, "It is of the appointment “Visit "+first)
		if l := r.recording(a).Link; l.By != hub.LinkedByMatching || l.ConnectionID != r.conn.ID || l.Model != hub.ModelEngagement || l.At.IsZero() {
			t.Errorf("%+v", l)
		}

		// The recording first: it says why not, and links itself when the appointment comes.
		b := r.record(user, day.Add(5*time.Hour), 40)
		r.comes(b, "", "The rep has an appointment on 2026-04-01, but it is too far from the recording")
		second := r.meets(2, crmUser, "MEETING", day.Add(5*time.Hour), 60)
		r.pulled()
		r.comes(b, second, "by 40 minutes")

		// Two that fit equally well are offered, until one of them goes.
		third := r.meets(3, crmUser, "MEETING", day.Add(5*time.Hour), 60)
		r.pulled()
		r.comes(b, "", "It may be of the appointment")
		if l := r.recording(b).Link; l.By != hub.Offered || l.ConnectionID != r.conn.ID {
			t.Errorf("%+v", l)
		}
		if l, err := r.st.Linking(t.Context(), r.conn.OrganizationID, r.conn.ID); err != nil || l.Offered != 1 {
			t.Errorf("%+v, %v", l, err)
		}
		r.crm.Change(hub.ModelEngagement, second, func(e *hub.Record) { e.Deleted = true })
		r.pulled()
		r.comes(b, third, "It is of the appointment")

		// An appointment that moves away takes its link with it.
		r.meets(3, crmUser, "MEETING", day.Add(72*time.Hour), 60)
		r.pulled()
		r.comes(b, "", "before the CRM changed that: it is on 2026-04-04")

		// What a person decides stays.
		if _, err := r.st.RemoveLink(t.Context(), r.conn.OrganizationID, a, "USER_UNLINK"); err != nil {
			t.Fatal(err)
		}
		r.meets(0, crmUser, "MEETING", day.Add(2*time.Minute), 60)
		r.pulled()
		c := r.record(user, day.Add(5*time.Minute), 40) // looks again at both
		r.comes(c, first, "It is of the appointment")
		if l := r.recording(a).Link; l.ExternalID != "" || l.By != hub.LinkedByHand {
			t.Errorf("%+v", l)
		}

		// A deleted connection has no appointments.
		if _, err := r.st.DeleteConnection(t.Context(), r.conn.OrganizationID, r.conn.ID, nil); err != nil {
			t.Fatal(err)
		}
		r.comes(c, "", "No CRM user is matched to the rep.")
	})
}

func TestManyRecordingsAreLinkedInSlices(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[0].connector, pulled[0].crm(simulator.Options{Seed: 33, Records: 10, ValidateEvery: -1}))
		r.synced("")
		user, crmUser := r.rep()
		day := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
		var all []string
		for i := range 120 { // more than two slices, on as many days
			all = append(all, r.record(user, day.AddDate(0, 0, i), 30))
		}
		// The last to be looked at is the one that has an appointment.
		last := all[len(all)-1]
		id := r.meets(0, crmUser, "MEETING", day.AddDate(0, 0, len(all)-1), 45)
		r.pulled()
		r.comes(last, id, "It is of the appointment")
		for _, one := range all[:len(all)-1] {
			if l := r.recording(one).Link; l.ExternalID != "" || !strings.Contains(l.Reason, "The rep has no appointment on") {
				t.Errorf("%+v", l)
			}
		}
	})
}

// TestADeactivatedCRMUserKeepsTheirPast lets the rep's CRM user go after the visit: the link stays, and what comes later of
// that time is linked.
func TestADeactivatedCRMUserKeepsTheirPast(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		user, crmUser := r.rep()
		day := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
		r.synced("")
		morning, noon := r.meets(0, crmUser, "MEETING", day, 60), r.meets(1, crmUser, "MEETING", day.Add(4*time.Hour), 60)
		r.pulled()
		before := r.record(user, day.Add(3*time.Minute), 50)
		r.comes(before, morning, "It is of the appointment")
		r.crm.Change(hub.ModelUser, crmUser, func(u *hub.Record) { u.Deleted = true })
		r.pulled()
		r.comes(r.record(user, day.Add(4*time.Hour), 55), noon, "It is of the appointment")
		if l := r.recording(before).Link; l.ExternalID != morning {
			t.Errorf("%+v", l)
		}
	})
}

func deliveriesOf(connection, recording string) store.DeliveryFilter {
	return store.DeliveryFilter{ConnectionID: connection, RecordingID: recording, Limit: 10}
}

// offersTheFirst offers the first of two talks of a visit: more and less change the second so that it says more or less of the first, which is
// between the thresholds of both then.
func (r *hubRig) offersTheFirst(more, less string) (visit, first, second string, day time.Time) {
	r.t.Helper()
	day = time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC) // nothing of the CRM's first records is then
	user, crmUser := r.rep()
	visit = r.meets(0, crmUser, "MEETING", day, 60)
	r.quiet()
	first, second = r.record(user, day.Add(2*time.Minute), 20), r.record(user, day.Add(24*time.Minute), 30)
	r.comes(second, visit, "It is of the appointment")
	r.idle()
	probable := func(change string) float64 {
		r.t.Helper()
		storetest.Exec(r.t, r.st, `UPDATE recordings SET `+change+` WHERE id = $1`, second)
		v, err := r.st.Verdict(r.t.Context(), r.recording(first))
		if err != nil || len(v.Choices) == 0 {
			r.t.Fatal(v, err)
		}
		return v.Choices[0].Probability
	}
	after, before := probable(more), probable(less)
	if before >= after {
		r.t.Fatalf("%v before, %v after", before, after)
	}
	if err := r.st.SetThresholds(r.t.Context(), r.conn.OrganizationID, r.conn.ID, hub.Thresholds{Time: (before + after) / 2}); err != nil {
		r.t.Fatal(err)
	}
	storetest.Exec(r.t, r.st, `UPDATE recordings SET link_by = '', link_connection_id = NULL, link_model = NULL, link_external_id = NULL WHERE id = $1`, first)
	r.looks(day.Add(2*time.Minute), day.Add(3*time.Minute))
	until(r.t, "it is offered", func() bool { return r.recording(first).Link.By == hub.Offered })
	return visit, first, second, day
}

// TestAnOfferIsLookedAtWithTheNextTalk offers the first part of a visit, as how long the second was is not known, and tells that then: the first
// is looked at once more, though nothing of it changed, and linked.
func TestAnOfferIsLookedAtWithTheNextTalk(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		const long = `ended_at = started_at + 1800000000`
		visit, first, second, day := r.offersTheFirst(long, `ended_at = started_at`)
		storetest.Exec(t, r.st, `UPDATE recordings SET `+long+` WHERE id = $1`, second)
		r.looks(day.Add(30*time.Minute), day.Add(40*time.Minute))
		r.comes(first, visit, "It is of the appointment")
	})
}

// TestAnOfferIsLookedAtOnceTheNextTalkIsWritten offers the first part of a visit, and writes the note of the second, which is certain from then on:
// the first is looked at once more, and linked.
func TestAnOfferIsLookedAtOnceTheNextTalkIsWritten(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		visit, first, second, _ := r.offersTheFirst(`written_at = 1`, `written_at = NULL`)
		r.analyze(second)
		r.comesTo(second, hub.DeliverySent)
		r.comes(first, visit, "It is of the appointment")
	})
}
