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
