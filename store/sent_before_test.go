package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// processed is a recording of an hour whose analysis is there.
func processed(t *testing.T, st *store.Store, org string, at time.Time) string {
	t.Helper()
	id := storetest.Recording(t, st, org, hub.NewID(), at, time.Hour)
	storetest.Exec(t, st, `UPDATE recordings SET status = 'COMPLETE', processed_at = created_at WHERE id = $1`, id)
	return id
}

// TestWhatWasSentToAnAccount sends notes to a record of an account, and lets the connection have another account with the same
// numbers, then the first again; then it is deleted and made again, for either. What was sent counts for its account alone: there
// it is looked for, and in the other it was never sent.
func TestWhatWasSentToAnAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		connection := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount).ID
		check := func(_ context.Context, _ hub.Connection, values map[string]string) (hub.CRMAccount, error) {
			return hub.CRMAccount{ID: values["account"]}, nil
		}
		recording := processed(t, st, org, time.Now())
		// linked links the recording to record 1 of an account, and returns the states of its deliveries, the first made first.
		linked := func(account string) []hub.DeliveryState {
			t.Helper()
			if _, err := st.SetCredentials(ctx, org, connection, map[string]string{"account": account}, true, check); err != nil {
				t.Fatal(err)
			}
			if err := untilDone(ctx, func(ctx context.Context) (bool, error) { return st.RetireAccount(ctx, org, connection) }); err != nil {
				t.Fatal(err)
			}
			page := store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Status: hub.SyncStateUpToDate, Records: []hub.Record{{Model: hub.ModelAccount, ExternalID: "1", Name: "of " + account}}}
			if _, err := st.CommitPage(ctx, storetest.Lease(t, st, org, connection), page); err != nil {
				t.Fatal(err)
			}
			if _, err := st.SetLink(ctx, org, recording, hub.Link{ConnectionID: connection, Model: hub.ModelAccount, ExternalID: "1"}); err != nil {
				t.Fatal(err)
			}
			found, err := st.Deliveries(ctx, org, store.DeliveryFilter{ConnectionID: connection, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(found)
			var states []hub.DeliveryState
			for _, d := range found {
				states = append(states, d.State)
			}
			return states
		}
		says := func(when string, got []hub.DeliveryState, want ...hub.DeliveryState) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: the deliveries are %v, not %v", when, got, want)
			}
		}
		says("at first", linked("a"), hub.DeliveryPending)
		storetest.Exec(t, st, `UPDATE deliveries SET state = 'SENT', due_at = NULL, sent_at = $1, note_id = 'n', marker = 'sirocco:m', note_print = 'p', target_model = model, target_external_id = external_id`,
			time.Now().UnixMicro())
		says("of another account", linked("b"), hub.DeliverySent, hub.DeliveryPending)
		all, err := st.Deliveries(ctx, org, store.DeliveryFilter{ConnectionID: connection, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if on, err := st.NotedOn(ctx, all[0]); err != nil || on.ExternalID != "" {
			t.Errorf("%v: the new account's record has the note: %+v", err, on)
		}
		var conflict *hub.ConflictError
		if _, err := st.ReplayDelivery(ctx, org, all[1].ID); !errors.As(err, &conflict) || !strings.Contains(conflict.Error(), "the account that the connection had before") {
			t.Errorf("a replay of what was sent to the account before is answered %v", err)
		}
		says("of the first again", linked("a"), hub.DeliveryConfirming, hub.DeliveryCanceled)
		storetest.Exec(t, st, `UPDATE deliveries SET asked_at = $1 WHERE state = 'CONFIRMING'`, time.Now().Add(-time.Minute).UnixMicro())
		for _, of := range []struct {
			account string
			want    hub.DeliveryState
		}{{"b", hub.DeliveryPending}, {"a", hub.DeliveryConfirming}, {"", hub.DeliveryConfirming}} {
			if _, err := st.DeleteConnection(ctx, org, connection, nil); err != nil {
				t.Fatal(err)
			}
			if of.account == "b" { // the rest is remembered though the purge has not come to it
				if err := untilDone(ctx, st.Purge); err != nil {
					t.Fatal(err)
				}
			}
			connection = storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount).ID
			says("made again for "+of.account, linked(of.account), of.want)
		}
		if markers, err := st.EarlierMarkers(ctx, org, recording); err != nil || !slices.Contains(markers, "sirocco:m") {
			t.Errorf("%v: the recording's notes are known by %v", err, markers)
		}
	})
}

