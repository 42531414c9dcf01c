package console

import (
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"net/http"
	"strings"
	"time"

	"sirocco/hub"
)

// mappingPage is from which objects of its CRM a connection is read, to be changed as text.
type mappingPage struct {
	page

	Connection  hub.Connection
	Version     string
	Explanation string
	Presets     []string
	Preset      string
	// Text is the mapping as JSON, Wrong why what was given is not taken.
	Text, Wrong string
	Parts       []string
}

// newMappingPage reads the connection and the mapping that counts.
func (s *server) newMappingPage(v *visit) (*mappingPage, *hub.MappingInfo, error) {
	c, err := s.Store.Connection(v.Context(), v.organization.ID, v.PathValue("connection"))
	if err != nil {
		return nil, nil, err
	}
	platform := s.Platforms[c.Platform]
	if platform.Mapping == nil {
		return nil, nil, hub.Conflict("A %s connection has no mapping: what is read from it is always the same.", c.Platform)
	}
	m, err := s.Store.Mapping(v.Context(), c.OrganizationID, c.ID)
	if err != nil && !isMissing(err) {
		return nil, nil, err
	}
	shown := &mappingPage{page: s.page(v, "Mapping of "+c.Name), Connection: c, Version: c.UpdatedAt.UTC().Format(time.RFC3339Nano), Parts: platform.Mapping.Parts}
	for _, p := range platform.Mapping.Presets {
		shown.Presets = append(shown.Presets, p.Preset)
	}
	var counts hub.Mapping
	shown.Explanation, counts = m.Explain(platform.Mapping.Presets[0])
	shown.Preset = counts.Preset
	text, err := json.MarshalIndent(counts.Given(platform.Models), "", "  ")
	shown.Text = string(text)
	return shown, platform.Mapping, err
}

func (s *server) showMapping(w http.ResponseWriter, v *visit) error {
	shown, _, err := s.newMappingPage(v)
	if err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "mapping", shown)
}

// putMapping sets the mapping that is written, or a preset. The CRM is asked before.
func (s *server) putMapping(w http.ResponseWriter, v *visit) error {
	shown, info, err := s.newMappingPage(v)
	if err != nil {
		return err
	}
	seen, err := versionOf(v)
	if err != nil {
		return err
	}
	given := hub.GivenMapping{Preset: v.PostFormValue("preset")}
	if text, written := v.PostFormValue("mapping"), v.PostForm.Has("mapping"); written {
		shown.Text = text
		if given, err = readMapping(text); err != nil {
			return s.mappingAgain(w, v, shown, err)
		}
	}
	c := shown.Connection
	if _, _, err := s.Store.PutMapping(v.Context(), c.OrganizationID, c.ID, given, info.Presets[0], seen, s.CheckMapping); err != nil {
		return s.mappingAgain(w, v, shown, err)
	}
	return s.redirect(w, v, "mapped", "/connections/"+c.ID+"/mapping")
}

// mappingAgain shows what was written, with what is wrong with it.
func (s *server) mappingAgain(w http.ResponseWriter, v *visit, shown *mappingPage, err error) error {
	wrong, ok := errors.AsType[*hub.InvalidError](err)
	if !ok {
		return err
	}
	shown.Wrong = "The " + wrong.Error() + "."
	return s.render(w, v, http.StatusUnprocessableEntity, "mapping", shown)
}

// readMapping reads a mapping as it is written, as the API does: a name as it is spelled, and none twice. What it does not know it
// refuses.
func readMapping(text string) (given hub.GivenMapping, err error) {
	err = jsonv2.Unmarshal([]byte(text), &given, jsonv2.RejectUnknownMembers(true))
	if err != nil {
		return given, hub.Invalid("mapping", "cannot be read"+lineOf(text, err)+": "+wrongWith(err), "JSON with preset, noteField and models")
	}
	return given, nil
}

// wrongWith says what is wrong with JSON in the words of whoever wrote it.
func wrongWith(err error) string {
	wrong, ok := errors.AsType[*jsonv2.SemanticError](err)
	if !ok {
		return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "json: "), "jsontext: ")
	}
	name := strings.ReplaceAll(strings.Trim(string(wrong.JSONPointer), "/"), "/", ".")
	switch {
	case errors.Is(err, jsonv2.ErrUnknownName):
		return "unknown field " + hub.Quoted(name)
	case name == "":
		return "it is of another kind"
	}
	return hub.Quoted(name) + " is of another kind"
}

// lineOf says in which line of a text JSON is wrong, where that is known.
func lineOf(text string, err error) string {
	var offset int64
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = e.ByteOffset
	} else if e, ok := errors.AsType[*jsonv2.SemanticError](err); ok {
		offset = e.ByteOffset
	}
	if offset < 1 || offset > int64(len(text)) {
		return ""
	}
	return " in its line " + number(1+strings.Count(text[:offset], "\n"))
}
