package api

import (
	"net/http"

	"sirocco/hub"
	"sirocco/store"
)

// OpportunityUser joins a CRM user to an opportunity.
type OpportunityUser struct {
	ID               string   `json:"id"`
	OpportunityID    string   `json:"opportunityId" doc:"Our id of the opportunity; empty until it has come in."`
	UserID           string   `json:"userId" doc:"Our id of the CRM user; empty until it has come in."`
	Name             string   `json:"name,omitempty"`
	AmountPercentage *float64 `json:"amountPercentage,omitempty" doc:"The user's share of the sale, a fraction from 0 to 1."`
	OrganizationID   string   `json:"organizationId"`
	CreatedAt        string   `json:"createdAt"`
	UpdatedAt        string   `json:"updatedAt"`
	ConnectionID     string   `json:"integrationConnectionId"`
}

func showOpportunityUser(organization string, r store.Record, rel *related) OpportunityUser {
	return OpportunityUser{
		ID: r.ID, OpportunityID: rel.id(r, hub.ModelOpportunity, r.Refs.Opportunity), UserID: rel.id(r, hub.ModelUser, r.Refs.User),
		Name: r.Name, AmountPercentage: r.Details.ShareOfSale, OrganizationID: organization,
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt), ConnectionID: r.ConnectionID,
	}
}

// EngagementUser joins a CRM user to an engagement.
type EngagementUser struct {
	ID             string `json:"id"`
	EngagementID   string `json:"engagementId" doc:"Our id of the engagement; empty until it has come in."`
	UserID         string `json:"userId" doc:"Our id of the CRM user; empty until it has come in."`
	Name           string `json:"name,omitempty"`
	OrganizationID string `json:"organizationId"`
	CreatedAt      string `json:"createdAt"`
	UpdatedAt      string `json:"updatedAt"`
	ConnectionID   string `json:"integrationConnectionId"`
}

func showEngagementUser(organization string, r store.Record, rel *related) EngagementUser {
	return EngagementUser{
		ID: r.ID, EngagementID: rel.id(r, hub.ModelEngagement, r.Refs.Engagement), UserID: rel.id(r, hub.ModelUser, r.Refs.User),
		Name: r.Name, OrganizationID: organization,
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt), ConnectionID: r.ConnectionID,
	}
}

// JoinedUsersAnswer is one page of joined users.
type JoinedUsersAnswer[T any] struct {
	NextCursor
	Body []T `nullable:"false"`
}

// JoinedUserAnswer is one joined user.
type JoinedUserAnswer[T any] struct {
	Body T
}

// OpportunityUserBody is what a client says of a user of an opportunity.
type OpportunityUserBody struct {
	OpportunityID    *string  `json:"opportunityId,omitempty"`
	UserID           *string  `json:"userId,omitempty" doc:"Our id of the CRM user."`
	Name             *string  `json:"name,omitempty"`
	AmountPercentage *float64 `json:"amountPercentage,omitempty" minimum:"0" maximum:"1" doc:"A fraction from 0 to 1."`
}

// EngagementUserBody is what a client says of a user of an engagement.
type EngagementUserBody struct {
	EngagementID *string `json:"engagementId,omitempty"`
	UserID       *string `json:"userId,omitempty" doc:"Our id of the CRM user."`
	Name         *string `json:"name,omitempty"`
}

