package store_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

func TestLinkByHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformCustomInput)
		patch := func(id string, start time.Time) hub.RecordPatch {
			return hub.RecordPatch{Model: hub.ModelEngagement, ExternalID: id, Create: true, Change: func(r *hub.Record) { r.StartTime = start }}
		}
		start := time.Now().UTC().Truncate(time.Second)
		if _, err := st.Push(ctx, org, []hub.RecordPatch{patch("a", start), patch("b", start)}); err != nil {
			t.Fatal(err)
		}
		id := storetest.Recording(t, st, org, hub.NewID(), start, time.Hour)
		to := func(externalID string) hub.Link {
			return hub.Link{ConnectionID: c.ID, Model: hub.ModelEngagement, ExternalID: externalID, Trigger: "USER_LINK_WEB"}
		}
		var invalid *hub.InvalidError
		if _, err := st.SetLink(ctx, org, id, to("nowhere")); !errors.As(err, &invalid) {
			t.Errorf("a link to nothing: %v", err)
		}
		if _, err := st.SetLink(ctx, hub.NewID(), id, to("a")); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("another organization's: %v", err)
		}
		linked, err := st.SetLink(ctx, org, id, to("a"))
		if err != nil || !linked.Linked() || linked.Link.At.IsZero() || linked.Link.By != hub.LinkedByHand || linked.Link.Reason == "" {
			t.Fatalf("%v %+v", err, linked.Link)
		}
		checkKept(t, st, linked)
		again, err := st.SetLink(ctx, org, id, to("a"))
		if err != nil || again.UpdatedAt != linked.UpdatedAt {
			t.Errorf("the same link again: %v, %s and %s", err, again.UpdatedAt, linked.UpdatedAt)
		}
		moved, err := st.SetLink(ctx, org, id, to("b"))
		if err != nil || moved.Link.ExternalID != "b" || !moved.UpdatedAt.After(linked.UpdatedAt) {
			t.Errorf("%v %+v", err, moved.Link)
		}
		// The survivor of a merge takes over what was linked to the merged record.
		if _, err := st.Push(ctx, org, []hub.RecordPatch{{Model: hub.ModelEngagement, ExternalID: "b", MergedTo: "a"}}); err != nil {
			t.Fatal(err)
		}
		if r, err := st.Recording(ctx, org, id); err != nil || r.Link.ExternalID != "a" {
			t.Errorf("after the merge: %v %+v", err, r.Link)
		}
		removed, err := st.RemoveLink(ctx, org, id, "USER_UNLINK")
		if err != nil || !reflect.DeepEqual(removed.Link, hub.Link{By: hub.LinkedByHand, Trigger: "USER_UNLINK", Reason: "It was unlinked by hand."}) || removed.MayBeMatched() {
			t.Errorf("%v %+v", err, removed.Link)
		}
		checkKept(t, st, removed)
	})
}

// TestAShortIDNamesTheRecord names a record by what people at Salesforce see of its id.
func TestAShortIDNamesTheRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformCustomInput)
		const short = "00U5e00000AbCdE"
		long := hub.SalesforceID(short)
		start := time.Now().UTC().Truncate(time.Second)
		pushed := hub.RecordPatch{Model: hub.ModelEngagement, ExternalID: long, Create: true, Change: func(r *hub.Record) { r.StartTime = start }}
		if _, err := st.Push(ctx, org, []hub.RecordPatch{pushed}); err != nil {
			t.Fatal(err)
		}
		linked, err := st.SetLink(ctx, org, storetest.Recording(t, st, org, hub.NewID(), start, time.Hour), hub.Link{ConnectionID: c.ID, Model: hub.ModelEngagement, ExternalID: short})
		if err != nil || linked.Link.ExternalID != long {
			t.Errorf("%v %+v", err, linked.Link)
		}
		for _, id := range []string{short, long} {
			found, err := st.Records(ctx, org, store.RecordFilter{Model: hub.ModelEngagement, ExternalID: id, Limit: 2})
			if err != nil || len(found) != 1 || found[0].ExternalID != long {
				t.Errorf("%s: %v %+v", id, err, found)
			}
		}
		user, err := st.CreateUser(ctx, org, hub.User{Email: "rita@acme.example", FirstName: "Rita"})
		if err != nil {
			t.Fatal(err)
		}
		audio, err := st.CreateUpload(ctx, org, "audio/mpeg", 4)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.StoreUpload(ctx, org, audio.Blob, 4); err != nil {
			t.Fatal(err)
		}
		made, err := st.CreateRecording(ctx, org, hub.NewRecording{By: hub.Viewer{Admin: true}, Blob: audio.Blob, FileType: "audio/mpeg", UserID: user.ID, StartedAt: start, Objects: []hub.RecordRef{{Model: hub.ModelEngagement, ExternalID: short}}})
		if err != nil || made.Link.ExternalID != long || made.Link.ConnectionID != c.ID {
			t.Errorf("%v %+v", err, made.Link)
		}
	})
}

