package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedsalesforce "sirocco/simulator/salesforce"
	"sirocco/store"
	"sirocco/store/storetest"
)

// mappable is Salesforce with what mappings take.
func mappable() connector.Connector {
	c := salesforce.Connector{}
	return struct {
		unhurried
		connector.Authorizer
		connector.Finder
		connector.Mapper
	}{unhurried{c}, c, c, c}
}

func (r *hubRig) put(given hub.GivenMapping) (store.Mapping, error) {
	standard := salesforce.Connector{}.Info().Mapping.Presets[0]
	_, m, err := r.st.PutMapping(r.t.Context(), r.conn.OrganizationID, r.conn.ID, given, standard, nil, r.e.CheckMapping)
	return m, err
}

// living are the records of a model that are not deleted.
func (r *hubRig) living(m hub.Model) []store.Record {
	r.t.Helper()
	page, err := r.st.Records(context.Background(), r.conn.OrganizationID, store.RecordFilter{Model: m, Limit: 500})
	if err != nil {
		r.t.Fatal(err)
	}
	return page
}

func (r *hubRig) sentence() string {
	r.t.Helper()
	sched, err := r.st.Schedule(r.t.Context(), r.conn.OrganizationID, r.conn.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return sched.Explain(r.conn, r.now())
}

// TestMappingChangesWhatIsRead reads by the standard and then by the preset of a package: what comes from another object is read
// whole, what is not read any more counts as deleted without a decision, and a field that people make later can be mapped at once.
func TestMappingChangesWhatIsRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		crm, organization := simulatedsalesforce.NewOrganization(simulator.Options{Seed: 22, Records: 60})
		organization.HaveImproveIt360()
		r := newHubRig(t, url, mappable(), crm)
		first := r.synced("")
		if len(r.living(hub.ModelLead)) == 0 {
			t.Fatal("there are no leads")
		}
		if m, err := r.put(hub.GivenMapping{Preset: "improveit360"}); err != nil || m.CheckedAt.IsZero() {
			t.Fatalf("%+v %v", m, err)
		}
		second := r.synced(first.ID)
		if n := len(r.living(hub.ModelLead)); n != 0 {
			t.Errorf("%d leads are left", n)
		}
		appointments := r.living(hub.ModelEngagement)
		for _, a := range appointments {
			if len(a.Details.Addresses) != 1 || a.Details.Addresses[0].City != "Springfield" {
				t.Errorf("%+v is no appointment of the package", a.Record)
			}
		}
		if len(appointments) == 0 || strings.Contains(r.sentence(), "decision") {
			t.Errorf("%d appointments; %s", len(appointments), r.sentence())
		}
		organization.AddField("i360__Prospect__c", "Trade__c")
		trade := hub.GivenMapping{Preset: "improveit360", Models: map[string]hub.GivenSource{"ACCOUNT": {Fields: map[string]string{"industry": "Trade__c"}}}}
		if _, err := r.put(trade); err != nil {
			t.Fatal(err)
		}
		third := r.synced(second.ID)
		accounts := r.living(hub.ModelAccount)
		for _, a := range accounts {
			if a.Details.Industry != "i360__Prospect__c "+a.ExternalID {
				t.Errorf("%+v", a.Details)
			}
		}
		if len(accounts) > third.Updated || len(accounts) == 0 {
			t.Errorf("of %d accounts %d were updated", len(accounts), third.Updated)
		}
		if _, err := r.put(trade); err != nil {
			t.Fatal(err)
		}
		if r.latest().ID != third.ID {
			t.Error("the same mapping begins another run")
		}
	})
}

// TestMappingIsCheckedBeforeTheRun puts a mapping while the CRM does not answer: it is kept, and nothing is read by it before what
// it names is there.
func TestMappingIsCheckedBeforeTheRun(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		crm, organization := simulatedsalesforce.NewOrganization(simulator.Options{Seed: 23, Records: 30})
		r := newHubRig(t, url, mappable(), crm)
		first := r.synced("")
		crm.Faults.Random(1, simulator.Fault{Kind: simulator.ServerError})
		m, err := r.put(hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"ACCOUNT": {Fields: map[string]string{"industry": "trade__c"}}}})
		if err != nil || !m.CheckedAt.IsZero() {
			t.Fatalf("%+v %v", m, err)
		}
		if !strings.Contains(r.sentence(), "mapping is not checked yet") {
			t.Errorf("it says %s", r.sentence())
		}
		crm.Faults.Stop()
		until(t, "the check fails", func() bool {
			r.request()
			return strings.Contains(r.sentence(), `"trade__c", which Account has not`)
		})
		until(t, "the runs that were asked for end, and it says what it waits for", func() bool {
			return !r.latest().EndedAt.IsZero() && strings.Contains(r.sentence(), "waits for a mapping")
		})
		if run := r.latest(); run.ID == first.ID || run.Created+run.Updated > 0 {
			t.Errorf("%+v; %s", run, r.sentence())
		}
		organization.AddField("Account", "Trade__c")
		r.synced(r.latest().ID)
		m, err = r.st.Mapping(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil || m.CheckedAt.IsZero() || m.Sources[hub.ModelAccount].Fields["industry"] != "Trade__c" || strings.Contains(r.sentence(), "apping") {
			t.Errorf("%+v %v; %s", m, err, r.sentence())
		}
		for _, a := range r.living(hub.ModelAccount) {
			if a.Details.Industry != "Account "+a.ExternalID {
				t.Errorf("%+v", a.Details)
			}
		}
	})
}

// TestMappingCutsOffTheRun changes the mapping while a page by the one before is on its way: it is not kept.
func TestMappingCutsOffTheRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, time.Now)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformSalesforce, hub.ModelAccount)
		sched := storetest.Lease(t, st, org, conn.ID)
		check := func(_ context.Context, _ hub.Connection, given hub.GivenMapping) (hub.Mapping, error) {
			return salesforce.Connector{}.Info().CompleteMapping(given)
		}
		standard := salesforce.Connector{}.Info().Mapping.Presets[0]
		if _, _, err := st.PutMapping(t.Context(), org, conn.ID, hub.GivenMapping{Preset: "improveit360"}, standard, nil, check); err != nil {
			t.Fatal(err)
		}
		_, err := st.CommitPage(t.Context(), sched, store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Status: hub.SyncStateSyncing, Records: []hub.Record{{Model: hub.ModelAccount, ExternalID: "1", Name: "old"}}})
		if err != store.ErrLeaseLost { //nolint:errorlint // never wrapped
			t.Errorf("a page by the mapping before: %v", err)
		}
	})
}
