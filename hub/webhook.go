package hub

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EventType names what subscribers are told of.
type EventType string

// The events of the contract.
const (
	EventRecordingProcessed EventType = "integrations.recordingProcessed"
	EventRecordingLinked    EventType = "integrations.recordingLinked"
)

// EventTypes are all that there are.
func EventTypes() []EventType { return []EventType{EventRecordingProcessed, EventRecordingLinked} }

// Event is one thing that happened, with the payload that every endpoint gets.
type Event struct {
	ID             string
	OrganizationID string
	Type           EventType
	RecordingID    string
	// Payload is the JSON as it was when it happened.
	Payload   string
	CreatedAt time.Time
}

// RecordingEvent is the payload of an event. The JSON names are those of the published contract.
type RecordingEvent struct {
	RecordingID        string    `json:"recordingId"`
	SiroUserID         string    `json:"siroUserId,omitempty"`
	RecordingProcessed bool      `json:"recordingProcessed"`
	RecordingLinked    bool      `json:"recordingLinked"`
	EventType          EventType `json:"eventType"`
	CRM                *EventCRM `json:"crm,omitempty"`
	// OccurredAt is when it happened, Sequence its number among the events of the recording. Both are ours.
	OccurredAt string `json:"occurredAt,omitempty" extension:"true" doc:"When it happened."`
	Sequence   int64  `json:"sequence,omitempty" extension:"true" doc:"Its number among the events of the recording: the highest says how it is now."`
}

// EventCRM is what a linked recording has to do with in the CRM, as events tell it.
type EventCRM struct {
	IntegrationConnectionID string        `json:"integrationConnectionId"`
	Users                   []CRMIdentity `json:"users" required:"false"`
	Engagement              *CRMIdentity  `json:"engagement,omitempty"`
	Opportunity             *CRMIdentity  `json:"opportunity,omitempty"`
	Contacts                []CRMIdentity `json:"contacts" required:"false"`
	Account                 *CRMIdentity  `json:"account,omitempty"`
	Lead                    *CRMIdentity  `json:"lead,omitempty"`
}

// NewRecordingEvent is what subscribers are told of the recording as it is now; crm is nil where it is not linked.
func NewRecordingEvent(t EventType, r Recording, crm *LinkedCRM) RecordingEvent {
	e := RecordingEvent{
		RecordingID: r.ID, SiroUserID: r.UserID, RecordingProcessed: r.Processed(), RecordingLinked: r.Linked(), EventType: t,
	}
	if crm != nil {
		e.CRM = &EventCRM{
			IntegrationConnectionID: crm.ConnectionID, Users: append([]CRMIdentity{}, crm.Users...), Engagement: crm.Engagement, Opportunity: crm.Opportunity,
			Contacts: append([]CRMIdentity{}, crm.Contacts...), Account: crm.Account, Lead: crm.Lead,
		}
	}
	return e
}

// WebhookEndpoint is where an organization wants to be told of events.
type WebhookEndpoint struct {
	ID             string
	OrganizationID string
	URL            string
	Description    string
	// EventTypes are those it is told of; empty for all.
	EventTypes []EventType
	// PreviousUntil is how long the secret before the current one still signs, too; zero when there is none.
	PreviousUntil time.Time
	// DisabledAt is zero for an endpoint that is told; DisabledReason says why it is not.
	DisabledAt     time.Time
	DisabledReason string
	// FailingSince is when the first of the failures in a row was; zero when the last attempt succeeded.
	FailingSince time.Time
	// HeldUntil is until when the receiver asked to be left alone; zero where it did not.
	HeldUntil            time.Time
	CreatedAt, UpdatedAt time.Time
}

// DisabledByHand is the DisabledReason of an endpoint that a person disabled.
const DisabledByHand = "It was disabled by hand."

// Wants reports whether the endpoint is told of events of the type.
func (e *WebhookEndpoint) Wants(t EventType) bool {
	return len(e.EventTypes) == 0 || slices.Contains(e.EventTypes, t)
}

// WebhookPatch changes what is not nil of an endpoint.
type WebhookPatch struct {
	URL, Description *string
	EventTypes       *[]EventType
	Disabled         *bool
}

// Validate checks what the patch changes. targets are the addresses that the operator allows.
func (p *WebhookPatch) Validate(targets Targets) error {
	if p.URL != nil {
		if err := validateWebhookURL(*p.URL, targets); err != nil {
			return err
		}
	}
	if p.Description != nil && len(*p.Description) > 4*MaxNameLength {
		return Invalid("description", "is too long", "1024 bytes at most")
	}
	if p.EventTypes != nil {
		for i, t := range *p.EventTypes {
			if err := ValidateEventType(fmt.Sprintf("eventTypes[%d]", i), t); err != nil {
				return err
			}
		}
	}
	return nil
}

// ValidateEventType checks that there are events of the type.
func ValidateEventType(field string, t EventType) error {
	if !slices.Contains(EventTypes(), t) {
		return Invalid(field, fmt.Sprintf("is %.50q, which is not a type of event", string(t)), string(EventRecordingProcessed)+" or "+string(EventRecordingLinked))
	}
	return nil
}

