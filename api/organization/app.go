package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// OAuthApp is an OAuth app as the contract shows it, without its secret.
type OAuthApp struct {
	AppName        string  `json:"appName"`
	ClientID       string  `json:"clientId"`
	OrganizationID string  `json:"organizationId"`
	Owner          string  `json:"owner" doc:"Whoever the organization says is in charge of the app."`
	Deleted        bool    `json:"deleted"`
	CreatedAt      string  `json:"createdAt" format:"date-time"`
	UpdatedAt      string  `json:"updatedAt" format:"date-time"`
	DeletedAt      *string `json:"deletedAt" format:"date-time"`
}

func showApp(a hub.OAuthApp) OAuthApp {
	return OAuthApp{
		AppName: a.Name, ClientID: a.ClientID, OrganizationID: a.OrganizationID, Owner: a.Owner, Deleted: !a.DeletedAt.IsZero(),
		CreatedAt: hub.WireTime(a.CreatedAt), UpdatedAt: hub.WireTime(a.UpdatedAt), DeletedAt: wire.TimeOrNull(a.DeletedAt),
	}
}

// AppAnswer is one app.
type AppAnswer struct {
	Body struct {
		Data OAuthApp `json:"data"`
		wire.ListingInfo
	}
}

// AppsAnswer is one page of apps.
type AppsAnswer struct {
	Body struct {
		Data []OAuthApp `json:"data"`
		wire.ListingInfo
	}
}

// NewAppAnswer is an app just made, with its secret.
type NewAppAnswer struct {
	Body struct {
		AppName      string `json:"appName"`
		ClientID     string `json:"clientID"`
		ClientSecret string `json:"clientSecret" secret:"empty" doc:"The secret itself, in the first answer alone: one that is given again has an empty text here."`
	}
}

// DeletedAppAnswer names an app that was deleted.
type DeletedAppAnswer struct {
	Body struct {
		ClientID string `json:"clientId"`
	}
}

// AppPath names an app.
type AppPath struct {
	wire.OrganizationSelector
	ClientID string `path:"clientId"`
}

const (
	appsPath = "/v1/core/oauth/apps"
	appPath  = appsPath + "/{clientId}"
	oauthTag = "OAuth"
	appKind  = "OAuth app"
)

func (s *server) registerApps() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listOAuthApps", Method: http.MethodGet, Path: appsPath,
		Summary: "List the OAuth apps of an owner", Description: "Deleted ones are listed too.", Tags: []string{oauthTag},
	}, wire.ZodErrors(), s.listApps)
	wire.Register(s.API, wire.Operation{
		OperationID: "createOAuthApp", Method: http.MethodPost, Path: appsPath, DefaultStatus: http.StatusCreated,
		Summary: "Create an OAuth app", Tags: []string{oauthTag},
	}, wire.ZodErrors().Unpublished(), s.createApp)
	wire.Register(s.API, wire.Operation{
		OperationID: "getOAuthApp", Method: http.MethodGet, Path: appPath,
		Summary: "Get an OAuth app", Tags: []string{oauthTag},
	}, wire.ZodErrors(), s.getApp)
	wire.Register(s.API, wire.Operation{
		OperationID: "deleteOAuthApp", Method: http.MethodDelete, Path: appPath,
		Summary: "Delete an OAuth app", Tags: []string{oauthTag},
		Description: "Its access tokens are revoked with it, at once on the node that answers and within a second on the others.",
	}, wire.ZodErrors().Unpublished(), s.deleteApp)
}

func (s *server) listApps(r *wire.Request, in *struct {
	Of    string `query:"organizationId" required:"true" minLength:"1"`
	Owner string `query:"owner" required:"true" minLength:"1"`
	wire.ListingQuery
},
) (*AppsAnswer, error) {
	l, err := in.Listing()
	if err != nil {
		return nil, err
	}
	organization, err := r.Spanned(in.Of)
	if err != nil {
		return nil, err
	}
	found, total, err := s.Store.Apps(r, organization, in.Owner, l)
	if err != nil {
		return nil, err
	}
	out := &AppsAnswer{}
	found, out.Body.ListingInfo = wire.CutListing(in.ListingQuery, found, total, func(a hub.OAuthApp) store.ListPlace {
		return store.ListPlace{At: in.Sorted(a.CreatedAt, a.UpdatedAt), ID: a.ClientID}
	})
	out.Body.Data = wire.Each(found, showApp)
	return out, nil
}

func (s *server) createApp(r *wire.Request, in *struct {
	Body struct {
		AppName        string `json:"appName" minLength:"1" maxLength:"256"`
		Owner          string `json:"owner" minLength:"1" maxLength:"256"`
		OrganizationID string `json:"organizationId" minLength:"1"`
	}
},
) (*NewAppAnswer, error) {
	organization, err := r.Named(in.Body.OrganizationID)
	if err != nil {
		return nil, err
	}
	a, secret, err := s.Store.CreateApp(r, organization, in.Body.AppName, in.Body.Owner)
	if err != nil {
		return nil, err
	}
	out := &NewAppAnswer{}
	out.Body.AppName, out.Body.ClientID, out.Body.ClientSecret = a.Name, a.ClientID, secret
	return out, nil
}

// app returns the app that a path names.
func (s *server) app(r *wire.Request, in *AppPath) (hub.OAuthApp, error) {
	return wire.AtPath(r, &wire.IDPath{OrganizationSelector: in.OrganizationSelector, ID: in.ClientID}, appKind, func(organization string) (hub.OAuthApp, error) {
		return s.Store.App(r, organization, in.ClientID)
	})
}

func (s *server) getApp(r *wire.Request, in *AppPath) (*AppAnswer, error) {
	a, err := s.app(r, in)
	if err != nil {
		return nil, err
	}
	out := &AppAnswer{}
	out.Body.Data = showApp(a)
	return out, nil
}

func (s *server) deleteApp(r *wire.Request, in *AppPath) (*DeletedAppAnswer, error) {
	a, err := s.app(r, in)
	if err != nil {
		return nil, err
	}
	if _, err := s.Store.DeleteApp(r, a.OrganizationID, a.ClientID); err != nil {
		return nil, hub.Missing(appKind, err)
	}
	out := &DeletedAppAnswer{}
	out.Body.ClientID = a.ClientID
	return out, nil
}
