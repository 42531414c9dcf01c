package hub

import (
	"fmt"
	"slices"
	"time"
)

// Resource is something that an organization may have a limit of. The texts are those of storage and of the API.
type Resource string

// The resources.
const (
	// ResourceAudio is the bytes of audio that were promised a place, or have one, until they are removed.
	ResourceAudio Resource = "audioBytes"
	// ResourceUploads is the places for audio that wait for it, or for its recording.
	ResourceUploads Resource = "openUploads"
	// ResourceRecords is the CRM records that are kept, deleted ones included, until their connection's are purged.
	ResourceRecords Resource = "records"
	// ResourceEndpoints is the webhook endpoints.
	ResourceEndpoints Resource = "webhookEndpoints"
	// ResourceTokens is the organization's tokens that are not revoked.
	ResourceTokens Resource = "tokens"
	// ResourceRequests is the requests that were made with the organization's tokens, and its users', since 00:00 UTC.
	ResourceRequests Resource = "requestsPerDay"
)

// Resources are all of them, in the order in which they are shown.
func Resources() []Resource {
	return []Resource{ResourceAudio, ResourceUploads, ResourceRecords, ResourceEndpoints, ResourceTokens, ResourceRequests}
}

// resourceWords say what a number of each resource is of, and what makes room.
var resourceWords = map[Resource][2]string{
	ResourceAudio:     {"bytes of audio", "delete recordings"},
	ResourceUploads:   {"open uploads", "make recordings of those that are there, or wait a day"},
	ResourceRecords:   {"CRM records", "delete a connection that is not needed"},
	ResourceEndpoints: {"webhook endpoints", "delete one"},
	ResourceTokens:    {"tokens", "revoke one"},
	ResourceRequests:  {"requests a day", "wait until 00:00 UTC"},
}

// ValidateLimit reports what is wrong with a limit of a resource, as an *InvalidError, or nil.
func ValidateLimit(of Resource, most int64) error {
	if !slices.Contains(Resources(), of) {
		return Invalid(string(of), "is no resource", "one of those that GET /v1/usage shows")
	}
	if most < 0 {
		return Invalid(string(of), fmt.Sprintf("is %d", most), "a number of at least 0")
	}
	return nil
}

// Usage is how much of a resource an organization uses.
type Usage struct {
	Resource Resource
	Used     int64
	// Limit is how much it may use; nil where nobody set a limit. Requests are counted only where somebody did.
	Limit *int64
	// ResetsAt is when Used begins anew; zero where it does not.
	ResetsAt time.Time
}

// QuotaError says that an organization would use more of a resource than it may.
type QuotaError struct {
	Resource Resource
	Limit    int64
}

func (e *QuotaError) Error() string {
	words := resourceWords[e.Resource]
	return fmt.Sprintf("The organization may have %d %s (%s), and this would be more: %s, or ask the operator for a higher limit.", e.Limit, words[0], e.Resource, words[1])
}

// UsageDay is when the day of t began by which requests are counted, and when the next one does.
func UsageDay(t time.Time) (from, until time.Time) {
	from = t.UTC().Truncate(24 * time.Hour)
	return from, from.Add(24 * time.Hour)
}
