package organization

import (
	"net/http"
	"slices"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

const mobileEventsPath = "/v1/core/mobile-events"

// MobileEventAnswer is one event.
type MobileEventAnswer struct {
	Body view.MobileEvent
}

// MobileEventsAnswer is one page of events.
type MobileEventsAnswer struct {
	Body struct {
		Data   [][]view.MobileEvent `json:"data" nullable:"false" doc:"The events of each recording in a list, in the order of their first; those without a recording in one of their own."`
		Cursor *string              `json:"cursor"`
	}
}

func (s *server) registerMobileEvents() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listMobileEvents", Method: http.MethodGet, Path: mobileEventsPath, Summary: "List what happened in the reps' recording apps",
		Description: "The newest come last. Events are kept for 90 days.", Tags: []string{"Mobile events"},
	}, wire.JSONErrors(), s.listMobileEvents)
	wire.Register(s.API, wire.Operation{
		OperationID: "getMobileEvent", Method: http.MethodGet, Path: mobileEventsPath + "/{id}", Summary: "Get a mobile event", Tags: []string{"Mobile events"},
	}, notFound, func(r *wire.Request, in *wire.IDPath) (*MobileEventAnswer, error) {
		e, err := wire.AtPath(r, in, "mobile event", func(organization string) (hub.MobileEvent, error) {
			return s.Store.MobileEvent(r, organization, in.ID)
		})
		return &MobileEventAnswer{Body: view.ShowMobileEvent(e)}, err
	})
}

func (s *server) listMobileEvents(r *wire.Request, in *struct {
	wire.OrganizationSelector
	CreatedAtGt string   `query:"createdAtGt" doc:"Only events that came after this time."`
	CreatedAtLt string   `query:"createdAtLt" doc:"Only events that came before this time."`
	Cursor      string   `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize    float64  `query:"pageSize" minimum:"1" maximum:"1000" default:"100" doc:"How many events the page has at most."`
	EventCode   string   `query:"eventCode" enum:"recorderStateChange,networkStatusChange,appStateChange,consentStatusChanged,recordingMetadataChanged,deeplinkReceived,deeplinkConsumed,userAuthStatusChanged" deprecated:"true" doc:"Only events of this code; eventCodeIn takes several."`
	EventCodeIn []string `query:"eventCodeIn,explode" nullable:"false" maxItems:"10" doc:"Only events of one of these codes, separated by commas or each in a parameter of its own."`
	UserID      string   `query:"userId" doc:"Only events of this user's app."`
	RecordingID string   `query:"recordingId" doc:"Only events of this recording."`
},
) (*MobileEventsAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	size := int(in.PageSize)
	f := store.MobileEventFilter{
		From: q.At("createdAtGt", in.CreatedAtGt), Until: q.At("createdAtLt", in.CreatedAtLt), Codes: eventCodes(&q, in.EventCode, in.EventCodeIn),
		UserID: in.UserID, RecordingID: in.RecordingID, After: q.After(in.Cursor), Limit: size + 1,
	}
	if err := q.Err(); err != nil {
		return nil, err
	}
	found, err := s.Store.MobileEvents(r, organization, f)
	cut, err := wire.IsCut(err)
	if err != nil {
		return nil, err
	}
	out := &MobileEventsAnswer{}
	found, out.Body.Cursor = wire.CutAt(found, cut, size, func(e hub.MobileEvent) store.ListPlace { return store.ListPlace{At: e.CreatedAt, ID: e.ID} })
	out.Body.Data = [][]view.MobileEvent{}
	place := map[string]int{} // of each recording's list
	for _, e := range found {
		i, known := place[e.RecordingID]
		if !known {
			i = len(out.Body.Data)
			place[e.RecordingID] = i
			out.Body.Data = append(out.Body.Data, nil)
		}
		out.Body.Data[i] = append(out.Body.Data[i], view.ShowMobileEvent(e))
	}
	return out, nil
}

// eventCodes reads which codes are asked for; both parameters together are what both ask for.
func eventCodes(q *wire.Query, one string, lists []string) []string {
	codes := wire.WordsOf(lists)
	if len(codes) > 10 {
		q.Wrong("eventCodeIn", "has too many codes", "at most 10")
	}
	for _, code := range codes {
		if hub.MobileEventForms[hub.MobileEventCode(code)] == nil {
			q.Wrong("eventCodeIn", "has "+hub.Quoted(code), "codes of mobile events")
		}
	}
	switch {
	case one == "":
		return codes
	case len(lists) == 0 || slices.Contains(codes, one):
		return []string{one}
	}
	return []string{""} // none has that
}
