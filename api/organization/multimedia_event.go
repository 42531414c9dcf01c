package organization

import (
	"fmt"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// SentMultimediaEvent is a recording that was made elsewhere, as the contract has it.
type SentMultimediaEvent struct {
	_               struct{} `json:"-" additionalProperties:"false"`
	DownloadURL     string   `json:"downloadUrl" doc:"Where the audio is fetched from, over https://; it may be signed for a time."`
	RemoteCreatedAt string   `json:"remoteCreatedAt" doc:"When it was recorded."`
	ExternalUserID  string   `json:"externalUserId" doc:"Whose it is: the externalId of a user, or the id of a CRM user who is matched to one."`
	UserName        string   `json:"externalUserName,omitempty"`
	EmailAddress    string   `json:"externalEmailAddress" doc:"Whose it is, where externalUserId tells nobody."`
	ExternalID      string   `json:"externalId" doc:"The sender's own id: the same one comes once. A repeat takes the place of one that was not fetched yet."`
	OrganizationID  string   `json:"organizationId"`
	MimeType        string   `json:"mimeType" doc:"A media type of audio or video."`
	ExternalEventID string   `json:"externalEventId" doc:"The CRM's own id of the appointment that it is linked to, where exactly one connection has it."`
}

// MultimediaAnswer says that events were taken in.
type MultimediaAnswer struct {
	Body struct {
		Data wire.Anything `json:"data" required:"false" doc:"Always null: the audio is fetched afterwards."`
	}
}

func (s *server) registerMultimediaEvents() {
	operation := func(id, path, summary string) wire.Operation {
		return wire.Operation{
			OperationID: id, Method: http.MethodPut, Path: "/v1/integrations" + path, DefaultStatus: http.StatusCreated, Summary: summary, Tags: []string{"Multimedia events"},
			Description: "The audio is fetched in the background, under the same rules of addresses as all requests, and becomes a recording of the rep. What fails is tried again for about a day; GET /v1/integrations/multimedia-events tells of it.",
		}
	}
	wire.Register(s.API, operation("putMultimediaEvent", "/multimedia-events", "Bring in a recording that was made elsewhere"), notFound,
		func(r *wire.Request, in *struct{ Body SentMultimediaEvent }) (*MultimediaAnswer, error) {
			return s.putMultimediaEvents(r, []SentMultimediaEvent{in.Body}, func(int) string { return "" })
		})
	wire.Register(s.API, operation("putMultimediaEvents", "/batch/multimedia-events", "Bring in recordings that were made elsewhere, all or none; one that comes twice, and says the same, comes once"), notFound,
		func(r *wire.Request, in *struct {
			Body []SentMultimediaEvent `nullable:"false"`
		},
		) (*MultimediaAnswer, error) {
			return s.putMultimediaEvents(r, in.Body, func(i int) string { return fmt.Sprintf("[%d]", i) })
		})
}

func (s *server) putMultimediaEvents(r *wire.Request, sent []SentMultimediaEvent, field func(int) string) (*MultimediaAnswer, error) {
	var wrong patches
	byOrganization := map[string][]hub.MultimediaEvent{}
	named := map[string]string{}
	events, places := make([]hub.MultimediaEvent, len(sent)), map[string]int{} // by externalId: where it came first
	for i := range sent {
		in := &sent[i]
		organization, known := named[in.OrganizationID]
		if !known {
			var err error
			if organization, err = r.Named(in.OrganizationID); err != nil {
				return nil, err
			}
			named[in.OrganizationID] = organization
		}
		at, ok := hub.ReadTimeOrDate(in.RemoteCreatedAt)
		if !ok {
			wrong.wrong(hub.SubField(field(i), "remoteCreatedAt"), "is "+hub.Quoted(in.RemoteCreatedAt), hub.WantTimeOrDate)
			continue
		}
		e := hub.MultimediaEvent{
			OrganizationID: organization, ExternalID: in.ExternalID, DownloadURL: in.DownloadURL, FileType: hub.MediaType(in.MimeType), StartedAt: at,
			ExternalUserID: in.ExternalUserID, Email: in.EmailAddress, UserName: in.UserName, ExternalEventID: in.ExternalEventID,
		}
		wrong.check(e.Validate(field(i), s.Targets))
		if before, twice := places[e.ExternalID]; twice { // two recordings of one name would become one
			if !events[before].SaysAs(&e) {
				wrong.wrong(hub.SubField(field(i), "externalId"), "is that of "+field(before)+", which is another recording", "an id of its own for each recording")
			}
			continue
		}
		places[e.ExternalID] = i
		events[i] = e
		byOrganization[organization] = append(byOrganization[organization], e)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if len(byOrganization) > 1 {
		return nil, hub.Invalid("organizationId", "differs within one batch", "the same organization in all of it")
	}
	for organization, events := range byOrganization {
		if err := s.Store.PutMultimediaEvents(r, organization, events); err != nil {
			return nil, err
		}
	}
	return &MultimediaAnswer{}, nil
}
