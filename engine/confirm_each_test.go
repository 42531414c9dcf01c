package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// eachConfirmer runs a test with each connector whose vendor can be asked what is so now, and that has or has not appointments.
func eachConfirmer(t *testing.T, appointments bool, test func(t *testing.T, r *hubRig)) {
	t.Helper()
	t.Parallel()
	storetest.Long(t)
	for i, p := range pulled {
		has := slices.ContainsFunc(p.connector.Info().Models, func(m hub.ModelInfo) bool {
			return m.Brings(hub.ModelEngagement)
		})
		if _, asks := p.connector.(connector.Confirmer); !asks || has != appointments {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			storetest.Alternately(t, i, func(t *testing.T, url string) {
				test(t, newHubRig(t, url, p.connector, p.crm(simulator.Options{Seed: 45, Records: 60, ValidateEvery: -1})))
			})
		})
	}
}

// visitedBy are the CRM users who go to a visit: those assigned to it, or whoever it belongs to.
func (r *hubRig) visitedBy(visit hub.Record) (users []string) {
	for _, u := range r.crm.Records(hub.ModelEngagementUser) {
		if u.Refs.Engagement == visit.ExternalID && !u.Deleted {
			users = append(users, u.Refs.User)
		}
	}
	if visit.Refs.Owner != "" && !slices.Contains(users, visit.Refs.Owner) {
		users = append(users, visit.Refs.Owner)
	}
	return users
}

// goesInstead lets one CRM user alone go to a visit, in whichever way the CRM has it.
func (r *hubRig) goesInstead(visit hub.Record, user string) {
	for _, u := range r.crm.Records(hub.ModelEngagementUser) {
		if u.Refs.Engagement == visit.ExternalID && !u.Deleted {
			if row, id := r.crm.Row(hub.ModelEngagementUser, u.ExternalID); row == hub.ModelEngagementUser {
				r.crm.Change(row, id, func(u *hub.Record) { u.Refs.User = user })
			}
		}
	}
	row, id := r.crm.Row(hub.ModelEngagement, visit.ExternalID)
	r.crm.Change(row, id, func(e *hub.Record) { e.Refs.Owner = user })
}

// planned is a visit of one CRM user alone, with no other visit around, whose note has a record to go to, and that user.
func (r *hubRig) planned() (visit, user hub.Record) {
	r.t.Helper()
	all := r.crm.Records(hub.ModelEngagement)
	for _, v := range all {
		length, by := v.EndTime.Sub(v.StartTime), r.visitedBy(v)
		beside := slices.ContainsFunc(all, func(o hub.Record) bool {
			return o.ExternalID != v.ExternalID && o.StartTime.Sub(v.StartTime).Abs() < 2*time.Hour
		})
		counts := hub.CountsAsAppointment(v.Details.ActivityType)
		if v.Deleted || v.StartTime.IsZero() || !v.EndTime.IsZero() && (length < 20*time.Minute || length > 3*time.Hour) || v.Details.AllDay || !counts || beside || len(by) != 1 || v.Details.Disposition == "LOST" {
			continue
		}
		refs := map[hub.Model]string{hub.ModelOpportunity: v.Refs.Opportunity, hub.ModelAccount: v.Refs.Account, hub.ModelContact: v.Refs.Contact, hub.ModelLead: v.Refs.Lead}
		reached := slices.ContainsFunc(r.info.NoteTargets, func(m hub.Model) bool {
			of, there := r.crm.Get(m, refs[m])
			return refs[m] != "" && there && !of.Deleted
		})
		who, there := r.crm.Get(hub.ModelUser, by[0])
		if reached && there && !who.Deleted && who.Details.Email != "" {
			return v, who
		}
	}
	r.t.Fatal("there is no such visit")
	return visit, user
}