// TestWhatWasSentFollowsItsRecord sends a note to a record that is known by another name when the connection is made again: merged
// into another one before or since, or under new ids of a service between, which was linked to the CRM anew. It is looked for where
// it is by now. The record of another CRM is none of that.
func TestWhatWasSentFollowsItsRecord(t *testing.T) {
	account := func(id, remote, into string) hub.Record {
		return hub.Record{Model: hub.ModelAccount, ExternalID: id, Name: "Smith", MergedInto: into, Details: hub.Details{RemoteID: remote}}
	}
	for _, c := range []struct {
		name          string
		before, after []hub.Record
		// of is whose account the second connection is to; inPlace replaces that of the first, and a look that began
		// before ends meanwhile.
		of                 string
		inPlace, meanwhile bool
		link               string
		want               hub.DeliveryState
	}{
		{"merged before", []hub.Record{account("1", "", "2"), account("2", "", "")}, []hub.Record{account("2", "", "")}, "a", false, false, "2", hub.DeliveryConfirming},
		{"merged twice before", []hub.Record{account("3", "", ""), account("2", "", "3"), account("1", "", "2")}, []hub.Record{account("3", "", "")}, "a", false, false, "3", hub.DeliveryConfirming},
		{"merged since", nil, []hub.Record{account("2", "", ""), account("1", "", "2")}, "a", false, false, "2", hub.DeliveryConfirming},
		{"linked anew", nil, []hub.Record{account("new", "001", "")}, "b", false, false, "new", hub.DeliveryConfirming},
		{"linked anew, in place", nil, []hub.Record{account("new", "001", "")}, "b", true, false, "new", hub.DeliveryConfirming},
		{"linked anew, in place, and looked at meanwhile", nil, []hub.Record{account("new", "001", "")}, "b", true, true, "new", hub.DeliveryConfirming},
		{"linked anew, and merged", nil, []hub.Record{account("newer", "002", ""), account("new", "001", "newer")}, "b", false, false, "newer", hub.DeliveryConfirming},
		{"merged, and linked anew", []hub.Record{account("1", "001", "2"), account("2", "002", "")}, []hub.Record{account("new", "002", "")}, "b", false, false, "new", hub.DeliveryConfirming},
		{"another's", nil, []hub.Record{account("1", "009", "")}, "b", false, false, "1", hub.DeliveryPending},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				ctx := t.Context()
				st := storetest.Open(t, url, nil)
				org := storetest.Organization(t, st)
				connection := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount).ID
				var lease store.Schedule
				recording := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
				opens := func(account string) {
					t.Helper()
					check := func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
						return hub.CRMAccount{ID: account}, nil
					}
					if _, err := st.SetCredentials(ctx, org, connection, map[string]string{"account": account}, true, check); err != nil {
						t.Fatal(err)
					}
					if account != "a" && c.meanwhile {
						storetest.Exec(t, st, `UPDATE recordings SET link_by = $1 WHERE id = $2`, string(hub.LinkedByMatching), recording)
						r, err := st.Recording(ctx, org, recording)
						if err != nil {
							t.Fatal(err)
						}
						if err := st.MoveMatch(ctx, hub.Delivery{OrganizationID: org}, store.Match{RecordingID: recording, Before: r.Link, Link: r.Link}, ""); err != nil {
							t.Fatal(err)
						}
					}
					if err := untilDone(ctx, func(ctx context.Context) (bool, error) { return st.RetireAccount(ctx, org, connection) }); err != nil {
						t.Fatal(err)
					}
					lease = storetest.Lease(t, st, org, connection)
				}
				reads := func(records ...hub.Record) {
					t.Helper()
					page := store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Status: hub.SyncStateUpToDate, Records: records}
					if _, err := st.CommitPage(ctx, lease, page); err != nil {
						t.Fatal(err)
					}
				}
				links := func(recording, id string) {
					t.Helper()
					if _, err := st.SetLink(ctx, org, recording, hub.Link{ConnectionID: connection, Model: hub.ModelAccount, ExternalID: id}); err != nil {
						t.Fatal(err)
					}
				}
				opens("a")
				reads(account("1", "001", ""))
				storetest.Exec(t, st, `UPDATE recordings SET status = 'COMPLETE', processed_at = created_at WHERE id = $1`, recording)
				links(recording, "1")
				storetest.Exec(t, st, `UPDATE deliveries SET state = 'SENT', due_at = NULL, sent_at = $1, note_id = 'n', marker = 'sirocco:m', note_print = 'p', target_model = model, target_external_id = external_id`,
					time.Now().UnixMicro())
				if c.before != nil {
					reads(c.before...)
				}
				if !c.inPlace {
					if _, err := st.DeleteConnection(ctx, org, connection, nil); err != nil {
						t.Fatal(err)
					}
					if err := untilDone(ctx, st.Purge); err != nil {
						t.Fatal(err)
					}
					connection = storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount).ID
				}
				opens(c.of)
				reads(c.after...)
				links(recording, c.link)
				found, err := st.Deliveries(ctx, org, store.DeliveryFilter{ConnectionID: connection, RecordingID: recording, Limit: 10})
				if err != nil || len(found) != 1 {
					t.Fatalf("%v: %+v", err, found)
				}
				d := found[0]
				if d.State != c.want || d.ExternalID != c.link || d.Withdrawn != "" || d.State == hub.DeliveryConfirming && d.Note.On.ExternalID != c.link {
					t.Errorf("%+v", d)
				}
			})
		})
	}
}

