package salesforce

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/simpleforce/simpleforce"

	"sirocco/connector"
	connecting "sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
	standin "sirocco/simulator/salesforce"
)

// signedIn is the client with a session at a stand-in.
func signedIn(t *testing.T) (*simulator.Server, *standin.Organization, *simpleforce.Client) {
	t.Helper()
	crm, organization := standin.NewOrganization(simulator.Options{Records: 20})
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	values, err := connecting.Connector{}.Info().CompleteCredentials(crm.Values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	// The client itself signs in by a password alone, which the stand-in takes from nobody.
	token, err := connecting.Connector{}.Authorize(t.Context(), &connector.Session{HTTP: server.Client(), Values: values, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	client := simpleforce.NewClient(server.URL, "conformance", "67.0")
	client.SetHttpClient(server.Client())
	client.SetSidLoc(token.Value, server.URL)
	return crm, organization, client
}

// TestReads describes the organization and an object, and asks for rows.
func TestReads(t *testing.T) {
	crm, _, client := signedIn(t)
	all, err := client.DescribeGlobal()
	if err != nil || len((*all)["sobjects"].([]any)) < 9 {
		t.Fatalf("%+v %v", all, err)
	}
	meta := client.SObject("Account").Describe()
	if meta == nil || (*meta)["name"] != "Account" || len((*meta)["fields"].([]any)) < 20 {
		t.Fatalf("%+v", meta)
	}
	found, err := client.Query("SELECT Id, Name, OwnerId FROM Account WHERE IsDeleted = false ORDER BY SystemModstamp, Id LIMIT 7")
	if err != nil || len(found.Records) != 7 || !found.Done {
		t.Fatalf("%+v %v", found, err)
	}
	for _, r := range found.Records {
		there, ok := crm.Get(hub.ModelAccount, r.ID())
		if !ok || r.Type() != "Account" || strings.TrimSpace(there.Name) != strings.TrimSpace(r.StringField("Name")) {
			t.Errorf("%+v of %+v", r, there)
		}
	}
	if _, err := client.Query("SELECT Nothing__c FROM Account"); err == nil || !strings.Contains(err.Error(), "INVALID_FIELD") {
		t.Errorf("a field that is not there: %v", err)
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}

// TestWrites writes a task by its external id, the same again, changes it and takes it away; and sets a field of an opportunity.
func TestWrites(t *testing.T) {
	crm, organization, client := signedIn(t)
	organization.HaveMarkers()
	opportunity := crm.Rows(hub.ModelOpportunity)[0]
	for range 2 {
		task := client.SObject("Task").Set("ExternalIDField", standin.MarkerField).Set(standin.MarkerField, "one").
			Set("Subject", "Talk").Set("Description", "They signed.").Set("Status", "Completed").Set("WhatId", opportunity)
		if task.Upsert() == nil {
			t.Fatal("the task is not taken")
		}
	}
	notes := crm.Notes.On(hub.ModelOpportunity, opportunity)
	if len(notes) != 1 {
		t.Fatalf("%d tasks", len(notes))
	}
	if client.SObject("Task").Set("Id", notes[0].ID).Set("Subject", "Talk").Set("Description", "They did not.").Update() == nil {
		t.Error("the task is not changed")
	}
	if now := crm.Notes.On(hub.ModelOpportunity, opportunity); len(now) != 1 || now[0].Text != "They did not." {
		t.Errorf("%+v", now)
	}
	if client.SObject("Opportunity").Set("Id", opportunity).Set("Budget__c", 1200).Update() == nil {
		t.Error("the field is not set")
	}
	found, err := client.Query("SELECT Budget__c FROM Opportunity WHERE Id IN ('" + opportunity + "')")
	if err != nil || len(found.Records) != 1 || found.Records[0].InterfaceField("Budget__c") != 1200.0 {
		t.Errorf("%+v %v", found, err)
	}
	if err := client.SObject("Task").Set("Id", notes[0].ID).Delete(); err != nil || len(crm.Notes.On(hub.ModelOpportunity, opportunity)) != 0 {
		t.Errorf("the task is not removed: %v", err)
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}
