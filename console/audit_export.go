package console

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode"

	"sirocco/hub"
)

const (
	// exportMost is how many entries a file has at most: a longer log is exported by periods, or from where a file ended.
	exportMost = 200_000
	// exportSlice is how many entries are read at a time: what an export holds in memory.
	exportSlice = 1000
)

// auditWriter writes entries of the audit log as a file.
type auditWriter interface {
	// write writes an entry.
	write(hub.AuditEntry) error
	// more says that the file ends before the log does, and with which id what is left goes on.
	more(before string) error
	// flush sends what was written.
	flush() error
}

// exportAudit answers with the chosen entries as a file, the newest first. They are read and sent a slice at a time, so that a
// long log costs no memory, and a browser that stalls holds nothing of the database.
func (s *server) exportAudit(w http.ResponseWriter, v *visit) error {
	f, err := auditFilterOf(v.URL.Query().Get)
	if err != nil {
		return err
	}
	format := v.URL.Query().Get("format")
	if format != "csv" && format != "jsonl" {
		return hub.Invalid("format", "is none of the formats", "csv or jsonl")
	}
	search := f.AuditSearch
	search.Limit = exportSlice
	entries, next, err := s.Store.SearchAudit(v.Context(), v.organization.ID, search)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", map[string]string{"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}[format])
	h.Set("Content-Disposition", `attachment; filename="audit-`+s.Clock().UTC().Format("2006-01-02-150405")+"."+format+`"`)
	if v.Method == http.MethodHead {
		return nil
	}
	patient := &patientWriter{ResponseWriter: w, control: http.NewResponseController(w)}
	out := newAuditWriter(patient, format)
	for written := 0; ; {
		for _, e := range entries {
			if err == nil {
				err = out.write(e)
			}
		}
		if written += len(entries); err == nil && next != "" && written+exportSlice > exportMost {
			err, next = out.more(next), ""
		}
		if err == nil {
			err = out.flush()
		}
		if err == nil && next == "" {
			return nil
		}
		if err == nil {
			search.Before = next
			entries, next, err = s.Store.SearchAudit(v.Context(), v.organization.ID, search)
		}
		if err != nil { // half a file must not look like a whole one
			if v.Context().Err() == nil {
				s.Logger.Warn("an export of the audit log broke off", "organizationId", v.organization.ID, "error", err)
			}
			panic(http.ErrAbortHandler)
		}
	}
}

func newAuditWriter(w io.Writer, format string) auditWriter {
	if format == "jsonl" {
		return jsonLines{json.NewEncoder(w)}
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	_ = c.Write([]string{"id", "at", "actorKind", "actorId", "actorName", "action", "objectKind", "objectId", "changes"}) // into memory; flush tells
	return csvLines{c}
}

// jsonLines writes each entry as the API shows it, as one line.
type jsonLines struct{ *json.Encoder }

func (j jsonLines) write(e hub.AuditEntry) error {
	actor := map[string]any{"kind": e.Actor.Kind, "id": nil, "name": e.Actor.Name}
	if e.Actor.ID != "" {
		actor["id"] = e.Actor.ID
	}
	return j.Encode(struct {
		ID         string          `json:"id"`
		At         string          `json:"at"`
		Actor      map[string]any  `json:"actor"`
		Action     string          `json:"action"`
		ObjectKind string          `json:"objectKind"`
		ObjectID   string          `json:"objectId"`
		Changes    json.RawMessage `json:"changes"`
	}{e.ID, hub.WireTime(e.At), actor, e.Action, e.ObjectKind, e.ObjectID, json.RawMessage(e.Changes)})
}

func (j jsonLines) more(before string) error {
	return j.Encode(map[string]any{"more": true, "before": before})
}

func (j jsonLines) flush() error { return nil }

// csvLines writes each entry as a row of a table.
type csvLines struct{ *csv.Writer }

func (c csvLines) write(e hub.AuditEntry) error {
	row := []string{e.ID, hub.WireTime(e.At), string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.Action, e.ObjectKind, e.ObjectID, e.Changes}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return c.Write(row)
}

func (c csvLines) more(before string) error {
	return c.Write([]string{"", "", "", "", "", "more", "", "", "The log goes on: export what is before " + before + "."})
}

func (c csvLines) flush() error {
	c.Flush()
	return c.Error()
}

// harmless is a text that no spreadsheet takes for a formula: one that begins as a formula does, whatever is not seen before
// that, has an apostrophe before it.
func harmless(text string) string {
	seen := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
	if seen != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(seen)[0]) || seen != text && strings.ContainsAny(text[:1], "\t\r\n") {
		return "'" + text
	}
	return text
}