// TestWhatWasSentIsRemembered deletes a connection: what was sent in the last 90 days is looked for over the next one, so that nothing is written
// in the place of what people took away there.
func TestWhatWasSentIsRemembered(t *testing.T) {
	const days = 24 * time.Hour
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.OpenWith(t, url, store.Options{Keys: storetest.Keys(t), NoteLag: map[hub.Platform]time.Duration{hub.PlatformMerge: 10 * days, hub.PlatformSpotio: time.Hour}})
		for _, c := range []struct {
			platform hub.Platform
			sent     time.Duration
			want     hub.DeliveryState
		}{
			{hub.PlatformMerge, 9 * days, hub.DeliveryConfirming}, {hub.PlatformMerge, 11 * days, hub.DeliveryConfirming},
			{hub.PlatformSpotio, 89 * days, hub.DeliveryConfirming}, {hub.PlatformSpotio, 91 * days, hub.DeliveryPending},
		} {
			org := storetest.Organization(t, st)
			recording := processed(t, st, org, time.Now())
			linked := func() (connection string, made hub.Delivery) {
				t.Helper()
				connection = storetest.Connection(t, st, org, c.platform, hub.ModelLead).ID
				page := store.PageCommit{State: store.SyncState{Model: hub.ModelLead}, Status: hub.SyncStateUpToDate, Records: []hub.Record{{Model: hub.ModelLead, ExternalID: "1", Name: "Smith"}}}
				if _, err := st.CommitPage(t.Context(), storetest.Lease(t, st, org, connection), page); err != nil {
					t.Fatal(err)
				}
				if _, err := st.SetLink(t.Context(), org, recording, hub.Link{ConnectionID: connection, Model: hub.ModelLead, ExternalID: "1"}); err != nil {
					t.Fatal(err)
				}
				found, err := st.Deliveries(t.Context(), org, store.DeliveryFilter{ConnectionID: connection, Limit: 10})
				if err != nil || len(found) != 1 {
					t.Fatalf("%+v %v", found, err)
				}
				return connection, found[0]
			}
			connection, _ := linked()
			storetest.Exec(t, st, `UPDATE deliveries SET state = 'SENT', due_at = NULL, created_at = $1, sent_at = $1, note_id = 'n', marker = 'sirocco:m', note_print = 'p', target_model = model,
				target_external_id = external_id WHERE connection_id = $2`, time.Now().Add(-c.sent).UnixMicro(), connection)
			storetest.Exec(t, st, `UPDATE connections SET account_since = 0 WHERE id = $1`, connection)
			if _, err := st.DeleteConnection(t.Context(), org, connection, nil); err != nil {
				t.Fatal(err)
			}
			if _, made := linked(); made.State != c.want {
				t.Errorf("%s: what was sent %s ago is %s, not %s", c.platform, c.sent, made.State, c.want)
			}
		}
	})
}

