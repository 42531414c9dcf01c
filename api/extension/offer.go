package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// Offer is a recording that waits for somebody to say which appointment it is of, or that it is of none.
type Offer struct {
	RecordingID string        `json:"recordingId"`
	Title       string        `json:"title"`
	UserID      string        `json:"userId" doc:"Whose recording it is."`
	StartTime   string        `json:"startTime" format:"date-time"`
	EndTime     string        `json:"endTime" format:"date-time"`
	Link        RecordingLink `json:"link"`
}

// OffersAnswer is one page of offers.
type OffersAnswer struct {
	Body struct {
		Data   []Offer `json:"data" doc:"The recordings that came first are first. A page has 50 at most, whatever is asked for."`
		Cursor *string `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// offersMost is how many offers a page has at most: the candidates of each are worked out anew.
const offersMost = 50

// externalLink is what the contract calls links that a program makes.
const externalLink = "EXTERNAL_API_LINK"

func (s *server) registerOffers() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listOffers", Method: http.MethodGet, Path: "/v1/offers", Summary: "List the recordings that wait for somebody to say what they are of",
		Description: "Each with its candidates, whose probabilities are computed anew.", Tags: []string{recordingTag}, Extensions: wire.Extension(),
	}, wire.JSONErrors(http.StatusNotFound), func(r *wire.Request, in *struct {
		wire.OrganizationSelector
		wire.PageQuery
	},
	) (*OffersAnswer, error) {
		organization, err := r.Organization(in.OrganizationSelector)
		if err != nil {
			return nil, err
		}
		return s.listOffers(r, organization, "", in.PageQuery)
	})
	wire.Register(s.API, connectionOperation("listConnectionOffers", http.MethodGet, "/offers", "List the recordings that wait, of one connection",
		"Those of which an appointment of the connection is the most probable."), wire.JSONErrors(http.StatusNotFound), func(r *wire.Request, in *struct {
		wire.IDPath
		wire.PageQuery
	},
	) (*OffersAnswer, error) {
		c, err := s.connectionOf(r, &in.IDPath)
		if err != nil {
			return nil, err
		}
		return s.listOffers(r, c.OrganizationID, c.ID, in.PageQuery)
	})
	wire.Register(s.API, wire.Repeatable(wire.Operation{
		OperationID: "takeOffer", Method: http.MethodPost, Path: recordingsPath + "/{id}/offer/take", Summary: "Say which candidate an offered recording is of, or that it is of none",
		Description: "A person's word: the rule does not move it from then on. 409 where the recording is not offered any more.", Tags: []string{recordingTag}, Extensions: wire.Extension(),
	}), wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.takeOffer)
}

func (s *server) listOffers(r *wire.Request, organization, connection string, page wire.PageQuery) (*OffersAnswer, error) {
	page.PageSize = min(page.PageSize, offersMost)
	found, cursor, err := wire.ReadPage(page, func(o hub.Recording) string { return o.ID }, func(after string, limit int) ([]hub.Recording, error) {
		return s.Store.Offers(r, organization, connection, after, limit)
	})
	if err != nil {
		return nil, err
	}
	out := &OffersAnswer{}
	out.Body.Data, out.Body.Cursor = make([]Offer, len(found)), cursor
	for i, rec := range found {
		link, err := s.explainLink(r, rec)
		if err != nil {
			return nil, err
		}
		out.Body.Data[i] = Offer{
			RecordingID: rec.ID, Title: rec.Title, UserID: rec.UserID, StartTime: hub.WireTime(rec.StartedAt), EndTime: hub.WireTime(rec.EndedAt), Link: link,
		}
	}
	return out, nil
}

func (s *server) takeOffer(r *wire.Request, in *struct {
	wire.IDPath
	Body struct {
		CandidateID *string `json:"candidateId" doc:"The id of one of the candidates; null says that it is none of them."`
	}
},
) (*RecordingLinkAnswer, error) {
	if in.Body.CandidateID != nil && *in.Body.CandidateID == "" {
		return nil, hub.Invalid("candidateId", "is empty", "the id of a candidate, or null for none")
	}
	rec, err := wire.AtPath(r, &in.IDPath, recordingKind, func(organization string) (hub.Recording, error) {
		return s.Store.TakeOffer(r, organization, in.ID, wire.OrZero(in.Body.CandidateID), externalLink)
	})
	if err != nil {
		return nil, err
	}
	explained, err := s.explainLink(r, rec)
	return &RecordingLinkAnswer{Body: explained}, err
}
