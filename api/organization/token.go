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
		Text string `json:"token" secret:"empty" doc:"The token itself, in the first answer alone: one that is given again has an empty text here."`
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

func (s *server) registerTokens() {
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
	if err := meantOrganization(r, in.OrganizationSelector); err != nil {
		return nil, err
	}
	out := &TokensAnswer{}
	var err error
	out.Body.Data, out.Body.Cursor, err = wire.List(r, in.OrganizationSelector, in.PageQuery, func(t hub.Token) string { return t.ID }, showToken, func(organization, after string, limit int) ([]hub.Token, error) {
		return s.Store.Tokens(r, organization, after, limit)
	})
	return out, err
}

// meantOrganization refuses a group token that does not say which organization's tokens are meant.
func meantOrganization(r *wire.Request, sel wire.OrganizationSelector) error {
	if r.Token.GroupID != "" && sel.Organization == "" {
		return hub.Invalid("organizationId", "is missing, and the token is of an organization group", "the id of the organization whose tokens are meant")
	}
	return nil
}

func (s *server) createToken(r *wire.Request, in *struct {
	Body struct {
		TokenName      string `json:"tokenName" minLength:"1" maxLength:"256"`
		OrganizationID string `json:"organizationId"`
	}
},
) (*NewTokenAnswer, error) {
	if err := r.Token.MayManageTokens(); err != nil {
		return nil, err
	}
	organization, err := r.Named(in.Body.OrganizationID)
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
	if err := meantOrganization(r, in.OrganizationSelector); err != nil {
		return nil, err
	}
	t, err := wire.AtPath(r, in, tokenKind, func(organization string) (hub.Token, error) { return s.Store.Token(r, organization, in.ID) })
	return &TokenAnswer{showToken(t)}, err
}

func (s *server) deleteToken(r *wire.Request, in *wire.IDPath) (*TokenAnswer, error) {
	if err := r.Token.MayManageTokens(); err != nil {
		return nil, err
	}
	if err := meantOrganization(r, in.OrganizationSelector); err != nil {
		return nil, err
	}
	t, err := wire.AtPath(r, in, tokenKind, func(organization string) (hub.Token, error) { return s.Store.RevokeToken(r, organization, in.ID) })
	return &TokenAnswer{showToken(t)}, err
}