// recorded is a recording of a planned visit by who goes there, which the rule has linked to it; nothing is synced after that.
func (r *hubRig) recorded(visit, who hub.Record) (recording string) {
	r.t.Helper()
	user, err := r.st.CreateUser(r.t.Context(), r.conn.OrganizationID, hub.User{Email: strings.ToUpper(who.Details.Email), FirstName: "Rita"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.quiet()
	minutes := 50
	if !visit.EndTime.IsZero() {
		minutes = int(visit.EndTime.Sub(visit.StartTime).Minutes()) - 4
	}
	recording = r.record(user, visit.StartTime.Add(2*time.Minute), minutes)
	r.comes(recording, visit.ExternalID, "It is of the appointment")
	return recording
}

// TestAVisitOfSomebodyWhoHasLeft lets the CRM no longer list whose visit it was, and tell of the visit again: it stays theirs, and its note
// goes out.
func TestAVisitOfSomebodyWhoHasLeft(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		visit, who := r.planned()
		recording := r.recorded(visit, who)
		row, id := r.crm.Row(hub.ModelUser, who.ExternalID)
		r.crm.Change(row, id, func(u *hub.Record) { u.Deleted = true })
		row, id = r.crm.Row(hub.ModelEngagement, visit.ExternalID)
		r.crm.Change(row, id, func(e *hub.Record) { e.Name += " again" })
		r.pulled()
		r.pulled()
		r.comes(recording, visit.ExternalID, "It is of the appointment")
		r.analyze(recording)
		r.comesTo(recording, hub.DeliverySent)
	})
}

// TestAVisitThatWasMovedIsOffered lets a visit be moved to another week before its note is sent: the note goes to nobody until a person has
// said that it is of that visit.
func TestAVisitThatWasMovedIsOffered(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		visit, who := r.planned()
		recording := r.recorded(visit, who)
		row, id := r.crm.Row(hub.ModelEngagement, visit.ExternalID)
		r.crm.Change(row, id, func(e *hub.Record) { e.StartTime, e.EndTime = e.StartTime.AddDate(0, 0, 7), e.EndTime.AddDate(0, 0, 7) })
		r.analyze(recording)
		r.comesTo(recording, hub.DeliveryCanceled)
		r.looks(visit.StartTime, visit.StartTime.Add(time.Hour)) // and once more, when the link is gone
		of := r.recording(recording)
		const said = "before the CRM changed that"
		if of.Link.By != hub.Offered || !strings.Contains(of.Link.Reason, said) {
			t.Fatalf("%+v", of.Link)
		}
		until(t, "the delivery says so", func() bool { return strings.Contains(r.delivery(recording).Error, said) })
		found, err := r.st.Verdict(t.Context(), of)
		if err != nil || found.Choices[0].Appointment.ExternalID != visit.ExternalID {
			t.Fatalf("%+v %v", found, err)
		}
		if _, err := r.st.TakeOffer(t.Context(), r.conn.OrganizationID, recording, found.Choices[0].Appointment.ID, ""); err != nil {
			t.Fatal(err)
		}
		until(t, "the note is sent", func() bool { return len(r.crm.Notes.All()) == 1 })
	})
}

// TestNoWrongCustomersConversationIsSentAnywhere changes at each CRM that can be asked what a link rests on, which no sync has
// met when the note is about to be sent. Where nothing changed the note goes out.
func TestNoWrongCustomersConversationIsSentAnywhere(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *hubRig, visit hub.Record){
		"nothing": nil,
		"somebody else goes": func(r *hubRig, visit hub.Record) {
			by := r.visitedBy(visit)
			users := r.crm.Records(hub.ModelUser)
			other := users[slices.IndexFunc(users, func(u hub.Record) bool { return u.ExternalID != by[0] && !u.Deleted })]
			r.goesInstead(visit, other.ExternalID)
		},
		"it is moved to another day": func(r *hubRig, visit hub.Record) {
			row, id := r.crm.Row(hub.ModelEngagement, visit.ExternalID)
			r.crm.Change(row, id, func(e *hub.Record) { e.StartTime, e.EndTime = e.StartTime.AddDate(0, 0, 3), e.EndTime.AddDate(0, 0, 3) })
		},
		"it is canceled": func(r *hubRig, visit hub.Record) {
			row, id := r.crm.Row(hub.ModelEngagement, visit.ExternalID)
			r.crm.Change(row, id, func(e *hub.Record) { e.Deleted = true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
				visit, who := r.planned()
				recording := r.recorded(visit, who)
				if change == nil {
					r.analyze(recording)
					r.reaches(recording, hub.DeliverySent)
					if n := len(r.crm.Notes.All()); n != 1 {
						t.Errorf("%d notes", n)
					}
					return
				}
				change(r, visit)
				r.analyze(recording)
				r.comesTo(recording, hub.DeliveryCanceled)
				until(t, "the delivery says why", func() bool {
					return strings.HasPrefix(r.delivery(recording).Error, r.info.Name+" was asked again before the note was sent")
				})
				if l := r.recording(recording).Link; l.ExternalID != "" {
					t.Errorf("%+v", l)
				}
				if n := len(r.crm.Notes.All()); n != 0 {
					t.Errorf("%d notes", n)
				}
			})
		})
	}
}

