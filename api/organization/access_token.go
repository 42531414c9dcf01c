package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// AccessToken is a user's access token as the contract shows it, without its text.
type AccessToken struct {
	AccessTokenID string  `json:"accessTokenId"`
	OAuthAppID    string  `json:"oAuthAppId"`
	UserID        string  `json:"userId"`
	Audience      string  `json:"audience" doc:"The organization that the token is for."`
	Subject       string  `json:"subject" doc:"The user that the token is of."`
	Scope         string  `json:"scope" enum:"read,write"`
	ExpiresAt     string  `json:"expiresAt" format:"date-time" doc:"16 hours after it was made."`
	CreatedAt     string  `json:"createdAt" format:"date-time"`
	UpdatedAt     string  `json:"updatedAt" format:"date-time"`
	RevokedAt     *string `json:"revokedAt" format:"date-time"`
}

func showAccessToken(t hub.AccessToken) AccessToken {
	return AccessToken{
		AccessTokenID: t.ID, OAuthAppID: t.ClientID, UserID: t.UserID, Audience: t.OrganizationID, Subject: t.UserID, Scope: string(t.Scope),
		ExpiresAt: hub.WireTime(t.ExpiresAt), CreatedAt: hub.WireTime(t.CreatedAt), UpdatedAt: hub.WireTime(t.UpdatedAt), RevokedAt: wire.TimeOrNull(t.RevokedAt),
	}
}

// AccessTokenAnswer is one access token.
type AccessTokenAnswer struct {
	Body struct {
		Data AccessToken `json:"data"`
		wire.ListingInfo
	}
}

// AccessTokensAnswer is one page of access tokens.
type AccessTokensAnswer struct {
	Body struct {
		Data []AccessToken `json:"data"`
		wire.ListingInfo
	}
}

// NewAccessTokenAnswer is an access token just made, with its text.
type NewAccessTokenAnswer struct {
	Body struct {
		AccessTokenID string `json:"accessTokenId"`
		AccessToken   string `json:"accessToken" secret:"empty" doc:"The token itself, in the first answer alone: one that is given again has an empty text here."`
	}
}

// RevokedTokenAnswer names an access token that was revoked.
type RevokedTokenAnswer struct {
	Body struct {
		TokenID string `json:"tokenId"`
	}
}

// AccessTokenPath names an access token.
type AccessTokenPath struct {
	AppPath
	TokenID string `path:"tokenId"`
}

var errNoAccessToken = hub.NoSuch("access token")

func (s *server) registerAccessTokens() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listAccessTokens", Method: http.MethodGet, Path: appPath + "/access-token",
		Summary: "List the access tokens of an OAuth app", Description: "Revoked and expired ones are listed too.", Tags: []string{oauthTag},
	}, wire.ZodErrors(), s.listAccessTokens)
	wire.Register(s.API, wire.Operation{
		OperationID: "createAccessToken", Method: http.MethodPost, Path: appPath + "/access-token", DefaultStatus: http.StatusCreated,
		Summary: "Create an access token", Description: "It lets the app act as the user on the user surface for 16 hours; `write` includes `read`.", Tags: []string{oauthTag},
	}, wire.ZodErrors().Unpublished(), s.createAccessToken)
	wire.Register(s.API, wire.Operation{
		OperationID: "getAccessToken", Method: http.MethodGet, Path: appPath + "/access-token/{tokenId}",
		Summary: "Get an access token", Tags: []string{oauthTag},
	}, wire.ZodErrors(), s.getAccessToken)
	wire.Register(s.API, wire.Operation{
		OperationID: "revokeAccessToken", Method: http.MethodDelete, Path: appPath + "/access-token/{tokenId}",
		Summary: "Revoke an access token", Description: "Holds at once on the node that answers and within a second on the others.", Tags: []string{oauthTag},
	}, wire.ZodErrors().Unpublished(), s.revokeAccessToken)
}

func (s *server) listAccessTokens(r *wire.Request, in *struct {
	AppPath
	Owner string `query:"owner" required:"true" minLength:"1" doc:"The owner of the app, for all tokens of it; any other user, for those that act as that user."`
	wire.ListingQuery
},
) (*AccessTokensAnswer, error) {
	a, err := s.app(r, &in.AppPath)
	if err != nil {
		return nil, err
	}
	of := in.Owner
	if of == a.Owner {
		of = ""
	}
	l, err := in.Listing()
	if err != nil {
		return nil, err
	}
	found, total, err := s.Store.AccessTokens(r, a.OrganizationID, a.ClientID, of, l)
	if err != nil {
		return nil, err
	}
	out := &AccessTokensAnswer{}
	found, out.Body.ListingInfo = wire.CutListing(in.ListingQuery, found, total, func(t hub.AccessToken) store.ListPlace {
		return store.ListPlace{At: in.Sorted(t.CreatedAt, t.UpdatedAt), ID: t.ID}
	})
	out.Body.Data = wire.Each(found, showAccessToken)
	return out, nil
}

func (s *server) createAccessToken(r *wire.Request, in *struct {
	AppPath
	Body struct {
		ClientSecret string `json:"clientSecret"`
		UserID       string `json:"userId"`
		Scope        string `json:"scope" enum:"read,write"`
	}
},
) (*NewAccessTokenAnswer, error) {
	a, err := s.app(r, &in.AppPath)
	if err != nil {
		return nil, err
	}
	t, text, err := s.Store.CreateAccessToken(r, a.OrganizationID, a.ClientID, in.Body.ClientSecret, in.Body.UserID, hub.Scope(in.Body.Scope))
	if err != nil {
		return nil, hub.Missing(appKind, err)
	}
	out := &NewAccessTokenAnswer{}
	out.Body.AccessTokenID, out.Body.AccessToken = t.ID, text
	return out, nil
}

func (s *server) getAccessToken(r *wire.Request, in *AccessTokenPath) (*AccessTokenAnswer, error) {
	a, err := s.app(r, &in.AppPath)
	if err != nil {
		return nil, err
	}
	if !hub.ValidID(in.TokenID) {
		return nil, errNoAccessToken
	}
	t, err := s.Store.AccessToken(r, a.OrganizationID, a.ClientID, in.TokenID)
	if err != nil {
		return nil, hub.Missing("access token", err)
	}
	out := &AccessTokenAnswer{}
	out.Body.Data = showAccessToken(t)
	return out, nil
}

func (s *server) revokeAccessToken(r *wire.Request, in *struct {
	AccessTokenPath
	Body struct {
		ClientSecret string `json:"clientSecret"`
		UserID       string `json:"userId"`
	}
},
) (*RevokedTokenAnswer, error) {
	a, err := s.app(r, &in.AppPath)
	if err != nil {
		return nil, err
	}
	if !hub.ValidID(in.TokenID) {
		return nil, errNoAccessToken
	}
	t, err := s.Store.RevokeAccessToken(r, a.OrganizationID, a.ClientID, in.Body.ClientSecret, in.Body.UserID, in.TokenID)
	if err != nil {
		return nil, hub.Missing("access token", err)
	}
	out := &RevokedTokenAnswer{}
	out.Body.TokenID = t.ID
	return out, nil
}