// validateWebhookURL checks that events may be sent to a URL, as far as its text tells: where its host really is shows
// when it is dialled.
func validateWebhookURL(text string, targets Targets) error {
	u, err := url.Parse(text)
	switch {
	case err == nil && u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http":
		return Invalid("url", fmt.Sprintf("begins with %.20s://", u.Scheme), "https://")
	case err != nil || u.Hostname() == "" || u.Opaque != "" || u.Scheme == "":
		return Invalid("url", "is not a URL with a host", "https:// and a host")
	case u.Port() != "" && !validPort(u.Port()):
		return Invalid("url", "has a port that there is not", "one from 1 to 65535")
	case len(text) > 2048:
		return Invalid("url", "is too long", "2048 bytes at most")
	case u.User != nil:
		return Invalid("url", "has a user or a password", "one without: the signature tells who sends")
	case u.Fragment != "":
		return Invalid("url", "has a fragment", "one without #")
	case targets.AllowURL(u.Scheme, u.Hostname(), u.Port()):
		return nil
	case u.Scheme != "https":
		return Invalid("url", "begins with http://", "https://, unless the server's operator allows the host (serve --allow-private or --allow-targets)")
	}
	return Invalid("url", "names an address that is not public", "a public host, unless the server's operator allows it (serve --allow-private or --allow-targets)")
}

func validPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// WithoutQueryValues is a webhook URL as it may be kept where more people read than may know it: tokens stand in queries.
func WithoutQueryValues(text string) string {
	before, query, found := strings.Cut(text, "?")
	if !found {
		return text
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, named := strings.Cut(part, "=")
		if parts[i] = "..."; named {
			parts[i] = name + "=..."
		}
	}
	return before + "?" + strings.Join(parts, "&")
}

// notPublic are the networks, beyond those that netip itself knows, which are nobody's on the public internet. Those
// that carry IPv4 addresses within IPv6 ones are refused as a whole.
var notPublic = func() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}()

// public6 is all that was ever given out of IPv6 to be public: what lies outside is local, special, or carries an IPv4 address.
var public6 = netip.MustParsePrefix("2000::/3")

// PublicAddress reports whether an address is one of the public internet: not this machine, not a private network,
// not a cloud's metadata service.
func PublicAddress(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.Is6() && !public6.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// webhookSecretPrefix is what the secrets of the published receivers begin with.
const webhookSecretPrefix = "whsec_"

// NewWebhookSecret returns a new secret to sign with.
func NewWebhookSecret() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return webhookSecretPrefix + base64.StdEncoding.EncodeToString(random)
}

// SecretOverlap is how long the secret before the current one goes on signing after a rotation.
const SecretOverlap = 24 * time.Hour

// webhookWaits are the waits after each attempt that failed; the one after the last of them is the last attempt.
var webhookWaits = []time.Duration{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 6 * time.Hour, 10 * time.Hour,
}

// WebhookWait is how long to wait after the attempts-th attempt failed; ok is false when that was the last one. Attempts
// are what counts, not time: an event that had to wait for its endpoint to be enabled has all of them still.
func WebhookWait(attempts int) (wait time.Duration, ok bool) {
	if attempts > len(webhookWaits) {
		return 0, false
	}
	return webhookWaits[max(0, attempts-1)], true
}

// WebhookPause is how long an endpoint that has failed since then is left alone between turns: as long as it has failed
// so far, so that those which never answer in time hold ever fewer of the workers, up to webhookPauseMost.
func WebhookPause(since, now time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return min(max(0, now.Sub(since)), webhookPauseMost)
}

const webhookPauseMost = time.Minute

// WebhookHoldMost bounds how long a receiver may ask to be left alone.
const WebhookHoldMost = 24 * time.Hour

// WebhookMinute is what an endpoint was like in one minute.
type WebhookMinute struct {
	Minute             time.Time
	Attempts, Failures int64
	// Took is how long all attempts took together.
	Took time.Duration
	// Latencies are how many attempts took up to each of WebhookLatencies, and at the end those that took longer.
	Latencies [10]int64
}

// WebhookLatencies are the bounds of the histogram of a WebhookMinute.
func WebhookLatencies() []time.Duration {
	return []time.Duration{
		10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2500 * time.Millisecond, 5 * time.Second, 15 * time.Second,
	}
}

// Count adds an attempt.
func (m *WebhookMinute) Count(a Attempt) {
	m.Attempts++
	if a.Error != "" {
		m.Failures++
	}
	m.Took += a.Took
	bounds := WebhookLatencies()
	i := slices.IndexFunc(bounds, func(b time.Duration) bool { return a.Took <= b })
	if i < 0 {
		i = len(bounds)
	}
	m.Latencies[i]++
}

// WebhookPatience is how long an endpoint may fail without a success before it is disabled.
const WebhookPatience = 5 * 24 * time.Hour
