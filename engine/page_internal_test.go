package engine

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestWhatOfAPageIsKept puts what has a fault, and what the connector rejects, into quarantine, and keeps the others in their order.
func TestWhatOfAPageIsKept(t *testing.T) {
	since := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	page := connector.Page{
		Records: []hub.Record{
			{Model: hub.ModelAccount, ExternalID: "1"}, {Model: hub.ModelAccount, ExternalID: "2"}, {Model: hub.ModelContact, ExternalID: "3"}, {Model: hub.ModelAccount, ExternalID: "4"},
		},
		Rejected: []connector.Rejected{{ExternalID: "5", Reason: "it has no name", Raw: []byte(`{"id":5}`)}},
	}
	rejected := store.Quarantined{Model: hub.ModelAccount, ExternalID: "5", Reason: "it has no name", Raw: `{"id":5}`, FoundSince: since}
	for name, test := range map[string]struct {
		faults map[int]error
		valid  string
		bad    []store.Quarantined
	}{
		"no fault": {nil, "1 2 3 4", []store.Quarantined{rejected}},
		"one of a record": {map[int]error{1: errors.New("its time is none")}, "1 3 4", []store.Quarantined{
			{Model: hub.ModelAccount, ExternalID: "2", Reason: "its time is none", FoundSince: since}, rejected,
		}},
	} {
		valid, bad := sortPage(&fetched{page: page, faults: test.faults}, hub.ModelAccount, since)
		var ids []string
		for _, r := range valid {
			ids = append(ids, r.ExternalID)
		}
		for i := range bad {
			if len(bad[i].Raw) == 0 {
				t.Errorf("%s: nothing shows what %s was", name, bad[i].ExternalID)
			}
			if bad[i].ExternalID == "2" {
				bad[i].Raw = ""
			}
		}
		if diff := cmp.Diff(test.bad, bad); strings.Join(ids, " ") != test.valid || diff != "" {
			t.Errorf("%s: %q are kept, and not %q; %s", name, ids, test.valid, diff)
		}
		if len(page.Records) != 4 {
			t.Errorf("%s: the page has lost records", name)
		}
	}
}

// pagedCRM has some pages of one account each, and does something before it answers with each.
type pagedCRM struct {
	pages  int
	before func(page int, q connector.Query)
}

func (c *pagedCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Platform: hub.PlatformMerge, Name: "Paged CRM", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}}}
}

func (c *pagedCRM) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{ID: "paged"}, nil
}

func (c *pagedCRM) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (c *pagedCRM) Fetch(_ context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	n := 1
	if q.Next != "" {
		n, _ = strconv.Atoi(q.Next)
	}
	c.before(n, q)
	page := connector.Page{Records: []hub.Record{{Model: q.Model, ExternalID: strconv.Itoa(n), Name: "Account", ModifiedAt: virtualStart}}, More: n < c.pages}
	if page.More {
		page.Next = strconv.Itoa(n + 1)
	}
	return page, nil
}

// TestAModelIsSyncingUntilItsLastPage shows of a model that it is being synced while pages are in and others are to come.
func TestAModelIsSyncingUntilItsLastPage(t *testing.T) {
	crm := &pagedCRM{pages: 4}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		shown := func() hub.SyncState {
			found, err := l.st.Connection(t.Context(), c.OrganizationID, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return found.SyncStatus[0].State
		}
		asked := 0
		crm.before = func(page int, _ connector.Query) {
			if asked = page; page > 2 && shown() != hub.SyncStateSyncing { // by then the first page is in
				t.Errorf("before page %d it is shown as %s", page, shown())
			}
		}
		l.pass(time.Minute)
		if state := shown(); state != hub.SyncStateUpToDate || asked != crm.pages {
			t.Errorf("behind page %d it is shown as %s", asked, state)
		}
	})
}

// TestAWholeReadingGivesWay has a job whose increments take its slice of time: a whole reading that is due begins in the next one.
func TestAWholeReadingGivesWay(t *testing.T) {
	crm := &pagedCRM{pages: 1}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		var asked []string
		crm.before = func(_ int, q connector.Query) {
			asked = append(asked, map[bool]string{true: "all", false: "changes"}[q.Since.IsZero()])
			time.Sleep(timeSlice)
		}
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(dailyReading / 2)
		storetest.Exec(t, l.st, `UPDATE sync_states SET enumerated_at = $1`, time.Now().Add(-2*dailyReading).UnixMicro())
		time.Sleep(time.Until(l.schedule(c).DueAt))
		asked = nil
		if n := l.work(); n != 1 || !slices.Equal(asked, []string{"changes"}) {
			t.Errorf("%d jobs asked for %q", n, asked)
		}
		if n := l.work(); n != 1 || !slices.Equal(asked, []string{"changes", "all"}) {
			t.Errorf("with %d more they asked for %q", n, asked)
		}
		l.ended(c)
	})
}
