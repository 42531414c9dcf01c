package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// LinkSettings is how sure the rule must be to link a recording to an appointment of a connection.
type LinkSettings struct {
	Thresholds LinkThresholds `json:"thresholds" doc:"How probable an appointment must be to be linked to."`
	Offered    int64          `json:"offered" doc:"How many recordings wait for somebody to say what they are of."`
}

// LinkThresholds are probabilities, by what speaks for an appointment.
type LinkThresholds struct {
	Time    *float64 `json:"time,omitempty" minimum:"0.5" maximum:"1" doc:"Where only the time does."`
	Place   *float64 `json:"place,omitempty" minimum:"0.5" maximum:"1" doc:"Where the places are known, too."`
	Contact *float64 `json:"contact,omitempty" minimum:"0.5" maximum:"1" doc:"Where the uploader or the words name a customer."`
}

// LinkSettingsAnswer is how a connection's recordings are linked.
type LinkSettingsAnswer struct {
	Body LinkSettings
}

func (s *server) registerLinking() {
	wire.Register(s.API, connectionOperation("getLinking", http.MethodGet, "/linking", "See how sure a link must be", "And how many recordings are offered instead of linked."),
		wire.JSONErrors(http.StatusNotFound), s.getLinking)
	wire.Register(s.API, connectionOperation("putLinking", http.MethodPut, "/linking", "Set how sure a link must be", "What is left out is as by default. Links that are there stay as long as their appointment is the most probable."),
		wire.JSONErrors(http.StatusNotFound), s.putLinking)
}

func (s *server) getLinking(r *wire.Request, in *wire.IDPath) (*LinkSettingsAnswer, error) {
	l, err := wire.AtPath(r, in, connectionKind, func(organization string) (store.Linking, error) { return s.Store.Linking(r, organization, in.ID) })
	if err != nil {
		return nil, err
	}
	time, place, contact := l.Thresholds.Of(hub.EvidenceTime), l.Thresholds.Of(hub.EvidencePlace), l.Thresholds.Of(hub.EvidenceContact)
	return &LinkSettingsAnswer{Body: LinkSettings{Thresholds: LinkThresholds{Time: &time, Place: &place, Contact: &contact}, Offered: l.Offered}}, nil
}

func (s *server) putLinking(r *wire.Request, in *struct {
	wire.IDPath
	Body LinkThresholds
},
) (*LinkSettingsAnswer, error) {
	c, err := s.connectionOf(r, &in.IDPath)
	if err != nil {
		return nil, err
	}
	t := hub.Thresholds{Time: orZero(in.Body.Time), Place: orZero(in.Body.Place), Contact: orZero(in.Body.Contact)}
	if err := s.Store.SetThresholds(r, c.OrganizationID, c.ID, t); err != nil {
		return nil, hub.Missing(connectionKind, err)
	}
	return s.getLinking(r, &in.IDPath)
}

func orZero(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}
