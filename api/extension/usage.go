package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// Usage is how much of something an organization uses.
type Usage struct {
	Resource string  `json:"resource" enum:"audioBytes,openUploads,records,webhookEndpoints,tokens,requestsPerDay"`
	Used     int64   `json:"used" doc:"How much it uses now; requests are counted only where there is a limit, in blocks of a hundredth of it that each server takes."`
	Limit    *int64  `json:"limit" nullable:"true" doc:"How much it may use; null where nobody set a limit."`
	ResetsAt *string `json:"resetsAt" nullable:"true" doc:"When used begins at 0 again; null where it does not."`
}

// UsageAnswer is what an organization uses.
type UsageAnswer struct {
	Body struct {
		Data []Usage `json:"data" nullable:"false"`
	}
}

func (s *server) registerUsage() {
	wire.Register(s.API, wire.Operation{
		OperationID: "getUsage", Method: http.MethodGet, Path: "/v1/usage", Summary: "See what the organization uses, and its limits",
		Description: "audioBytes are those that were promised a place or have one, until the audio is removed; openUploads the places that wait for audio or for its recording; " +
			"records those that are kept, deleted ones included, until their connection is deleted; tokens those of the organization that are not revoked; " +
			"requestsPerDay those made since 00:00 UTC with the organization's tokens and its users'; a group's token counts for its own organization.\n\n" +
			"What would pass a limit is answered 403, and a request too many 429 with Retry-After. The operator sets limits; without one there is none.",
		Tags: []string{"Organizations"}, Extensions: wire.Extension(),
	}, wire.JSONErrors(), func(r *wire.Request, in *struct{ wire.OrganizationSelector }) (*UsageAnswer, error) {
		organization, err := r.Organization(in.OrganizationSelector)
		if err != nil {
			return nil, err
		}
		all, err := s.Store.Usage(r, organization)
		out := &UsageAnswer{}
		for _, u := range all {
			out.Body.Data = append(out.Body.Data, showUsage(u))
		}
		return out, err
	})
}

func showUsage(u hub.Usage) Usage {
	return Usage{Resource: string(u.Resource), Used: u.Used, Limit: u.Limit, ResetsAt: wire.TimeOrNull(u.ResetsAt)}
}
