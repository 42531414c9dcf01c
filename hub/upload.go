package hub

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"
)

// NewRecording is a recording to be made of audio that was uploaded.
type NewRecording struct {
	// By is who makes it.
	By Viewer
	// Blob is the audio's key, FileType its type as the uploader repeats it, in any spelling that MediaType knows.
	Blob, FileType string
	// One of UserID, UserEmail and UserPhone names who recorded it.
	UserID, UserEmail, UserPhone string
	Title                        string
	ConversationType             string
	// StartedAt is when the conversation began; now when zero.
	StartedAt time.Time
	// Latitude and Longitude are where, in degrees; nil where that is not known.
	Latitude, Longitude       *float64
	Discoverable              bool
	ContactName, ContactPhone string
	Result                    RecordingResult
	// ConnectionID is the connection of the Objects, Trigger what began the recording; empty where that is not known.
	ConnectionID, Trigger string
	Objects               []RecordRef
	// Unlinked is why it stays unlinked though its uploader named a record; empty where nothing speaks against a link.
	Unlinked string
}

// Hash is that of all that was sent, and of who sent it: the same again, within one audio, is a repeat.
func (n *NewRecording) Hash() string {
	sent := *n
	sent.By, sent.FileType, sent.StartedAt = Viewer{UserID: n.By.UserID}, MediaType(n.FileType), n.StartedAt.UTC()
	text, err := json.Marshal(sent) //nolint:musttag // nobody reads it: it only must not change
	if err != nil {
		panic(err) // it is texts, numbers and times
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Upload is audio that was promised a place.
type Upload struct {
	OrganizationID string
	Blob           string
	FileType       string
	Size           int64
	// StoredAt is when the audio came; zero before.
	StoredAt time.Time
	// ExpiresAt is when audio that no recording has taken over is removed.
	ExpiresAt time.Time
	CreatedAt time.Time
}

// UploadLife is how long a signed URL holds, UploadKept how long uploaded audio waits for its recording.
const (
	UploadLife = time.Hour
	UploadKept = 24 * time.Hour
)

// AudioMost is how many bytes a recording's audio may have.
const AudioMost = 4 << 30

// specific orders models from what says most of a conversation to what says least.
var specific = []Model{ModelEngagement, ModelOpportunity, ModelLead, ModelContact, ModelAccount}

// MostSpecific splits the records that a recording is about into the one that says most and the others.
func MostSpecific(refs []RecordRef) (main RecordRef, also []RecordRef) {
	if len(refs) == 0 {
		return RecordRef{}, nil
	}
	refs = slices.Clone(refs)
	slices.SortStableFunc(refs, func(a, b RecordRef) int {
		return cmp.Compare(slices.Index(specific, a.Model), slices.Index(specific, b.Model))
	})
	return refs[0], refs[1:]
}

// fileTypes are the contract's words for what the audio is, by media type.
var fileTypes = map[string]string{"mp3": "audio/mpeg", "aac": "audio/aac", "wav": "audio/wav"}

// MediaType is what a client calls the audio's type as a media type: one of the contract's words, or a media type itself.
func MediaType(fileType string) string {
	if known, ok := fileTypes[strings.ToLower(fileType)]; ok {
		return known
	}
	return fileType
}

// ValidateUpload reports what is wrong with audio that is to be put, or nil.
func ValidateUpload(fileType string, size int64) error {
	kind, _, err := mime.ParseMediaType(fileType)
	if err != nil || !strings.HasPrefix(kind, "audio/") && !strings.HasPrefix(kind, "video/") {
		return Invalid("fileType", "is "+Quoted(fileType), "mp3, aac or wav, or a media type of audio or video, such as audio/mpeg")
	}
	if size > AudioMost {
		return Invalid("fileSize", fmt.Sprintf("is %d", size), fmt.Sprintf("at most %d bytes", int64(AudioMost)))
	}
	return nil
}

// Validate reports what is wrong with the recording itself, or nil.
func (n *NewRecording) Validate() error {
	if !n.StartedAt.IsZero() && !TellableTime(n.StartedAt) {
		return Invalid("dateCreated", "is no time that anything was recorded at", "when the conversation began")
	}
	if (n.Latitude == nil) != (n.Longitude == nil) {
		return Invalid("longitude", "counts only together with latitude", "both or none")
	}
	return nil
}
