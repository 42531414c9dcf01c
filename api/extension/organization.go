package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// OrganizationSettings is what the published contract has not of an organization.
type OrganizationSettings struct {
	TimeZone    string `json:"timeZone" doc:"The IANA name of where its days begin, as in America/Chicago: an appointment of a whole day is of that day there. UTC where nobody set it."`
	PhoneRegion string `json:"phoneRegion" doc:"Where its telephone numbers are from that do not begin with a country, as in DE. US where nobody set it."`
}

// OrganizationSettingsAnswer is how an organization is set.
type OrganizationSettingsAnswer struct {
	Body OrganizationSettings
}

const organizationKind = "organization"

func (s *server) registerOrganizationSettings() {
	add := func(id, method, summary, description string) wire.Operation {
		return wire.Operation{
			OperationID: id, Method: method, Path: "/v1/core/organizations/{id}/settings", Summary: summary, Description: description,
			Tags: []string{"Organizations"}, Extensions: wire.Extension(),
		}
	}
	wire.Register(s.API, add("getOrganizationSettings", http.MethodGet, "See an organization's time zone and telephone region", ""), wire.JSONErrors(http.StatusNotFound),
		func(r *wire.Request, in *struct {
			ID string `path:"id"`
		},
		) (*OrganizationSettingsAnswer, error) {
			organization, err := r.Spanned(in.ID)
			if err != nil {
				return nil, err
			}
			o, err := s.Store.Organization(r, organization)
			return showOrganizationSettings(o), hub.Missing(organizationKind, err)
		})
	wire.Register(s.API, add("patchOrganizationSettings", http.MethodPatch, "Set an organization's time zone and telephone region",
		"Changes what the body names; an empty text is the default. Recordings of the last 90 days are looked at again."), wire.JSONErrors(http.StatusNotFound), s.patchOrganizationSettings)
}

func (s *server) patchOrganizationSettings(r *wire.Request, in *struct {
	ID   string `path:"id"`
	Body struct {
		TimeZone    *string `json:"timeZone,omitempty" maxLength:"100"`
		PhoneRegion *string `json:"phoneRegion,omitempty" maxLength:"2"`
	}
},
) (*OrganizationSettingsAnswer, error) {
	organization, err := r.Spanned(in.ID)
	if err != nil {
		return nil, err
	}
	o, err := s.Store.UpdateOrganization(r, organization, r.Token.GroupID, hub.OrganizationPatch{TimeZone: in.Body.TimeZone, PhoneRegion: in.Body.PhoneRegion})
	return showOrganizationSettings(o), hub.Missing(organizationKind, err)
}

func showOrganizationSettings(o hub.Organization) *OrganizationSettingsAnswer {
	return &OrganizationSettingsAnswer{Body: OrganizationSettings{TimeZone: o.Details.Zone().String(), PhoneRegion: o.Details.Region()}}
}
