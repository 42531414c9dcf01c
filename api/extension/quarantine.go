package extension

import (
	"encoding/json"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Quarantined is an item of the CRM that could not be kept.
type Quarantined struct {
	ID         string  `json:"id"`
	ModelName  string  `json:"modelName"`
	ExternalID *string `json:"externalId" doc:"The CRM's id; null where the item has none."`
	Reason     string  `json:"reason" doc:"Why it could not be kept, in a sentence."`
	Raw        any     `json:"raw" doc:"The item as it came."`
	CreatedAt  string  `json:"createdAt"`
}

// QuarantineAnswer is one page of what is in quarantine.
type QuarantineAnswer struct {
	Body struct {
		Data   []Quarantined `json:"data" doc:"The oldest first."`
		Cursor *string       `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// RetriedAnswer tells how much was taken out of quarantine to be read again.
type RetriedAnswer struct {
	Body struct {
		Retried int `json:"retried"`
	}
}

func (s *server) registerQuarantine() {
	wire.Register(s.API, connectionOperation("listQuarantine", http.MethodGet, "/quarantine", "List the records that could not be kept", ""),
		wire.JSONErrors(http.StatusNotFound), s.listQuarantine)
	wire.Register(s.API, wire.Repeatable(connectionOperation("retryQuarantine", http.MethodPost, "/quarantine/retry", "Read again what is in quarantine", "")),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.retryQuarantine)
}

func (s *server) listQuarantine(r *wire.Request, in *struct {
	wire.IDPath
	wire.PageQuery
},
) (*QuarantineAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	found, cursor, err := wire.ReadPage(in.PageQuery, func(q store.Quarantined) string { return q.ID }, func(after string, limit int) ([]store.Quarantined, error) {
		return s.Store.Quarantine(r, c.OrganizationID, c.ID, after, limit)
	})
	out := &QuarantineAnswer{}
	out.Body.Data, out.Body.Cursor = wire.Each(found, showQuarantined), cursor
	return out, err
}

func showQuarantined(q store.Quarantined) Quarantined {
	return Quarantined{
		ID: q.ID, ModelName: string(q.Model), ExternalID: wire.OrNull(q.ExternalID), Reason: q.Reason,
		Raw: rawItem(q.Raw), CreatedAt: hub.WireTime(q.CreatedAt),
	}
}

// rawItem shows what came as JSON where it is JSON, and as text where it is not.
func rawItem(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

func (s *server) retryQuarantine(r *wire.Request, in *struct {
	wire.IDPath
	Body *struct {
		Models []string `json:"models,omitempty" maxItems:"100" doc:"Only these modelNames; all when left out."`
	}
},
) (*RetriedAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	var named []hub.Model
	if in.Body != nil {
		named = models(in.Body.Models)
	}
	out := &RetriedAnswer{}
	out.Body.Retried, err = s.Store.RetryQuarantine(r, c.OrganizationID, c.ID, named)
	return out, paused(hub.Missing(connectionKind, err))
}
