package extension

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// postedSession is a presentation session as it is posted.
type postedSession struct {
	SessionID string `json:"sessionId"`
	Rep       struct {
		ID    string `json:"id"`
		Email string `json:"email"`
		Name  string `json:"name"`
	} `json:"rep"`
	StartedAt    string  `json:"startedAt"`
	EndedAt      *string `json:"endedAt"`
	Presentation struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"presentation"`
	Pages []struct {
		Title   string  `json:"title"`
		Seconds float64 `json:"seconds"`
	} `json:"pages"`
}

func (p *postedSession) session() (hub.PresentationSession, error) {
	in := hub.PresentationSession{
		ID: p.SessionID, Rep: hub.Presenter(p.Rep), PresentationID: p.Presentation.ID, Title: p.Presentation.Name,
	}
	for _, page := range p.Pages {
		in.Pages = append(in.Pages, hub.PresentationPage(page))
	}
	var issues []hub.Issue
	if p.StartedAt != "" { // else the session says that it is missing
		in.StartedAt, issues = postedTime("startedAt", p.StartedAt, issues)
	}
	if p.EndedAt != nil {
		in.EndedAt, issues = postedTime("endedAt", *p.EndedAt, issues)
	}
	if len(issues) > 0 {
		return in, &hub.InvalidError{Issues: issues}
	}
	return in, nil
}

// postedTime reads a time; one that cannot be read is one more issue.
func postedTime(field, text string, issues []hub.Issue) (time.Time, []hub.Issue) {
	at, ok := hub.ReadTime(text)
	if !ok {
		issues = append(issues, hub.Issue{Field: field, Problem: "is not a time", Want: hub.WantTime})
	}
	return at, issues
}

// takeSession brings a presentation session in.
func (s *server) takeSession(w http.ResponseWriter, hr *http.Request, in store.Inbound, caller string) {
	if !hasSecret(hr, in) {
		s.refuseInbound(w, hr, caller)
		return
	}
	s.callers.Add(caller)
	body, release, ok := s.Receive(w, hr, in.Connection.OrganizationID, inboundMost)
	if !ok {
		return
	}
	defer release()
	var posted postedSession
	if err := readExactly(body, &posted); err != nil {
		wire.Fail(w, hr, err)
		return
	}
	session, err := posted.session()
	if err != nil {
		wire.Fail(w, hr, err)
		return
	}
	engagement, err := s.Store.TakeSession(hr.Context(), in.Connection.OrganizationID, in.Connection.ID, session)
	if err != nil {
		wire.Fail(w, hr, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	text, err := json.Marshal(map[string]any{"data": map[string]string{"sessionId": session.ID, "engagementId": engagement}}, json.Deterministic(true))
	if err == nil {
		_, _ = w.Write(append(text, '\n')) // the caller is gone, or it is written
	}
}

// readExactly reads a JSON object whose fields are all known. What is wrong with it is a *hub.InvalidError.
func readExactly(body []byte, into any) error {
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		field := strings.ReplaceAll(strings.Trim(string(wrong.JSONPointer), "/"), "/", ".")
		switch {
		case errors.Is(err, json.ErrUnknownName):
			return hub.Invalid(field, "is not known", "only the fields that are described")
		case field != "":
			return hub.Invalid(field, "is of another type", "what is described")
		}
	}
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return hub.Invalid("body", fmt.Sprintf("cannot be read at byte %d", wrong.ByteOffset), "a JSON object")
	}
	return hub.Invalid("body", "is no JSON object", "a JSON object")
}
