package engine_test

import (
	"testing"

	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedsalesforce "sirocco/simulator/salesforce"
	"sirocco/store/storetest"
)

// TestATaskIsOfTheDayOfItsTalk writes a note long after its talk, of which it was another day where the organization is than in UTC.
func TestATaskIsOfTheDayOfItsTalk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		crm, organization := simulatedsalesforce.NewOrganization(simulator.Options{Seed: 23, Records: 10, ValidateEvery: -1})
		r := newHubRig(t, url, salesforce.Connector{}, crm)
		r.quiet()
		zone := "Pacific/Pago_Pago" // eleven hours behind
		if _, err := r.st.UpdateOrganization(t.Context(), r.conn.OrganizationID, "", hub.OrganizationPatch{TimeZone: &zone}); err != nil {
			t.Fatal(err)
		}
		user, _ := r.rep()
		d := r.reaches(r.processed(user, "Talk", hub.ModelAccount, r.crm.Records(hub.ModelAccount)[0].ExternalID), hub.DeliverySent)
		if day := organization.TaskDays()[d.NoteID]; day != "2026-04-30" {
			t.Errorf("the task is of %q", day)
		}
	})
}
