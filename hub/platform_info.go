package hub

import (
	"slices"
	"strings"
	"time"
)

// PlatformInfo describes how the hub works with a platform: what can be read from it and written to it, and which
// credentials a connection to it needs. A form for credentials can be made from it alone.
type PlatformInfo struct {
	Platform Platform
	// Name is what people call the vendor; the text of every error begins with it.
	Name string
	// Models are those that are read, each after those it refers to.
	Models []ModelInfo
	// Credentials are the fields of PUT .../credentials.
	Credentials []CredentialField
	// Rate is how often the vendor allows a request, per connection.
	Rate Rate
	// Failures is how many failed answers (of a status of 400 or more, 429 excepted) the vendor gives to one address, over
	// all connections, before it blocks it; zero where it does not.
	Failures Rate
	// Serial says that the vendor is asked one request at a time for an account: a second one waits for the answer to the
	// first, on each node.
	Serial bool
	// RequestTimeout bounds one request; zero means 30 seconds.
	RequestTimeout time.Duration
	// LookBack is how long after its modified time the vendor may still come to show a record; zero means 10 minutes.
	LookBack time.Duration
	// NoteTargets are the models a note can be put on.
	NoteTargets []Model
	// NoteMost is how many characters a note may have; zero where the vendor names no bound.
	NoteMost int
	// NotesReadBack says that the vendor's answer to a note proves nothing, so that one counts as written only once it was
	// found.
	NotesReadBack bool
	// NoteLag is how long a note that was taken may still be missing from the lists of the record's notes; zero means 15
	// minutes.
	NoteLag time.Duration
	// FieldTargets are the models whose fields can be set.
	FieldTargets []Model
	// Mapping says what a connection's mapping can have; nil where the platform's objects are the same for everybody.
	Mapping *MappingInfo
}

// ModelInfo says how one model of a platform can be read.
type ModelInfo struct {
	Model Model
	// Durable says that the place where one run ended can start the next run (an export feed). Without it a run starts
	// from a modified time.
	Durable bool
	// Incremental says that only what was modified since a time can be asked for. Without it every run is a whole
	// enumeration.
	Incremental bool
	// Around says that an increment brings what takes place around now, whether or not it changed, as the vendor cannot be
	// asked for changes. What takes place earlier or later comes with the whole readings.
	Around bool
	// ReportsDeletes says that the vendor tells of deleted records. Without it they are found by a complete enumeration.
	ReportsDeletes bool
	// Also are the models whose records come inside this model's pages (the users of an engagement), always all of a
	// record's: those that were there before and no longer are count as deleted.
	Also []Model
	// Right is what the credentials must allow for the model to be read, in the vendor's own word for it; empty where it
	// has none.
	Right string
}

// Brings reports whether the records of a model come in this model's pages.
func (m ModelInfo) Brings(model Model) bool {
	return m.Model == model || slices.Contains(m.Also, model)
}

// CredentialField describes one credential or setting of a connection.
type CredentialField struct {
	Name string
	// Doc is one sentence for people.
	Doc      string
	Required bool
	// Secret values never leave the hub again; the others are settings.
	Secret bool
	// Default is used when an optional field is left out.
	Default string
	// Lines says that the value may have several, as a key has.
	Lines bool
	// Zone says that the value is the IANA name of a time zone.
	Zone bool
	// Words are the only values that it takes; empty for any.
	Words []string
	// Account says that the account of the connection stands in for a value that is left out.
	Account bool
	// Unless is the field that stands in for this one, empty for none; Missing says what is wanted where both are left out.
	Unless, Missing string
	// APIAlone says that forms leave it out: it says again, for the API's clients, what other fields say.
	APIAlone bool
}

// IsAddress reports whether the value is the address of something that requests are sent to.
func (f CredentialField) IsAddress() bool { return strings.HasSuffix(f.Name, "URL") }

// Rate is a request rate: Requests in each Per. The zero Rate is no limit.
type Rate struct {
	Requests int
	Per      time.Duration
}
