package view

import (
	"sirocco/api/wire"
	"sirocco/hub"
)

// FieldMapping says which field of the CRM a value goes to.
type FieldMapping struct {
	CRMModelName string `json:"crmModelName" doc:"The kind of record: that which the recording is linked to, or one that it refers to, such as OPPORTUNITY or ACCOUNT."`
	CRMFieldName string `json:"crmFieldName" doc:"The field, as the CRM's API or its people call it."`
}

// ExtractedValue is one value found in a recording.
type ExtractedValue struct {
	Name     string          `json:"name"`
	Value    wire.Anything   `json:"value" required:"false" doc:"Text, a number, a boolean, null, or a list of those."`
	Mappings *[]FieldMapping `json:"mappings,omitempty" nullable:"true"`
}

// EntityExtraction is a set of values found by one definition.
type EntityExtraction struct {
	ID                string                          `json:"id" format:"uuid"`
	RecordingID       string                          `json:"recordingId" format:"uuid"`
	DefinitionID      string                          `json:"siroEntityDefinitionId" format:"uuid"`
	DefinitionName    *string                         `json:"siroEntityDefinitionName,omitempty" nullable:"true"`
	DefinitionDeleted bool                            `json:"siroEntityDefinitionDeleted"`
	Status            string                          `json:"status" enum:"IN_PROGRESS,SUCCESS,FAIL,SYNCED" doc:"SYNCED once all its mapped values are in fields of the CRM."`
	Extraction        wire.Optional[[]ExtractedValue] `json:"extraction"`
	CreatedAt         *string                         `json:"createdAt"`
	UpdatedAt         *string                         `json:"updatedAt"`
	Mappings          wire.Optional[[]FieldMapping]   `json:"mappings"`
}

func showMappings(mappings []hub.FieldMapping) []FieldMapping {
	shown := make([]FieldMapping, len(mappings))
	for i, m := range mappings {
		shown[i] = FieldMapping{CRMModelName: m.Model, CRMFieldName: m.Field}
	}
	return shown
}

func showValues(values []hub.ExtractedValue) []ExtractedValue {
	shown := make([]ExtractedValue, len(values))
	for i, v := range values {
		shown[i] = ExtractedValue{Name: v.Name, Value: wire.Anything{Value: v.Value}}
		if v.Mappings != nil {
			shown[i].Mappings = new(showMappings(v.Mappings))
		}
	}
	return shown
}

// ShowExtractions shows the values found in a recording.
func ShowExtractions(rec hub.Recording) []EntityExtraction {
	shown := make([]EntityExtraction, len(rec.Analysis.Extractions))
	for i, e := range rec.Analysis.Extractions {
		shown[i] = EntityExtraction{
			ID: e.ID, RecordingID: rec.ID, DefinitionID: e.DefinitionID, DefinitionName: wire.OrNull(e.DefinitionName), DefinitionDeleted: e.DefinitionDeleted, Status: e.Status,
			Extraction: wire.Optional[[]ExtractedValue]{Sent: true, Value: showValues(e.Values)},
			CreatedAt:  wire.TimeOrNull(e.CreatedAt), UpdatedAt: wire.TimeOrNull(e.UpdatedAt),
			Mappings: wire.Optional[[]FieldMapping]{Sent: e.Mappings != nil, Value: showMappings(e.Mappings)},
		}
	}
	return shown
}
