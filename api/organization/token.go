package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Token is an organization token as the contract shows it, without its text.
type Token struct {
	TokenID               string  `json:"tokenId"`
	TokenName             string  `json:"tokenName"`
	OrganizationID        string  `json:"organizationId"`
	AuthorizedOrgGroupID  *string `json:"authorizedOrgGroupId" doc:"The organization group that the token spans; null for a token of one organization."`
	ParentOrgGroupTokenID *string `json:"parentOrgGroupTokenId" doc:"The group token that made this one; null when the command line did."`
	CreatedAt             string  `json:"createdAt"`
	CreatedBy             *string `json:"createdBy" doc:"Always null: tokens are made by tokens or on the command line, not by users."`
	LastUsedAt            *string `json:"lastUsedAt,omitempty" extension:"true" doc:"When the token was last used, to within ten minutes; left out before its first use."`
}

func showToken(t hub.Token) Token {
	return Token{
		TokenID: t.ID, TokenName: t.Name, OrganizationID: t.OrganizationID,
		AuthorizedOrgGroupID: wire.OrNull(t.GroupID), ParentOrgGroupTokenID: wire.OrNull(t.ParentID),
		CreatedAt: hub.WireTime(t.CreatedAt), LastUsedAt: wire.TimeOrNull(t.LastUsedAt),
	}
}

// TokenAnswer is one token.
type TokenAnswer struct {
	Body Token
}

// NewTokenAnswer is a token just made, with its text.
type NewTokenAnswer struct {
	Body struct {
		Token
		Text string `json:"token" doc:"The token itself, shown only here."`
	}
}

// TokensAnswer is one page of tokens.
type TokensAnswer struct {
	Body struct {
		Data   []Token `json:"data"`
		Cursor *string `json:"cursor"`
	}
}

const (
	tokensPath = "/v1/core/auth/tokens" //nolint:gosec // a path
	authTag    = "Authentication"
	tokenKind  = "token"
)

var errNeedsGroupToken = hub.Forbidden("Only a token of an organization group may create or delete tokens.")

func (s *server) registerTokens() {
	wire.Register(s.API, wire.Operation{
		OperationID: "getCallerIdentity", Method: http.MethodGet, Path: "/v1/core/auth/caller-identity",
		Summary: "Show the token the request was made with", Tags: []string{authTag},
	}, wire.JSONErrors(), func(r *wire.Request, _ *struct{}) (*TokenAnswer, error) {
		return &TokenAnswer{showToken(r.Token)}, nil
	})
	wire.Register(s.API, wire.Operation{
		OperationID: "listTokens", Method: http.MethodGet, Path: tokensPath,
		Summary: "List the organization's tokens", Tags: []string{authTag},
	}, wire.JSONErrors(), s.listTokens)
	wire.Register(s.API, wire.Operation{
		OperationID: "createToken", Method: http.MethodPost, Path: tokensPath, DefaultStatus: http.StatusOK,
		Summary: "Create a token", Description: "Takes a token of an organization group.", Tags: []string{authTag},
	}, wire.JSONErrors(http.StatusForbidden, http.StatusNotFound), s.createToken)
	wire.Register(s.API, wire.Operation{
		OperationID: "getToken", Method: http.MethodGet, Path: tokensPath + "/{id}",
		Summary: "Get a token", Tags: []string{authTag},
	}, wire.JSONErrors(http.StatusNotFound), s.getToken)
	wire.Register(s.API, wire.Operation{
		OperationID: "deleteToken", Method: http.MethodDelete, Path: tokensPath + "/{id}",
		Summary:     "Revoke a token",
		Description: "Takes a token of an organization group. Holds at once on the node that answers and within a second on the others.",
		Tags:        []string{authTag},
	}, wire.JSONErrors(http.StatusForbidden, http.StatusNotFound), s.deleteToken)
}

func (s *server) listTokens(r *wire.Request, in *struct {
	wire.OrganizationSelector
	wire.PageQuery
},
) (*TokensAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	found, cursor, err := wire.ReadPage(in.PageQuery, func(t hub.Token) string { return t.ID }, func(after string, limit int) ([]hub.Token, error) {
		return s.Store.Tokens(r, organization, after, limit)
	})
	out := &TokensAnswer{}
	out.Body.Data, out.Body.Cursor = wire.Each(found, showToken), cursor
	return out, err
}

func (s *server) createToken(r *wire.Request, in *struct {
	Body struct {
		TokenName      string `json:"tokenName" minLength:"1" maxLength:"256"`
		OrganizationID string `json:"organizationId"`
	}
},
) (*NewTokenAnswer, error) {
	if r.Token.GroupID == "" {
		return nil, errNeedsGroupToken
	}
	if err := hub.ValidateName("tokenName", in.Body.TokenName); err != nil {
		return nil, err
	}
	if in.Body.OrganizationID == "" {
		return nil, hub.Invalid("organizationId", "is empty", "the id of an organization")
	}
	organization, err := r.Spanned(in.Body.OrganizationID)
	if err != nil {
		return nil, err
	}
	t, text, err := s.Store.CreateToken(r, organization, store.NewToken{Name: in.Body.TokenName, ParentID: r.Token.ID})
	if err != nil {
		return nil, hub.Missing("organization", err)
	}
	out := &NewTokenAnswer{}
	out.Body.Token, out.Body.Text = showToken(t), text
	return out, nil
}

func (s *server) getToken(r *wire.Request, in *wire.IDPath) (*TokenAnswer, error) {
	t, err := wire.AtPath(r, in, tokenKind, func(organization string) (hub.Token, error) { return s.Store.Token(r, organization, in.ID) })
	return &TokenAnswer{showToken(t)}, err
}

func (s *server) deleteToken(r *wire.Request, in *wire.IDPath) (*TokenAnswer, error) {
	if r.Token.GroupID == "" {
		return nil, errNeedsGroupToken
	}
	t, err := wire.AtPath(r, in, tokenKind, func(organization string) (hub.Token, error) {
		t, err := s.Store.RevokeToken(r, organization, in.ID)
		if err == nil {
			s.Forget(hub.Revocation{TokenID: t.ID})
		}
		return t, err
	})
	return &TokenAnswer{showToken(t)}, err
}
