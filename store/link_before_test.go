package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestALinkThatStandsIsTakenOver links a recording, and deletes the connection or gives it another account: the next one to the account
// takes the link over once the record has come in, whatever the rule would link, and until then nothing is linked. Where it will not
// come, or a person has decided since, the rule is heard.
func TestALinkThatStandsIsTakenOver(t *testing.T) {
	visit := func(id, remote, name string) hub.Record {
		return hub.Record{Model: hub.ModelEngagement, ExternalID: id, Name: name, Details: hub.Details{RemoteID: remote}}
	}
	type world struct {
		st                         *store.Store
		org, recording, connection string
	}
	byHand := func(t *testing.T, w *world) {
		t.Helper()
		if _, err := w.st.SetLink(t.Context(), w.org, w.recording, hub.Link{ConnectionID: w.connection, Model: hub.ModelEngagement, ExternalID: "1", Trigger: "USER_LINK_WEB", Reason: "A person took the offer."}); err != nil {
			t.Fatal(err)
		}
	}
	none := func(*testing.T, *world) {}
	for _, c := range []struct {
		name     string
		then     func(*testing.T, *world) // after byHand
		of       string                   // the account of the next connection; the first is a
		inPlace  bool                     // it is the same connection, which has another account in between
		comes    []hub.Record             // beside what the rule would link; first alone
		by       hub.LinkBy
		want     string // what it is linked to in the end
		meantime bool   // nothing is linked while it may come
	}{
		{"by hand", none, "a", false, []hub.Record{visit("1", "001", "Visit")}, hub.LinkedByHand, "1", true},
		{"by hand, of an account that is not known", none, "", false, []hub.Record{visit("1", "001", "Visit")}, hub.LinkedByHand, "1", true},
		{"in place", none, "a", true, []hub.Record{visit("1", "001", "Visit")}, hub.LinkedByHand, "1", true},
		{"by the uploader", func(t *testing.T, w *world) {
			t.Helper()
			storetest.Exec(t, w.st, `UPDATE recordings SET link_by = 'UPLOAD' WHERE id = $1`, w.recording)
		}, "a", false, []hub.Record{visit("1", "001", "Visit")}, hub.LinkedByUpload, "1", true},
		{"by the rule, and written", func(t *testing.T, w *world) {
			t.Helper()
			storetest.Exec(t, w.st, `UPDATE recordings SET link_by = 'MATCHING', written_at = created_at WHERE id = $1`, w.recording)
		}, "a", false, []hub.Record{visit("1", "001", "Visit")}, hub.LinkedByMatching, "1", true},
		{"by the rule", func(t *testing.T, w *world) {
			t.Helper()
			storetest.Exec(t, w.st, `UPDATE recordings SET link_by = 'MATCHING' WHERE id = $1`, w.recording)
		}, "a", false, []hub.Record{visit("1", "001", "Visit")}, hub.LinkedByMatching, "rule", false},
		{"unlinked by hand", func(t *testing.T, w *world) {
			t.Helper()
			if _, err := w.st.RemoveLink(t.Context(), w.org, w.recording, ""); err != nil {
				t.Fatal(err)
			}
		}, "a", false, []hub.Record{visit("1", "001", "Visit")}, hub.LinkedByHand, "", true},
		{"it does not come", none, "a", false, []hub.Record{visit("2", "002", "Visit")}, hub.LinkedByMatching, "rule", true},
		{"it does not come, read whole", none, "a", false, []hub.Record{visit("2", "002", "Visit")}, hub.LinkedByMatching, "rule", true},
		{"merged since", none, "a", false, []hub.Record{{Model: hub.ModelEngagement, ExternalID: "1", MergedInto: "2", Deleted: true}, visit("2", "002", "Visit")}, hub.LinkedByHand, "2", true},
		{"under a new id", none, "b", false, []hub.Record{visit("new", "001", "Visit")}, hub.LinkedByHand, "new", true},
		{"another account's", none, "b", false, []hub.Record{visit("1", "009", "Visit")}, hub.LinkedByMatching, "rule", true},
		{"another account's of the same number", none, "b", false, []hub.Record{visit("1", "001", "Somebody else's")}, hub.LinkedByMatching, "rule", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				ctx := t.Context()
				st := storetest.Open(t, url, nil)
				w := &world{st: st, org: storetest.Organization(t, st)}
				w.connection = storetest.Connection(t, st, w.org, hub.PlatformMerge, hub.ModelEngagement).ID
				w.recording = storetest.Recording(t, st, w.org, hub.NewID(), time.Now(), time.Hour)
				var lease store.Schedule
				opens := func(account string) {
					t.Helper()
					if _, err := st.SetCredentials(ctx, w.org, w.connection, map[string]string{"account": account}, true, func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
						return hub.CRMAccount{ID: account}, nil
					}); err != nil {
						t.Fatal(err)
					}
					if err := untilDone(ctx, func(ctx context.Context) (bool, error) { return st.RetireAccount(ctx, w.org, w.connection) }); err != nil {
						t.Fatal(err)
					}
					lease = storetest.Lease(t, st, w.org, w.connection)
				}
				reads := func(last bool, records ...hub.Record) {
					t.Helper()
					page := store.PageCommit{State: store.SyncState{Model: hub.ModelEngagement, InRun: !last}, Status: hub.SyncStateSyncing, Records: records}
					if last {
						page.State.Since = time.Now()
					}
					if _, err := st.CommitPage(ctx, lease, page); err != nil {
						t.Fatal(err)
					}
				}
				// looks is the rule's look at the recording; asked is whether one is asked for.
				asked := func() bool {
					return storetest.Count(t, st, `SELECT COUNT(*) FROM relinks WHERE organization_id = $1 AND asked_from IS NOT NULL`, w.org) > 0
				}
				looks := func(to string) {
					t.Helper()
					storetest.Exec(t, st, `DELETE FROM relinks WHERE organization_id = $1`, w.org)
					r, err := st.Recording(ctx, w.org, w.recording)
					if err != nil {
						t.Fatal(err)
					}
					m := store.Match{RecordingID: r.ID, Before: r.Link, Link: hub.Link{Reason: "No appointment."}}
					if to != "" {
						m.Link = hub.Link{ConnectionID: w.connection, Model: hub.ModelEngagement, ExternalID: to, By: hub.LinkedByMatching}
					}
					if err := st.MoveMatch(ctx, hub.Delivery{OrganizationID: w.org}, m, ""); err != nil {
						t.Fatal(err)
					}
				}
				opens("a")
				reads(true, visit("1", "001", "Visit"))
				byHand(t, w)
				c.then(t, w)
				if c.inPlace {
					opens("b")
				} else {
					if _, err := st.DeleteConnection(ctx, w.org, w.connection, nil); err != nil {
						t.Fatal(err)
					}
					if err := untilDone(ctx, st.Purge); err != nil {
						t.Fatal(err)
					}
					looks("") // there is nothing to link it to
					w.connection = storetest.Connection(t, st, w.org, hub.PlatformMerge, hub.ModelEngagement).ID
				}
				opens(c.of)
				reads(false, visit("rule", "007", "What the rule would link"))
				looks("rule")
				if r, err := st.Recording(ctx, w.org, w.recording); err != nil || r.Linked() == c.meantime || c.meantime && c.want != "" && !strings.Contains(r.Link.Reason, "waits until that record has come in") {
					t.Errorf("%v: meanwhile it is %+v", err, r.Link)
				}
				for _, last := range []bool{false, true} {
					switch {
					case last && strings.HasSuffix(c.name, "read whole"):
						if err := st.EndReading(ctx, lease, store.SyncState{Model: hub.ModelEngagement, Since: time.Now()}, hub.SyncStateUpToDate); err != nil {
							t.Fatal(err)
						}
					case last:
						reads(true)
					default:
						reads(false, c.comes...)
					}
					if asked() {
						looks("rule")
					}
				}
				r, err := st.Recording(ctx, w.org, w.recording)
				if err != nil || r.Link.ExternalID != c.want || r.Link.By != c.by || c.want != "" && r.Link.ConnectionID != w.connection {
					t.Errorf("%v: in the end it is %+v", err, r.Link)
				}
				if c.by == hub.LinkedByHand && c.want != "" && (r.Link.Reason != "A person took the offer." || r.Link.Trigger != "USER_LINK_WEB") {
					t.Errorf("%+v", r.Link)
				}
			})
		})
	}
}