// TestWhatWasSentIsFoundWhenItsRecordComes links a service between anew, whose records come under new ids, one after the other: while
// the record that has the note may still come, nothing is sent, and when it is here, the note is looked for there.
func TestWhatWasSentIsFoundWhenItsRecordComes(t *testing.T) {
	visit, job := hub.Record{Model: hub.ModelEngagement, Name: "Visit"}, hub.Record{Model: hub.ModelOpportunity, Name: "Job"}
	account := hub.Record{Model: hub.ModelAccount, Name: "Smith"}
	as := func(r hub.Record, id, remote string) hub.Record {
		r.ExternalID, r.Details.RemoteID = id, remote
		return r
	}
	for _, c := range []struct {
		name string
		// unproven is the note, which was sent to the job by way of the visit, sent some time ago.
		unproven bool
		sent     time.Duration
		// first is here when the recording is linked to it; by then the models of read were read once. Then comes later.
		first, later hub.Record
		read         []hub.Model
		awaited      bool // before it comes
		taken        bool // after it has come
	}{
		{"the job comes later", false, time.Hour, as(visit, "e2", "001"), as(job, "o2", "002"), nil, true, true},
		{"the job comes later, after others", false, time.Hour, as(visit, "e2", "001"), as(job, "o2", "002"), []hub.Model{hub.ModelEngagement, hub.ModelOpportunity}, true, true},
		{"not proven, the job comes later", true, time.Hour, as(visit, "e2", "001"), as(job, "o2", "002"), nil, true, true},
		{"it would be listed by now", false, 73 * time.Hour, as(visit, "e2", "001"), as(job, "o9", "009"), nil, false, false},
		{"not proven, neither is here", true, time.Hour, as(account, "a2", "003"), as(account, "a3", "004"), []hub.Model{hub.ModelAccount}, true, false},
		{"not proven, of another CRM", true, time.Hour, as(account, "a2", "003"), as(account, "a3", "004"), []hub.Model{hub.ModelAccount, hub.ModelEngagement}, false, false},
		{"of another CRM", false, time.Hour, as(visit, "e2", "008"), as(job, "o2", "009"), []hub.Model{hub.ModelEngagement}, false, false},
		{"linked to another", false, time.Hour, as(account, "a2", "003"), as(visit, "e2", "001"), []hub.Model{hub.ModelEngagement}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				ctx, now := t.Context(), time.Now()
				st := storetest.Open(t, url, nil)
				org := storetest.Organization(t, st)
				recording := processed(t, st, org, now)
				var connection string
				var lease store.Schedule
				connects := func(account string) {
					t.Helper()
					connection = storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelEngagement, hub.ModelOpportunity, hub.ModelAccount).ID
					if _, err := st.SetCredentials(ctx, org, connection, map[string]string{"account": account}, true, func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
						return hub.CRMAccount{ID: account}, nil
					}); err != nil {
						t.Fatal(err)
					}
					lease = storetest.Lease(t, st, org, connection)
				}
				reads := func(r hub.Record) {
					t.Helper()
					page := store.PageCommit{State: store.SyncState{Model: r.Model, InRun: true}, Status: hub.SyncStateSyncing, Records: []hub.Record{r}}
					if _, err := st.CommitPage(ctx, lease, page); err != nil {
						t.Fatal(err)
					}
				}
				links := func(to hub.Record) {
					t.Helper()
					if _, err := st.SetLink(ctx, org, recording, hub.Link{ConnectionID: connection, Model: to.Model, ExternalID: to.ExternalID}); err != nil {
						t.Fatal(err)
					}
				}
				planned := func() hub.Delivery {
					t.Helper()
					found, err := st.Deliveries(ctx, org, store.DeliveryFilter{ConnectionID: connection, RecordingID: recording, Limit: 10})
					if err != nil || len(found) != 1 {
						t.Fatalf("%v: %+v", err, found)
					}
					return found[0]
				}
				connects("a")
				reads(as(visit, "e1", "001"))
				reads(as(job, "o1", "002"))
				links(as(visit, "e1", "001"))
				at := now.Add(-c.sent).UnixMicro()
				storetest.Exec(t, st, `UPDATE deliveries SET state = 'SENT', due_at = NULL, sent_at = $1, created_at = $1, note_id = 'n', marker = 'sirocco:m', note_print = 'p', target_model = 'OPPORTUNITY', target_external_id = 'o1'`, at)
				storetest.Exec(t, st, `UPDATE connections SET account_since = 0`)
				if c.unproven {
					storetest.Exec(t, st, `UPDATE deliveries SET state = 'CONFIRMING', due_at = sent_at, asked_at = sent_at, sent_at = NULL`)
				}
				if c.sent > 72*time.Hour { // it was sent lately when the connection went
					storetest.Exec(t, st, `UPDATE deliveries SET sent_at = $1`, now.UnixMicro())
				}
				if _, err := st.DeleteConnection(ctx, org, connection, nil); err != nil {
					t.Fatal(err)
				}
				if c.sent > 72*time.Hour {
					storetest.Exec(t, st, `UPDATE sent_before SET asked_at = $1`, at)
				}
				if err := untilDone(ctx, st.Purge); err != nil {
					t.Fatal(err)
				}
				connects("b")
				reads(c.first)
				for _, m := range c.read {
					if _, err := st.CommitPage(ctx, lease, store.PageCommit{State: store.SyncState{Model: m, Since: now}, Status: hub.SyncStateUpToDate}); err != nil {
						t.Fatal(err)
					}
				}
				links(c.first)
				d := planned()
				if d.State != hub.DeliveryPending {
					t.Fatalf("planned: %+v", d)
				}
				if taken, awaited, err := st.AdoptSentBefore(ctx, d); err != nil || taken || awaited != c.awaited {
					t.Errorf("before: taken over %v, awaited %v, %v", taken, awaited, err)
				}
				reads(c.later)
				taken, _, err := st.AdoptSentBefore(ctx, d)
				if err != nil || taken != c.taken {
					t.Errorf("after: taken over %v, %v", taken, err)
				}
				after := planned()
				want := hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: "o2"}
				if c.taken && (after.State != hub.DeliveryConfirming || after.ExternalID != c.first.ExternalID || after.Note.On != want || after.Note.Marker != "sirocco:m") {
					t.Errorf("taken over: %+v", after)
				}
				if !c.taken && after.ID != d.ID {
					t.Errorf("it is another: %+v", after)
				}
			})
		})
	}
}

