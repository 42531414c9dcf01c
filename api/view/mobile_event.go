package view

import (
	"sirocco/api/wire"
	"sirocco/hub"
)

// MobileEventForm says what happened, in the form that its code has.
type MobileEventForm map[string]string

// Schema implements huma.SchemaProvider.
func (MobileEventForm) Schema(wire.Schemas) *wire.Schema {
	one := &wire.Schema{}
	known := map[string]bool{}
	for _, code := range hub.MobileEventCodes() {
		form := &wire.Schema{Type: wire.TypeObject, Properties: map[string]*wire.Schema{}, Title: string(code)}
		for _, field := range hub.MobileEventForms[code] {
			text := &wire.Schema{Type: wire.TypeString}
			for _, word := range field.Words {
				text.Enum = append(text.Enum, word)
			}
			form.Properties[field.Name] = text
			form.Required = append(form.Required, field.Name)
		}
		if form.Title == "deeplinkConsumed" && known["deeplinkReceived"] { // the same form
			continue
		}
		known[form.Title] = true
		one.AnyOf = append(one.AnyOf, form)
	}
	return one
}

// MobileEvent is an event of a rep's recording app.
type MobileEvent struct {
	ID                     string          `json:"id"`
	RecordingID            string          `json:"recordingId,omitempty"`
	ExternalOpportunityIDs *[]string       `json:"externalOpportunityIds,omitempty" nullable:"false"`
	UserID                 string          `json:"userId"`
	OrganizationID         string          `json:"organizationId"`
	EventCode              string          `json:"eventCode" enum:"recorderStateChange,networkStatusChange,appStateChange,consentStatusChanged,recordingMetadataChanged,deeplinkReceived,deeplinkConsumed,userAuthStatusChanged"`
	Event                  MobileEventForm `json:"event"`
	CreatedAt              string          `json:"createdAt" doc:"When it came in."`
	OccurredAt             string          `json:"occurredAt" extension:"true" doc:"When it happened by the app's clock: an app without a network tells later."`
}

// ShowMobileEvent shows an event.
func ShowMobileEvent(e hub.MobileEvent) MobileEvent {
	shown := MobileEvent{
		ID: e.ID, RecordingID: e.RecordingID, UserID: e.UserID, OrganizationID: e.OrganizationID, EventCode: string(e.Code), Event: e.Event,
		CreatedAt: hub.WireTime(e.CreatedAt), OccurredAt: hub.WireTime(e.OccurredAt),
	}
	if len(e.OpportunityIDs) > 0 {
		shown.ExternalOpportunityIDs = &e.OpportunityIDs
	}
	return shown
}