// TestANoteIsNotPutOnADeletedJob deletes the job of a visit at each CRM that can be asked, which no sync has met when the note is about to
// be sent over the visit's link: it goes on whom the visit is with, or waits for nothing but says that there is nowhere to put it.
func TestANoteIsNotPutOnADeletedJob(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		visit, who := r.planned()
		if visit.Refs.Opportunity == "" || slices.Contains(r.info.NoteTargets, hub.ModelEngagement) {
			t.Skip("its visits have no job behind them, or take the notes themselves")
		}
		row, id := r.crm.Row(hub.ModelOpportunity, visit.Refs.Opportunity)
		recording := r.recorded(visit, who)
		r.crm.Change(row, id, func(o *hub.Record) { o.Deleted = true })
		r.analyze(recording)
		until(t, "it was tried", func() bool { d := r.delivery(recording); return d.State == hub.DeliverySent || d.Error != "" })
		if on := r.crm.Notes.On(hub.ModelOpportunity, visit.Refs.Opportunity); len(on) != 0 {
			t.Errorf("%+v", on)
		}
		if d := r.delivery(recording); strings.Contains(d.Error, visit.Refs.Opportunity) || strings.Contains(d.Error, "404") {
			t.Errorf("the job was asked for a note: %+v", d)
		}
	})
}

// unasked is of a vendor that cannot be asked about the records of some models.
type unasked struct {
	connector.Connector
	connector.Authorizer
	connector.NoteFinder
}

func (unasked) Confirm(context.Context, *connector.Session, hub.RecordRef) (connector.Confirmed, error) {
	return connector.Confirmed{}, connector.ErrCannotAsk
}

// TestALinkThatCannotBeAskedAboutStands sends the note over a link of whose record the vendor says nothing.
func TestALinkThatCannotBeAskedAboutStands(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		p := pulled[1]
		r := newHubRig(t, url, unasked{p.connector, p.connector.(connector.Authorizer), p.connector.(connector.NoteFinder)}, p.crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
		_, recording, _, _ := visited(t, r)
		r.analyze(recording)
		r.reaches(recording, hub.DeliverySent)
	})
}

// TestNoWrongProjectsConversationIsSent does so for a CRM without appointments, whose recordings are of projects.
func TestNoWrongProjectsConversationIsSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *hub.Record){
		"nothing":       nil,
		"it is deleted": func(p *hub.Record) { p.Deleted = true },
	} {
		t.Run(name, func(t *testing.T) {
			eachConfirmer(t, false, func(t *testing.T, r *hubRig) {
				user, _ := r.rep()
				r.quiet()
				var at *hub.Record
				for _, p := range r.crm.Records(r.main()) {
					kept, err := r.st.FindRecord(t.Context(), r.conn.OrganizationID, store.RecordTarget{Model: r.main(), ConnectionID: r.conn.ID, ExternalID: p.ExternalID})
					if err == nil && kept.Details.Latitude != nil && (kept.Details.Archived == nil || !*kept.Details.Archived) {
						at = &kept.Record
					}
				}
				if at == nil {
					t.Fatal("no project has a place")
				}
				began, length := at.ModifiedAt.Add(time.Minute), 40*time.Minute
				recording := storetest.Recording(t, r.st, r.conn.OrganizationID, user.ID, began, length)
				storetest.Exec(t, r.st, `UPDATE recordings SET latitude = $1, longitude = $2 WHERE id = $3`, *at.Details.Latitude+0.0001, *at.Details.Longitude, recording)
				r.looks(began, began.Add(length))
				r.comes(recording, at.ExternalID, "It is of the project")
				if change == nil {
					r.analyze(recording)
					r.reaches(recording, hub.DeliverySent)
					return
				}
				r.crm.Change(r.main(), at.ExternalID, change)
				r.analyze(recording)
				r.comesTo(recording, hub.DeliveryCanceled)
				if n := len(r.crm.Notes.All()); n != 0 {
					t.Errorf("%d notes", n)
				}
			})
		})
	}
}