// TestWhatWasSentIsOnTheRecordThatIsLinked links a recording by hand to the record that has its note, which was sent by way of another
// that has not come.
func TestWhatWasSentIsOnTheRecordThatIsLinked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		recording := processed(t, st, org, time.Now())
		connection := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelOpportunity).ID
		storetest.Exec(t, st, `INSERT INTO sent_before (organization_id, recording_id, id, platform, account_id, model, external_id, correction, target_model, target_external_id, marker, note_print, note_hash, asked_at,
			proven, remote_id, target_remote_id) VALUES ($1, $2, 'd', 'MERGE', 'a', 'ENGAGEMENT', 'e1', 0, 'OPPORTUNITY', 'o1', 'sirocco:m', 'p', '', $3, TRUE, '001', '002')`, org, recording, time.Now().UnixMicro())
		page := store.PageCommit{State: store.SyncState{Model: hub.ModelOpportunity}, Status: hub.SyncStateUpToDate, Records: []hub.Record{{Model: hub.ModelOpportunity, ExternalID: "o2", Name: "Job", Details: hub.Details{RemoteID: "002"}}}}
		if _, err := st.CommitPage(ctx, storetest.Lease(t, st, org, connection), page); err != nil {
			t.Fatal(err)
		}
		if _, err := st.SetLink(ctx, org, recording, hub.Link{ConnectionID: connection, Model: hub.ModelOpportunity, ExternalID: "o2"}); err != nil {
			t.Fatal(err)
		}
		found, err := st.Deliveries(ctx, org, store.DeliveryFilter{ConnectionID: connection, Limit: 10})
		if err != nil || len(found) != 1 || found[0].State != hub.DeliveryConfirming || found[0].Model != hub.ModelOpportunity || found[0].Note.On.ExternalID != "o2" {
			t.Errorf("%v %+v", err, found)
		}
	})
}
