package hub

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// MultimediaEvent is a recording that was made elsewhere, as by a phone system, and is to be fetched.
type MultimediaEvent struct {
	ID             string
	OrganizationID string
	// ExternalID is the sender's own name of it, by which it comes once.
	ExternalID string
	// DownloadURL is where the audio is; empty once it was fetched or given up. Whoever knows it may hear the audio: it may be
	// signed, or have a password.
	DownloadURL string
	FileType    string
	// StartedAt is when it was recorded.
	StartedAt time.Time
	// ExternalUserID and Email name the rep, UserName is what the sender calls them.
	ExternalUserID, Email, UserName string
	// ExternalEventID is the CRM's own id of the appointment it belongs to.
	ExternalEventID string
	Status          MultimediaStatus
	// Reason is a sentence for people: why it was not fetched yet, or why not at all.
	Reason string
	// Revision grows with each repeat that takes the place of what was not fetched.
	Revision int64
	Attempts int64
	// DueAt is when it is tried next; zero for never.
	DueAt       time.Time
	RecordingID string
	CreatedAt   time.Time
}

// MultimediaStatus says how far a multimedia event is.
type MultimediaStatus string

// The statuses.
const (
	MultimediaPending MultimediaStatus = "PENDING"
	MultimediaFetched MultimediaStatus = "FETCHED"
	MultimediaFailed  MultimediaStatus = "FAILED"
)

// MultimediaStatuses are all of them.
func MultimediaStatuses() []MultimediaStatus {
	return []MultimediaStatus{MultimediaPending, MultimediaFetched, MultimediaFailed}
}

// multimediaWaits are the waits between the attempts to fetch one: about a day in all.
var multimediaWaits = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour}

// NextAttempt is how long to wait after so many failed attempts; false where it was tried often enough.
func (*MultimediaEvent) NextAttempt(failed int64) (time.Duration, bool) {
	if failed < 1 || failed > int64(len(multimediaWaits)) {
		return 0, false
	}
	return multimediaWaits[failed-1], true
}

// SaysAs reports whether another event of the same externalId says the same of its recording.
func (e *MultimediaEvent) SaysAs(other *MultimediaEvent) bool {
	return e.DownloadURL == other.DownloadURL && e.FileType == other.FileType && e.StartedAt.Equal(other.StartedAt) &&
		e.ExternalUserID == other.ExternalUserID && e.Email == other.Email && e.ExternalEventID == other.ExternalEventID
}

// Validate reports everything that is wrong with the event, in the spelling of the API and under the field, or nil. Its
// audio must be at a public address, or at one of the targets.
func (e *MultimediaEvent) Validate(field string, targets Targets) error {
	var issues []Issue
	for _, text := range []struct {
		name, value string
		most        int
	}{
		{"externalId", e.ExternalID, 256}, {"externalUserId", e.ExternalUserID, 256}, {"externalEmailAddress", e.Email, 320}, {"externalUserName", e.UserName, 256},
		{"externalEventId", e.ExternalEventID, 256}, {"downloadUrl", e.DownloadURL, 4096},
	} {
		if len(text.value) > text.most {
			issues = append(issues, Issue{SubField(field, text.name), "is too long", fmt.Sprintf("at most %d bytes", text.most)})
		}
	}
	if e.ExternalID == "" {
		issues = append(issues, Issue{SubField(field, "externalId"), "is empty", "the sender's own id of the recording"})
	}
	if e.ExternalUserID == "" && e.Email == "" {
		issues = append(issues, Issue{SubField(field, "externalUserId"), "is empty, and so is externalEmailAddress", "whose recording it is"})
	}
	if !TellableTime(e.StartedAt) {
		issues = append(issues, Issue{SubField(field, "remoteCreatedAt"), "is no time that anything was recorded at", "when it was recorded"})
	}
	if err := ValidateUpload(e.FileType, 1); err != nil {
		issues = append(issues, Issue{SubField(field, "mimeType"), "is " + Quoted(e.FileType), "mp3, aac or wav, or a media type of audio or video, such as audio/mpeg"})
	}
	u, err := url.Parse(e.DownloadURL)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "" || u.Port() != "" && !validPort(u.Port()):
		issues = append(issues, Issue{SubField(field, "downloadUrl"), "is not a URL with a host", "https:// and a host"})
	case !targets.AllowURL(u.Scheme, u.Hostname(), u.Port()):
		issues = append(issues, Issue{SubField(field, "downloadUrl"), "is not at a public address over https://", "a public host, unless the server's operator allows it (serve --allow-private or --allow-targets)"})
	}
	return invalidOrNil(issues)
}

// AudioAnswer reports why what a server answered cannot be audio, or "": pages that ask to sign in come with status 200.
func AudioAnswer(contentType string) string {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch kind = strings.TrimSpace(kind); {
	case strings.HasPrefix(kind, "text/"), kind == "application/json", kind == "application/xml", kind == "application/xhtml+xml":
		return "It answered with " + Quoted(kind) + " and no audio."
	}
	return ""
}
