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
		recording := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
		storetest.Exec(t, st, `UPDATE recordings SET status = 'COMPLETE', processed_at = created_at WHERE id = $1`, recording)
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