// TestWhatAPersonSaysSinceCounts takes the link of a recording away that waits for its record to come in anew: it does not come back.
func TestWhatAPersonSaysSinceCounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		push := func(id string) (connection string) {
			t.Helper()
			connection = storetest.Connection(t, st, org, hub.PlatformCustomInput).ID
			if _, err := st.Push(ctx, org, []hub.RecordPatch{{Model: hub.ModelEngagement, ExternalID: id, Create: true, Change: func(*hub.Record) {}}}); err != nil {
				t.Fatal(err)
			}
			return connection
		}
		connection := push("1")
		id := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
		if _, err := st.SetLink(ctx, org, id, hub.Link{ConnectionID: connection, Model: hub.ModelEngagement, ExternalID: "1"}); err != nil {
			t.Fatal(err)
		}
		if _, err := st.DeleteConnection(ctx, org, connection, nil); err != nil {
			t.Fatal(err)
		}
		if err := untilDone(ctx, st.Purge); err != nil {
			t.Fatal(err)
		}
		if _, err := st.RemoveLink(ctx, org, id, ""); err != nil {
			t.Fatal(err)
		}
		push("1")
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM links_before`); n != 0 {
			t.Errorf("%d links are to come back", n)
		}
	})
}

// TestLinksOfTwoAccounts gives a connection another account, over which the rule links the recording and its note is written, and then the
// first one again: what a person had linked there counts again.
func TestLinksOfTwoAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		connection := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelEngagement).ID
		id := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
		opens := func(account, visit string) {
			t.Helper()
			if _, err := st.SetCredentials(ctx, org, connection, map[string]string{"account": account}, true, func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
				return hub.CRMAccount{ID: account}, nil
			}); err != nil {
				t.Fatal(err)
			}
			if err := untilDone(ctx, func(ctx context.Context) (bool, error) { return st.RetireAccount(ctx, org, connection) }); err != nil {
				t.Fatal(err)
			}
			if _, err := st.CommitPage(ctx, storetest.Lease(t, st, org, connection), store.PageCommit{
				State: store.SyncState{Model: hub.ModelEngagement, Since: time.Now()}, Status: hub.SyncStateUpToDate, Records: []hub.Record{{Model: hub.ModelEngagement, ExternalID: visit, Name: "Visit"}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		matches := func(visit string) hub.Link {
			t.Helper()
			r, err := st.Recording(ctx, org, id)
			if err != nil {
				t.Fatal(err)
			}
			m := store.Match{RecordingID: id, Before: r.Link, Link: hub.Link{ConnectionID: connection, Model: hub.ModelEngagement, ExternalID: visit, By: hub.LinkedByMatching}}
			if err := st.MoveMatch(ctx, hub.Delivery{OrganizationID: org}, m, ""); err != nil {
				t.Fatal(err)
			}
			if r, err = st.Recording(ctx, org, id); err != nil {
				t.Fatal(err)
			}
			return r.Link
		}
		opens("a", "1")
		if _, err := st.SetLink(ctx, org, id, hub.Link{ConnectionID: connection, Model: hub.ModelEngagement, ExternalID: "1"}); err != nil {
			t.Fatal(err)
		}
		opens("b", "2")
		if l := matches("2"); l.ExternalID != "2" {
			t.Fatalf("%+v", l)
		}
		storetest.Exec(t, st, `UPDATE recordings SET written_at = created_at WHERE id = $1`, id)
		opens("a", "1")
		if l := matches("1"); l.By != hub.LinkedByHand || l.ExternalID != "1" {
			t.Errorf("%+v", l)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM links_before`); n != 0 {
			t.Errorf("%d links are to come back", n)
		}
	})
}
