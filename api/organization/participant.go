package organization

import (
	"errors"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// ParticipantsAnswer is one page of participants.
type ParticipantsAnswer[T any] struct {
	wire.NextCursor
	Body []T `nullable:"false"`
}

// ParticipantAnswer is one participant.
type ParticipantAnswer[T any] struct {
	Body T
}

// participants are one of the two kinds of participants, CRM users of an opportunity or of an engagement: T is how one is shown, B what a client says of one.
type participants[T, B any] struct {
	s *server
	// model is the kind, of what it joins users to, field how a body names that.
	model, of hub.Model
	field     string
	show      func(organization string, r store.Record, rel *related) T
	// read takes a body apart: our ids of the two sides, and the rest as a change.
	read func(B) (of, user *string, change func(*hub.Record))
	// side is the reference to what users are joined to.
	side func(*hub.Refs) *string
}

// ParticipantQuery is how a list of participants is narrowed.
type ParticipantQuery struct {
	wire.OrganizationSelector
	Cursor   string `query:"cursor" doc:"The id of the last item of the page before, or the Next-Cursor of its answer; leave it out for the first page."`
	PageSize int    `query:"pageSize" extension:"true" minimum:"1" maximum:"1000" default:"100" doc:"How many items the page has at most."`
	UserID   string `query:"userId" doc:"Our id of a CRM user: only its own."`
}

func (j *participants[T, B]) list(r *wire.Request, in *ParticipantQuery, of string) (*ParticipantsAnswer[T], error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	f := store.RecordFilter{Model: j.model}
	for _, by := range []struct {
		id    string
		model hub.Model
		to    *string
	}{{of, hub.ModelOpportunity, &f.Opportunity}, {of, hub.ModelEngagement, &f.Engagement}, {in.UserID, hub.ModelUser, &f.User}} {
		if by.id == "" || by.model != j.of && by.model != hub.ModelUser {
			continue
		}
		side, err := j.s.record(r, &view.RecordPath{OrganizationSelector: in.OrganizationSelector, ID: by.id}, by.model)
		if errors.Is(err, hub.ErrNotFound) { // a filter that nothing meets
			return &ParticipantsAnswer[T]{Body: []T{}}, nil
		}
		if err != nil {
			return nil, err
		}
		if f.ConnectionID != "" && f.ConnectionID != side.ConnectionID { // nobody is joined across connections
			return &ParticipantsAnswer[T]{Body: []T{}}, nil
		}
		*by.to, f.ConnectionID = side.ExternalID, side.ConnectionID
	}
	found, cursor, err := j.s.list(r, organization, wire.PageQuery{Cursor: in.Cursor, PageSize: in.PageSize}, f)
	if err != nil {
		return nil, err
	}
	out := &ParticipantsAnswer[T]{}
	out.Set(cursor)
	out.Body, err = j.showAll(r, organization, found)
	return out, err
}

func (j *participants[T, B]) showAll(r *wire.Request, organization string, found []store.Record) ([]T, error) {
	rel, err := j.s.relate(r, organization, found, "")
	if err != nil {
		return nil, err
	}
	return wire.Each(found, func(rec store.Record) T { return j.show(organization, rec, rel) }), nil
}

func (j *participants[T, B]) one(r *wire.Request, sel wire.OrganizationSelector, rec store.Record, err error) (*ParticipantAnswer[T], error) {
	if err != nil {
		return nil, err
	}
	organization, err := r.Organization(sel)
	if err != nil {
		return nil, err
	}
	shown, err := j.showAll(r, organization, []store.Record{rec})
	if err != nil {
		return nil, err
	}
	return &ParticipantAnswer[T]{Body: shown[0]}, nil
}

func (j *participants[T, B]) get(r *wire.Request, in *view.RecordPath) (*ParticipantAnswer[T], error) {
	rec, err := j.s.record(r, in, j.model)
	return j.one(r, in.OrganizationSelector, rec, err)
}

// sides resolves what a body names by our ids.
func (j *participants[T, B]) sides(p *patches, of, user *string) (ofExternal, userExternal *string) {
	maybe := func(id *string) wire.Optional[string] {
		if id == nil {
			return wire.Optional[string]{}
		}
		return wire.Optional[string]{Sent: true, Value: *id}
	}
	return p.byID(j.field, j.of, maybe(of)), p.byID("userId", hub.ModelUser, maybe(user))
}

func (j *participants[T, B]) create(r *wire.Request, in *struct {
	PushTarget
	wire.ExactBody
	Body B
},
) (*ParticipantAnswer[T], error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	of, user, change := j.read(in.Body)
	if in.Connection == "" && of != nil { // our id of it says over which connection
		to, err := j.s.Store.Record(r, organization, j.of, *of)
		if err != nil && !errors.Is(err, hub.ErrNotFound) {
			return nil, err
		}
		in.Connection = to.ConnectionID
	}
	p := j.s.newPatches(r, organization, in.Connection)
	if of == nil {
		p.wrong(j.field, "is missing", "our id of what the user is added to")
	}
	if user == nil {
		p.wrong("userId", "is missing", "our id of a CRM user")
	}
	ofExternal, userExternal := j.sides(p, of, user)
	if err := p.err(); err != nil {
		return nil, err
	}
	externalID := hub.JoinID(*ofExternal, *userExternal)
	alive := false
	p.addMade(hub.RecordPatch{Model: j.model, ExternalID: externalID, Create: true, Delete: &alive, Change: func(rec *hub.Record) {
		*j.side(&rec.Refs), rec.Refs.User = *ofExternal, *userExternal
		change(rec)
	}})
	made, err := j.s.push(r, organization, in.Connection, p, j.model, []string{externalID})
	if err != nil {
		return nil, err
	}
	return j.one(r, in.OrganizationSelector, made[0], nil)
}

func (j *participants[T, B]) put(r *wire.Request, in *struct {
	view.RecordPath
	wire.ExactBody
	Body B
},
) (*ParticipantAnswer[T], error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	kept, err := j.s.record(r, &in.RecordPath, j.model)
	if err != nil {
		return nil, err
	}
	of, user, change := j.read(in.Body)
	p := j.s.newPatches(r, organization, kept.ConnectionID)
	ofExternal, userExternal := j.sides(p, of, user)
	if err := p.err(); err != nil {
		return nil, err
	}
	rec, err := j.s.change(r, &in.RecordPath, j.model, func(rec *hub.Record) {
		wire.Set(j.side(&rec.Refs), ofExternal)
		wire.Set(&rec.Refs.User, userExternal)
		change(rec)
	})
	return j.one(r, in.OrganizationSelector, rec, err)
}

func (j *participants[T, B]) delete(r *wire.Request, in *view.RecordPath) (*DeletedAnswer, error) {
	return j.s.deleteRecord(r, in, j.model)
}
