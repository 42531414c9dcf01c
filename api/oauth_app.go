package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

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
		CreatedAt: hub.WireTime(a.CreatedAt), UpdatedAt: hub.WireTime(a.UpdatedAt), DeletedAt: optionalTime(a.DeletedAt),
	}
}

// AppAnswer is one app.
type AppAnswer struct {
	Body struct {
		Data OAuthApp `json:"data"`
		ListingInfo
	}
}

// AppsAnswer is one page of apps.
type AppsAnswer struct {
	Body struct {
		Data []OAuthApp `json:"data"`
		ListingInfo
	}
}

// NewAppAnswer is an app just made, with its secret.
type NewAppAnswer struct {
	Body struct {
		AppName      string `json:"appName"`
		ClientID     string `json:"clientID"`
		ClientSecret string `json:"clientSecret" doc:"The secret itself, shown only here."`
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
	OrganizationSelector
	ClientID string `path:"clientId"`
}

const (
	appsPath = "/v1/core/oauth/apps"
	appPath  = appsPath + "/{clientId}"
	oauthTag = "OAuth"
	appKind  = "OAuth app"
)

func (s *server) registerApps() {
	register(s, huma.Operation{
		OperationID: "listOAuthApps", Method: http.MethodGet, Path: appsPath,
		Summary: "List the OAuth apps of an owner", Description: "Deleted ones are listed too.", Tags: []string{oauthTag},
	}, zodErrors(), s.listApps)
	register(s, huma.Operation{
		OperationID: "createOAuthApp", Method: http.MethodPost, Path: appsPath, DefaultStatus: http.StatusCreated,
		Summary: "Create an OAuth app", Tags: []string{oauthTag},
	}, zodErrors().unpublished(), s.createApp)
	register(s, huma.Operation{
		OperationID: "getOAuthApp", Method: http.MethodGet, Path: appPath,
		Summary: "Get an OAuth app", Tags: []string{oauthTag},
	}, zodErrors(), s.getApp)
	register(s, huma.Operation{
		OperationID: "deleteOAuthApp", Method: http.MethodDelete, Path: appPath,
		Summary: "Delete an OAuth app", Tags: []string{oauthTag},
		Description: "Its access tokens are revoked with it, at once on the node that answers and within a second on the others.",
	}, zodErrors().unpublished(), s.deleteApp)
}

func (s *server) listApps(r *request, in *struct {
	Of    string `query:"organizationId" required:"true" minLength:"1"`
	Owner string `query:"owner" required:"true" minLength:"1"`
	ListingQuery
},
) (*AppsAnswer, error) {
	organization, err := s.spanned(r, in.Of)
	if err != nil {
		return nil, err
	}
	l, err := in.listing()
	if err != nil {
		return nil, err
	}
	found, total, err := s.Store.Apps(r, organization, in.Owner, l)
	if err != nil {
		return nil, err
	}
	out := &AppsAnswer{}
	found, out.Body.ListingInfo = cutListing(in.ListingQuery, found, total, func(a hub.OAuthApp) store.ListPlace {
		return store.ListPlace{At: in.sorted(a.CreatedAt, a.UpdatedAt), ID: a.ClientID}
	})
	out.Body.Data = showEach(found, showApp)
	return out, nil
}

func (s *server) createApp(r *request, in *struct {
	Body struct {
		AppName        string `json:"appName" minLength:"1" maxLength:"256"`
		Owner          string `json:"owner" minLength:"1" maxLength:"256"`
		OrganizationID string `json:"organizationId" minLength:"1"`
	}
},
) (*NewAppAnswer, error) {
	organization, err := s.named(r, in.Body.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := hub.ValidateOAuthApp(in.Body.AppName, in.Body.Owner); err != nil {
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
func (s *server) app(r *request, in *AppPath) (hub.OAuthApp, error) {
	return atPath(s, r, &IDPath{in.OrganizationSelector, in.ClientID}, appKind, func(organization string) (hub.OAuthApp, error) {
		return s.Store.App(r, organization, in.ClientID)
	})
}

func (s *server) getApp(r *request, in *AppPath) (*AppAnswer, error) {
	a, err := s.app(r, in)
	if err != nil {
		return nil, err
	}
	out := &AppAnswer{}
	out.Body.Data = showApp(a)
	return out, nil
}

func (s *server) deleteApp(r *request, in *AppPath) (*DeletedAppAnswer, error) {
	a, err := s.app(r, in)
	if err != nil {
		return nil, err
	}
	if _, err := s.Store.DeleteApp(r, a.OrganizationID, a.ClientID); err != nil {
		return nil, missing(appKind, err)
	}
	s.callers.forget(func(k knownCaller) bool { return k.user.ClientID == a.ClientID })
	out := &DeletedAppAnswer{}
	out.Body.ClientID = a.ClientID
	return out, nil
}