// TestLinksBesideFollowMerges merges a record that a recording is linked to beside the main one.
func TestLinksBesideFollowMerges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformCustomInput)
		push := func(patches ...hub.RecordPatch) {
			t.Helper()
			if _, err := st.Push(ctx, org, patches); err != nil {
				t.Fatal(err)
			}
		}
		made := func(m hub.Model, id string) hub.RecordPatch {
			return hub.RecordPatch{Model: m, ExternalID: id, Create: true, Change: func(r *hub.Record) { r.StartTime = time.Now() }}
		}
		push(made(hub.ModelEngagement, "e"), made(hub.ModelAccount, "first"), made(hub.ModelAccount, "second"), made(hub.ModelAccount, "third"))
		id := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
		if _, err := st.SetLink(ctx, org, id, hub.Link{
			ConnectionID: c.ID, Model: hub.ModelEngagement, ExternalID: "e", Also: []hub.RecordRef{{Model: hub.ModelAccount, ExternalID: "first"}},
		}); err != nil {
			t.Fatal(err)
		}
		shows := func(account string) {
			t.Helper()
			r, err := st.Recording(ctx, org, id)
			if err != nil {
				t.Fatal(err)
			}
			crm, err := st.LinkedCRM(ctx, r)
			if err != nil || crm == nil || crm.Account == nil || crm.Account.ExternalID != account {
				t.Errorf("%v: the account should be %s: %+v", err, account, crm)
			}
		}
		shows("first")
		push(hub.RecordPatch{Model: hub.ModelAccount, ExternalID: "first", MergedTo: "second"})
		shows("second")
		push(hub.RecordPatch{Model: hub.ModelAccount, ExternalID: "second", MergedTo: "third"})
		shows("third")
	})
}

// checkKept makes sure that what a change answered is what is kept.
func checkKept(t *testing.T, st *store.Store, r hub.Recording) {
	t.Helper()
	kept, err := st.Recording(context.Background(), r.OrganizationID, r.ID)
	if err != nil || !kept.Link.SameRecord(r.Link) || kept.Link.By != r.Link.By || !kept.Link.At.Equal(r.Link.At) || !kept.UpdatedAt.Equal(r.UpdatedAt) || kept.Link.Reason != r.Link.Reason {
		t.Errorf("%v\nkept:     %+v\nanswered: %+v", err, kept.Link, r.Link)
	}
}

// TestARecordThatIsAnotherKind: whoever links to a record says what it is; where it is something else that is said, and where nothing is named,
// what would name it.
func TestARecordThatIsAnotherKind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newFailWorld(t, url)
		ctx := t.Context()
		boss, err := w.st.CreateUser(ctx, w.org, hub.User{Email: "boss@example.com", FirstName: "Bo", Admin: true})
		w.must(err)
		for to, want := range map[store.RecordTarget]hub.Issue{
			{Model: hub.ModelContact, ExternalID: "1"}: {Field: "dataType", Problem: "is CONTACT, and the record is another kind", Want: "ACCOUNT"},
			{Model: hub.ModelAccount}:                  {Field: "id", Problem: "is missing, as externalId is", Want: "our id of the record, or the CRM's own as externalId"},
		} {
			_, linked := w.st.LinkRecordingFor(ctx, w.org, boss.ID, w.recording, to, "")
			_, unlinked := w.st.UnlinkRecordingFor(ctx, w.org, boss.ID, w.recording, to, "")
			for _, err := range []error{linked, unlinked} {
				var invalid *hub.InvalidError
				if !errors.As(err, &invalid) || len(invalid.Issues) != 1 || invalid.Issues[0] != want {
					t.Errorf("%+v: %v", to, err)
				}
			}
		}
		if _, err := w.st.LinkRecordingFor(ctx, w.org, boss.ID, w.recording, store.RecordTarget{Model: hub.ModelContact, ExternalID: "none"}, ""); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("there is none: %v", err)
		}
	})
}

// TestWhatSaysThatItIsUnlinkedIsNotLinked makes recordings: one without a link is looked at for one, one that says why it has none is not.
func TestWhatSaysThatItIsUnlinkedIsNotLinked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		u, err := st.CreateUser(ctx, org, hub.User{Email: "rita@acme.example", FirstName: "Rita"})
		if err != nil {
			t.Fatal(err)
		}
		for reason, want := range map[string]int{"It is of nobody in the CRM.": 0, "": 1} {
			storetest.Exec(t, st, `DELETE FROM relinks`)
			audio, err := st.CreateUpload(ctx, org, "audio/mpeg", 4)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := st.StoreUpload(ctx, org, audio.Blob, 4); err != nil {
				t.Fatal(err)
			}
			made, err := st.CreateRecording(ctx, org, hub.NewRecording{By: hub.Viewer{Admin: true}, Blob: audio.Blob, FileType: "audio/mpeg", UserID: u.ID, StartedAt: time.Now(), Unlinked: reason})
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks`); err != nil || made.Link.Reason != reason || n != want {
				t.Errorf("%q: %+v, %d looks, %v", reason, made.Link, n, err)
			}
		}
	})
}

// TestAnAnswerThatIsTooOldChangesNoRecording: where a record comes as it was before, with other references, what is kept stays, and so do the
// recordings that show it. One that is newer counts as a change of theirs.
func TestAnAnswerThatIsTooOldChangesNoRecording(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newFailWorld(t, url)
		as := func(contact string, at time.Time) {
			t.Helper()
			p := w.page(hub.ModelAccount, "1")
			p.Records[0].Refs.Contact, p.Records[0].ModifiedAt = contact, at
			w.commit(p)
		}
		as("c1", w.now)
		w.link()
		for _, c := range []struct {
			contact string
			at      time.Time
			want    int
		}{{"c2", w.now.Add(-time.Hour), 0}, {"c1", w.now, 0}, {"c3", w.now.Add(time.Hour), 1}} {
			storetest.Exec(t, w.st, `UPDATE recordings SET updated_at = 1`)
			storetest.Exec(t, w.st, `UPDATE records SET written_at = $1`, w.now.Add(time.Hour).UnixMicro()) // what was asked for later is in already
			as(c.contact, c.at)
			if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM recordings WHERE updated_at > 1`); n != c.want {
				t.Errorf("%+v: %d recordings count as changed", c, n)
			}
		}
	})
}
