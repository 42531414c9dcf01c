package extension

import (
	"errors"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Delivery is a recording's result on its way to a CRM.
type Delivery struct {
	ID                      string  `json:"id"`
	IntegrationConnectionID string  `json:"integrationConnectionId"`
	RecordingID             string  `json:"recordingId"`
	DataType                string  `json:"dataType" doc:"The kind of CRM record that the recording is linked to."`
	ExternalID              string  `json:"externalId"`
	State                   string  `json:"state" enum:"PENDING,CONFIRMING,SENT,FAILED,CANCELED"`
	Explanation             string  `json:"explanation" doc:"How it stands, in a sentence."`
	Attempts                int     `json:"attempts" doc:"How many attempts it has used up since it was planned or replayed."`
	DueAt                   *string `json:"dueAt" doc:"When the next attempt is made; null when none is planned."`
	Error                   *string `json:"error" doc:"Why the last attempt failed, why there will be none, or which fields of the CRM could not be set, in sentences."`
	Transcript              *bool   `json:"transcript" nullable:"true" doc:"Whether the transcript went with it; null before it was sent, and where the CRM's answer was lost."`
	Correction              int64   `json:"correction" doc:"0 for the first note of the recording on the record, n for the n-th that corrects it."`
	NoteID                  *string `json:"noteId" doc:"The CRM's id of the note, from when it is there: even where its fields have yet to be set. Null again once it is not found there any more."`
	SentAt                  *string `json:"sentAt" doc:"When the note was written; its fields may follow."`
	CreatedAt               string  `json:"createdAt"`
	UpdatedAt               string  `json:"updatedAt"`
}

// showDelivery shows a delivery over c.
func (s *server) showDelivery(c hub.Connection, d hub.Delivery) Delivery {
	return Delivery{
		ID: d.ID, IntegrationConnectionID: d.ConnectionID, RecordingID: d.RecordingID, DataType: string(d.Model), ExternalID: d.ExternalID, State: string(d.State),
		Explanation: d.Explain(c, s.Clock()), Attempts: d.Attempts, DueAt: wire.TimeOrNull(d.DueAt), Error: wire.OrNull(d.Error), Transcript: d.Transcript, Correction: d.Correction, NoteID: wire.OrNull(d.NoteID),
		SentAt: wire.TimeOrNull(d.SentAt), CreatedAt: hub.WireTime(d.CreatedAt), UpdatedAt: hub.WireTime(d.UpdatedAt),
	}
}

// DeliveryAttempt is one try of a delivery.
type DeliveryAttempt struct {
	Number int     `json:"number"`
	At     string  `json:"at"`
	TookMs int64   `json:"tookMs"`
	Error  *string `json:"error" doc:"Why it failed, or which fields it could not set, in sentences; null when all went well."`
}

// DeliveriesAnswer is one page of a connection's deliveries.
type DeliveriesAnswer struct {
	Body struct {
		Data   []Delivery `json:"data" doc:"The latest first."`
		Cursor *string    `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// DeliveryAnswer is one delivery.
type DeliveryAnswer struct {
	Body Delivery
}

// DeliveredNote is what a delivery's note says in the CRM, and what it would say if it were sent now.
type DeliveredNote struct {
	DataType   *string `json:"dataType" doc:"The kind of CRM record that the note is on, which may be another one than the recording is linked to; null before it was sent."`
	ExternalID *string `json:"externalId"`
	Marker     *string `json:"marker" doc:"What the note is known again by; it is part of its text."`
	CRM        *string `json:"crm" doc:"What was written, without the transcript; null before, where it is not known, where it failed, and once the note is not found any more."`
	Now        *string `json:"now" doc:"What would be written now, without the transcript; null where the recording is deleted or has no analysis."`
	Same       *bool   `json:"same" nullable:"true" doc:"Whether the two say the same; null where one of them is not known."`
}

// DeliveryWithAttempts is one delivery with its latest attempts.
type DeliveryWithAttempts struct {
	Body struct {
		Delivery
		Note  DeliveredNote     `json:"note"`
		Tries []DeliveryAttempt `json:"tries" doc:"The latest first, at most a hundred."`
	}
}

const deliveryKind = "delivery"

func (s *server) registerDeliveries() {
	add := func(id, method, path, summary, description string) wire.Operation {
		return wire.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, Description: description,
			Tags: []string{"Write-back"}, Extensions: wire.Extension(),
		}
	}
	wire.Register(s.API, add("listDeliveries", http.MethodGet, connectionPath+"/deliveries", "List what is written back over a connection", ""),
		wire.JSONErrors(http.StatusNotFound), s.listDeliveries)
	wire.Register(s.API, add("getDelivery", http.MethodGet, "/v1/deliveries/{id}", "See a delivery and its attempts", ""),
		wire.JSONErrors(http.StatusNotFound), s.getDelivery)
	wire.Register(s.API, add("replayDelivery", http.MethodPost, "/v1/deliveries/{id}/replay", "Send a delivery again",
		"It is sent now, with all its attempts before it, however it ended. What is in the CRM already is found there and not written again; where it says something else than is true now, it is corrected as the connection chose, or the delivery says that it is left. What somebody has deleted there is written again, once the CRM's lists must have shown it. One to a record that the recording is no longer linked to is a 409: what is said of one customer is not sent to another."),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.replayDelivery)
	wire.Register(s.API, wire.Repeatable(add("settleDelivery", http.MethodPost, "/v1/deliveries/{id}/settle", "Say whether a note is in the CRM",
		"For a delivery that is CONFIRMING: it was sent, and neither an answer nor a look tells whether it is there. What is not there is sent again, unless it is no longer wanted.")),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.settleDelivery)
}

func (s *server) listDeliveries(r *wire.Request, in *struct {
	wire.IDPath
	wire.PageQuery
	State string `query:"state" enum:"PENDING,CONFIRMING,SENT,FAILED,CANCELED" doc:"List only those in the state."`
},
) (*DeliveriesAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	found, cursor, err := wire.ReadPage(in.PageQuery, func(d hub.Delivery) string { return d.ID }, func(before string, limit int) ([]hub.Delivery, error) {
		return s.Store.Deliveries(r, c.OrganizationID, store.DeliveryFilter{ConnectionID: c.ID, State: hub.DeliveryState(in.State), Before: before, Limit: limit})
	})
	out := &DeliveriesAnswer{}
	out.Body.Data, out.Body.Cursor = wire.Each(found, func(d hub.Delivery) Delivery { return s.showDelivery(c, d) }), cursor
	return out, err
}

// deliveryOf does one thing with the delivery that the path names, and returns it and its connection.
func (s *server) deliveryOf(r *wire.Request, in *wire.IDPath, do func(organization string) (hub.Delivery, error)) (hub.Delivery, hub.Connection, error) {
	d, err := wire.AtPath(r, in, deliveryKind, do)
	if err != nil {
		return d, hub.Connection{}, err
	}
	c, err := s.Store.Connection(r, d.OrganizationID, d.ConnectionID)
	return d, c, hub.Missing(deliveryKind, err) // a deleted connection's deliveries are gone
}

func (s *server) getDelivery(r *wire.Request, in *wire.IDPath) (*DeliveryWithAttempts, error) {
	d, c, err := s.deliveryOf(r, in, func(organization string) (hub.Delivery, error) { return s.Store.Delivery(r, organization, in.ID) })
	if err != nil {
		return nil, err
	}
	attempts, err := s.Store.DeliveryAttempts(r, d)
	if err != nil {
		return nil, err
	}
	note, err := s.deliveredNote(r, d)
	if err != nil {
		return nil, err
	}
	out := &DeliveryWithAttempts{}
	out.Body.Note = note
	out.Body.Delivery, out.Body.Tries = s.showDelivery(c, d), make([]DeliveryAttempt, len(attempts))
	for i, a := range attempts {
		out.Body.Tries[i] = DeliveryAttempt{Number: a.Number, At: hub.WireTime(a.At), TookMs: a.Took.Milliseconds(), Error: wire.OrNull(a.Error)}
	}
	return out, nil
}

func (s *server) replayDelivery(r *wire.Request, in *wire.IDPath) (*DeliveryAnswer, error) {
	d, c, err := s.deliveryOf(r, in, func(organization string) (hub.Delivery, error) { return s.Store.ReplayDelivery(r, organization, in.ID) })
	if err != nil {
		return nil, err
	}
	return &DeliveryAnswer{Body: s.showDelivery(c, d)}, nil
}

// deliveredNote shows what the delivery's note says.
func (s *server) deliveredNote(r *wire.Request, d hub.Delivery) (DeliveredNote, error) {
	n := DeliveredNote{DataType: wire.OrNull(string(d.Note.On.Model)), ExternalID: wire.OrNull(d.Note.On.ExternalID), Marker: wire.OrNull(d.Note.Marker)}
	known := d.IsThere() || d.State == hub.DeliveryConfirming // what failed, or was canceled, is not there
	if known {
		n.CRM = wire.OrNull(d.Note.Text)
	}
	recording, err := s.Store.Recording(r, d.OrganizationID, d.RecordingID)
	if errors.Is(err, hub.ErrNotFound) || err == nil && !recording.Processed() {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	now := hub.NewResultNote(&recording, "")
	n.Now = new(now.Title + "\n\n" + now.Body)
	if known && d.Note.Print != "" {
		n.Same = new(d.Note.Print == now.Print())
	}
	return n, nil
}

func (s *server) settleDelivery(r *wire.Request, in *struct {
	wire.IDPath
	Body struct {
		There  bool   `json:"there" doc:"Whether the note is there."`
		NoteID string `json:"noteId,omitempty" maxLength:"256" doc:"The CRM's id of the note, where it is known."`
	}
},
) (*DeliveryAnswer, error) {
	d, c, err := s.deliveryOf(r, &in.IDPath, func(organization string) (hub.Delivery, error) {
		return s.Store.SettleDelivery(r, organization, in.ID, in.Body.There, in.Body.NoteID)
	})
	if err != nil {
		return nil, err
	}
	return &DeliveryAnswer{Body: s.showDelivery(c, d)}, nil
}
