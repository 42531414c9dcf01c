package extension

import (
	"errors"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// MappedModel is where a model's records are in the CRM.
type MappedModel struct {
	Object string            `json:"object" doc:"The API name of an object; empty where the model is not read."`
	Fields map[string]string `json:"fields" doc:"API names of its fields, by what they are of a record; an empty one is nothing of it."`
}

// Mapping is from which object of the CRM each model of a connection is read.
type Mapping struct {
	Preset    *string                `json:"preset" doc:"The preset that it began with; null where it began with nothing."`
	Models    map[string]MappedModel `json:"models" doc:"Each model that the platform can have. To PUT it again changes nothing."`
	NoteField *string                `json:"noteField" doc:"The field that notes are written by; null where there is none."`
	CheckedAt *string                `json:"checkedAt" doc:"When the CRM said that all of it is there; null before, and while nothing was put."`
	Presets   []string               `json:"presets" doc:"The presets that there are."`
	Parts     []string               `json:"parts" doc:"What a field can be of a record."`
}

// MappingAnswer is a connection's mapping.
type MappingAnswer struct {
	ETag string `header:"ETag" doc:"The version of the connection, for If-Match."`
	Body struct {
		Mapping
		Explanation string `json:"explanation" doc:"What is known of it, in a sentence."`
	}
}

func (s *server) registerMapping() {
	wire.Register(s.API, connectionOperation("getMapping", http.MethodGet, "/mapping", "See from which objects of its CRM a connection is read", "Of SALESFORCE alone: what is read from other platforms is always the same."),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.getMapping)
	wire.Register(s.API, connectionOperation("putMapping", http.MethodPut, "/mapping", "Set from which objects of its CRM a connection is read",
		"A preset, and what differs from it. The CRM is asked at once: what is not there is refused with 400, with what there is. Where it cannot be asked the mapping is kept, and checked before the next run. Models that are read otherwise than before are read whole anew; of those that are read from another object what was read before counts as deleted."),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.putMapping)
}

// mappingInfo is what a mapping of the connection can have.
func (s *server) mappingInfo(c hub.Connection) (*hub.MappingInfo, error) {
	if s.Mappings != nil {
		if info := s.Mappings(c.Platform); info != nil {
			return info, nil
		}
	}
	return nil, hub.Conflict("A %s connection has no mapping: what is read from it is always the same.", c.Platform)
}

func (s *server) getMapping(r *wire.Request, in *wire.IDPath) (*MappingAnswer, error) {
	c, err := s.connectionOf(r, in)
	if err != nil {
		return nil, err
	}
	info, err := s.mappingInfo(c)
	if err != nil {
		return nil, err
	}
	m, err := s.Store.Mapping(r, c.OrganizationID, c.ID)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return nil, err
	}
	return showMapping(c, info, m), nil
}

func showMapping(c hub.Connection, info *hub.MappingInfo, m store.Mapping) *MappingAnswer {
	out := &MappingAnswer{ETag: wire.ETag(c.UpdatedAt)}
	var shown hub.Mapping
	out.Body.Explanation, shown = m.Explain(info.Presets[0])
	out.Body.Preset, out.Body.NoteField, out.Body.CheckedAt = textOrNull(shown.Preset), textOrNull(shown.NoteField), wire.TimeOrNull(m.CheckedAt)
	out.Body.Models = map[string]MappedModel{}
	for _, st := range c.SyncStatus {
		out.Body.Models[string(st.Model)] = MappedModel{Fields: map[string]string{}}
	}
	for model, src := range shown.Sources {
		out.Body.Models[string(model)] = MappedModel(src)
	}
	out.Body.Presets, out.Body.Parts = []string{}, info.Parts
	for _, p := range info.Presets {
		out.Body.Presets = append(out.Body.Presets, p.Preset)
	}
	return out
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (s *server) putMapping(r *wire.Request, in *struct {
	wire.IDPath
	wire.Precondition
	Body struct {
		Preset    *string `json:"preset,omitempty" nullable:"true" doc:"What it begins with; nothing when left out."`
		NoteField *string `json:"noteField,omitempty" nullable:"true" doc:"An external-id field of Task that notes are written by."`
		Models    map[string]struct {
			Object *string           `json:"object,omitempty" doc:"The API name of an object; without it that of the preset, to whose fields those here are added. Empty: the model is not read."`
			Fields map[string]string `json:"fields,omitempty" doc:"API names of its fields, by what they are of a record (parts); an empty one takes away."`
		} `json:"models,omitempty" maxProperties:"50"`

		// What GET answers with besides is taken and means nothing.
		CheckedAt   any `json:"checkedAt,omitempty"`
		Presets     any `json:"presets,omitempty"`
		Parts       any `json:"parts,omitempty"`
		Explanation any `json:"explanation,omitempty"`
	}
},
) (*MappingAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	info, err := s.mappingInfo(c)
	if err != nil {
		return nil, err
	}
	given := hub.GivenMapping{Models: map[string]hub.GivenSource{}}
	if in.Body.Preset != nil {
		given.Preset = *in.Body.Preset
	}
	if in.Body.NoteField != nil {
		given.NoteField = *in.Body.NoteField
	}
	for model, src := range in.Body.Models {
		given.Models[model] = hub.GivenSource(src)
	}
	c, m, err := s.Store.PutMapping(r, c.OrganizationID, c.ID, given, info.Presets[0], wire.Versions(in.IfMatch), s.CheckMapping)
	if err != nil {
		return nil, hub.Missing(connectionKind, err)
	}
	return showMapping(c, info, m), nil
}