// join is one of the two kinds of joined users: T is how one is shown, B what a client says of one.
type join[T, B any] struct {
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

func (s *server) registerJoinedUsers() {
	opportunityUsers := &join[OpportunityUser, OpportunityUserBody]{
		s: s, model: hub.ModelOpportunityUser, of: hub.ModelOpportunity, field: "opportunityId", show: showOpportunityUser,
		side: func(r *hub.Refs) *string { return &r.Opportunity },
		read: func(b OpportunityUserBody) (of, user *string, change func(*hub.Record)) {
			return b.OpportunityID, b.UserID, func(r *hub.Record) {
				put(&r.Name, b.Name)
				if b.AmountPercentage != nil {
					r.Details.ShareOfSale = b.AmountPercentage
				}
			}
		},
	}
	engagementUsers := &join[EngagementUser, EngagementUserBody]{
		s: s, model: hub.ModelEngagementUser, of: hub.ModelEngagement, field: "engagementId", show: showEngagementUser,
		side: func(r *hub.Refs) *string { return &r.Engagement },
		read: func(b EngagementUserBody) (of, user *string, change func(*hub.Record)) {
			return b.EngagementID, b.UserID, func(r *hub.Record) { put(&r.Name, b.Name) }
		},
	}
	register(s, recordOperation("listOpportunityUsers", http.MethodGet, "/opportunity-users", "List the users of opportunities", opportunityTag), notFound,
		func(r *request, in *struct {
			JoinQuery
			OpportunityID string `query:"opportunityId"`
		},
		) (*JoinedUsersAnswer[OpportunityUser], error) {
			return opportunityUsers.list(r, &in.JoinQuery, in.OpportunityID)
		})
	register(s, recordOperation("listEngagementUsers", http.MethodGet, "/engagement-users", "List the users of engagements", engagementTag), notFound,
		func(r *request, in *struct {
			JoinQuery
			EngagementID string `query:"engagementId"`
		},
		) (*JoinedUsersAnswer[EngagementUser], error) {
			return engagementUsers.list(r, &in.JoinQuery, in.EngagementID)
		})
	registerJoin(s, opportunityUsers, "OpportunityUser", "/opportunity-users", "user of an opportunity", opportunityTag)
	registerJoin(s, engagementUsers, "EngagementUser", "/engagement-users", "user of an engagement", engagementTag)
}

// JoinQuery is how a list of joined users is narrowed.
type JoinQuery struct {
	OrganizationSelector
	Cursor   string `query:"cursor" doc:"The Next-Cursor of the page before; leave it out for the first page."`
	PageSize int    `query:"pageSize" extension:"true" minimum:"1" maximum:"1000" default:"100" doc:"How many items the page has at most."`
	UserID   string `query:"userId" doc:"Our id of a CRM user: only its own."`
}

func registerJoin[T, B any](s *server, j *join[T, B], name, path, kind, tag string) {
	register(s, recordOperation("create"+name, http.MethodPost, path, "Add a "+kind, tag), changing, j.create)
	register(s, recordOperation("get"+name, http.MethodGet, path+"/{id}", "Get a "+kind, tag), notFound, j.get)
	register(s, recordOperation("put"+name, http.MethodPut, path+"/{id}", "Change a "+kind, tag), changing, j.put)
	register(s, recordOperation("delete"+name, http.MethodDelete, path+"/{id}", "Remove a "+kind, tag), changing,
		func(r *request, in *RecordPath) (*DeletedAnswer, error) { return s.deleteRecord(r, in, j.model) })
}

func (j *join[T, B]) list(r *request, in *JoinQuery, of string) (*JoinedUsersAnswer[T], error) {
	organization, err := j.s.organization(r, in.OrganizationSelector)
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
		side, err := j.s.record(r, &RecordPath{in.OrganizationSelector, by.id}, by.model)
		if err != nil {
			return nil, err
		}
		if f.ConnectionID != "" && f.ConnectionID != side.ConnectionID { // nobody is joined across connections
			return &JoinedUsersAnswer[T]{Body: []T{}}, nil
		}
		*by.to, f.ConnectionID = side.ExternalID, side.ConnectionID
	}
	found, cursor, err := j.s.list(r, organization, PageQuery{Cursor: in.Cursor, PageSize: in.PageSize}, f)
	if err != nil {
		return nil, err
	}
	out := &JoinedUsersAnswer[T]{}
	out.set(cursor)
	out.Body, err = j.showAll(r, organization, found)
	return out, err
}

func (j *join[T, B]) showAll(r *request, organization string, found []store.Record) ([]T, error) {
	rel, err := j.s.relate(r, organization, found, "")
	if err != nil {
		return nil, err
	}
	return showEach(found, func(rec store.Record) T { return j.show(organization, rec, rel) }), nil
}

func (j *join[T, B]) one(r *request, sel OrganizationSelector, rec store.Record, err error) (*JoinedUserAnswer[T], error) {
	if err != nil {
		return nil, err
	}
	organization, err := j.s.organization(r, sel)
	if err != nil {
		return nil, err
	}
	shown, err := j.showAll(r, organization, []store.Record{rec})
	if err != nil {
		return nil, err
	}
	return &JoinedUserAnswer[T]{Body: shown[0]}, nil
}

func (j *join[T, B]) get(r *request, in *RecordPath) (*JoinedUserAnswer[T], error) {
	rec, err := j.s.record(r, in, j.model)
	return j.one(r, in.OrganizationSelector, rec, err)
}

// sides resolves what a body names by our ids.
func (j *join[T, B]) sides(p *patches, of, user *string) (ofExternal, userExternal *string) {
	maybe := func(id *string) Maybe[string] {
		if id == nil {
			return Maybe[string]{}
		}
		return Maybe[string]{Sent: true, Value: *id}
	}
	return p.byID(j.field, j.of, maybe(of)), p.byID("userId", hub.ModelUser, maybe(user))
}

func (j *join[T, B]) create(r *request, in *struct {
	OrganizationSelector
	ExactBody
	Body B
},
) (*JoinedUserAnswer[T], error) {
	organization, err := j.s.organization(r, in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	of, user, change := j.read(in.Body)
	p := j.s.newPatches(r, organization)
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
	p.add(hub.RecordPatch{Model: j.model, ExternalID: externalID, Create: true, Delete: &alive, Change: func(rec *hub.Record) {
		*j.side(&rec.Refs), rec.Refs.User = *ofExternal, *userExternal
		change(rec)
	}})
	made, err := j.s.push(r, organization, p, j.model, []string{externalID})
	if err != nil {
		return nil, err
	}
	return j.one(r, in.OrganizationSelector, made[0], nil)
}

func (j *join[T, B]) put(r *request, in *struct {
	RecordPath
	ExactBody
	Body B
},
) (*JoinedUserAnswer[T], error) {
	organization, err := j.s.organization(r, in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	of, user, change := j.read(in.Body)
	p := j.s.newPatches(r, organization)
	ofExternal, userExternal := j.sides(p, of, user)
	if err := p.err(); err != nil {
		return nil, err
	}
	rec, err := j.s.change(r, &in.RecordPath, j.model, func(rec *hub.Record) {
		put(j.side(&rec.Refs), ofExternal)
		put(&rec.Refs.User, userExternal)
		change(rec)
	})
	return j.one(r, in.OrganizationSelector, rec, err)
}
