// Package spotio connects to SPOTIO. Its data objects, of whatever type the customer made, are leads here; its activities
// are engagements where their template is one for appointments; notes go on leads.
//
// What the vendor's description leaves open, and how it is read here. What a data object's stages and fields mean is
// each customer's own, so the workflow is read with every page, and fields are known by their roles. Lists scroll: a
// scroll has ended where no scrollId comes, or no item; one that is refused, or fails long after it was given, has aged
// and is begun again. Activities cannot be asked for by their change without a filter saved in the customer's account,
// which is not made: an increment reads those that take place around now, and whole readings the others, in slices of
// time that each are a scroll of their own. A partial write of a data object's fields has been seen to wipe the others,
// so none is written.
package spotio

import (
	"context"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	service = "SPOTIO"
	// usersMost is the largest page of users asked for; what the vendor's most is, is not known.
	usersMost = 100
	// maxRequests is about how many requests are made for one page of activities, of which many are no appointments.
	maxRequests = 20
	// noteMost is how many characters the notes of an activity may have.
	noteMost = 512
	// requestTimeout bounds one request: exports take long.
	requestTimeout = time.Minute
)

// Connector is the connector of SPOTIO.
type Connector struct{}

// Info implements connector.Connector. The vendor names no rate; it is asked gently.
func (Connector) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformSpotio,
		Name:     service,
		Models: []hub.ModelInfo{
			{Model: hub.ModelUser},
			{Model: hub.ModelLead, Incremental: true, ReportsDeletes: true},
			{Model: hub.ModelEngagement, Incremental: true, Around: true},
		},
		Credentials: []hub.CredentialField{
			{Name: "clientId", Doc: "The client id of an API key of your SPOTIO account.", Required: true},
			{Name: "secret", Doc: "The secret of that key, which SPOTIO shows once.", Required: true, Secret: true},
			{Name: "baseURL", Doc: "The address of the API; change it for the test environment.", Default: "https://api.spotio2.com"},
		},
		Rate:           hub.Rate{Requests: 10, Per: time.Second},
		RequestTimeout: requestTimeout,
		NoteTargets:    []hub.Model{hub.ModelLead},
		NoteMost:       noteMost,
	}
}

// Fetch implements connector.Connector.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	at, err := connector.ReadPlace(service, q.Next, place{}, func(place) bool { return true })
	if err != nil {
		return connector.Page{}, err
	}
	switch q.Model {
	case hub.ModelUser:
		return fetchUsers(ctx, s, q, at)
	case hub.ModelLead:
		return fetchLeads(ctx, s, q, at)
	default:
		return fetchAppointments(ctx, s, q, at)
	}
}
