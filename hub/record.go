package hub

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Model names one kind of CRM record. It is the modelName of a connection's syncStatus.
type Model string

// The models Sirocco keeps. The two *_USER models join a CRM user to an opportunity or an engagement.
const (
	ModelUser            Model = "USER"
	ModelAccount         Model = "ACCOUNT"
	ModelContact         Model = "CONTACT"
	ModelLead            Model = "LEAD"
	ModelOpportunity     Model = "OPPORTUNITY"
	ModelOpportunityUser Model = "OPPORTUNITY_USER"
	ModelEngagementType  Model = "ENGAGEMENT_TYPE"
	ModelEngagement      Model = "ENGAGEMENT"
	ModelEngagementUser  Model = "ENGAGEMENT_USER"
)

// Record is one CRM record as its CRM last described it. References to other records are by their
// external id within the same connection, so records may arrive in any order.
type Record struct {
	Model      Model
	ExternalID string
	// ModifiedAt is the CRM's own modified time; zero when it has none.
	ModifiedAt time.Time
	// Deleted says that the CRM itself reports the record as deleted.
	Deleted bool
	// MergedInto is the external id of the record that this one was merged into; empty when it was not.
	MergedInto string

	Name string
	// StartTime and EndTime bound an engagement.
	StartTime, EndTime time.Time

	Refs    Refs
	Details Details

	// Unread is what the credentials do not let be read of it: what is known of that stays.
	Unread Unread `json:"-"`
	// OwnerName is what the CRM calls the owner where it gives no id, and lists nobody of that name any more: who is kept by that name is it.
	OwnerName string `json:"-"`
}

// Unread are parts of a record that may not be read, which is not to say that it has none.
type Unread uint8

// The parts.
const (
	// UnreadReach is how somebody is reached: phones and e-mails.
	UnreadReach Unread = 1 << iota
	// UnreadPlace is where something is: its addresses and coordinates.
	UnreadPlace
	// UnreadSale is what came of something: the amount, the disposition and whose it is.
	UnreadSale
)

// Keep takes what of the record may not be read from what is known of it.
func (r *Record) Keep(known *Record) {
	if r.Unread&UnreadReach != 0 {
		r.Details.Email, r.Details.Emails, r.Details.Phones = known.Details.Email, known.Details.Emails, known.Details.Phones
	}
	if r.Unread&UnreadPlace != 0 {
		r.Details.Addresses, r.Details.Latitude, r.Details.Longitude = known.Details.Addresses, known.Details.Latitude, known.Details.Longitude
	}
	if r.Unread&UnreadSale != 0 {
		r.Refs.Owner = cmp.Or(known.Refs.Owner, r.Refs.Owner)
		if r.Details.Disposition != "LOST" { // which takes no sale to be known
			r.Details.Disposition = cmp.Or(known.Details.Disposition, r.Details.Disposition)
		}
		r.Details.Amount = cmp.Or(known.Details.Amount, r.Details.Amount)
	}
	r.Unread = 0
}

// Refs are a record's references to other records of the same connection, by external id; empty where it has none.
type Refs struct {
	Account        string
	Contact        string
	Lead           string
	Opportunity    string
	Engagement     string
	EngagementType string
	// User is the CRM user a *_USER record joins.
	User string
	// Owner is the CRM user who owns the record.
	Owner string
}

// Details holds what a record has beyond its references and times: one flat set for all models, each
// using its part. A nil pointer or empty slice means that the CRM has no value.
type Details struct {
	FirstName    string    `json:"firstName,omitempty"`
	LastName     string    `json:"lastName,omitempty"`
	Email        string    `json:"email,omitempty"`
	Emails       []string  `json:"emailAddresses,omitempty"`
	Phones       []string  `json:"phoneNumbers,omitempty"`
	Addresses    []Address `json:"addresses,omitempty"`
	Latitude     *float64  `json:"latitude,omitempty"`
	Longitude    *float64  `json:"longitude,omitempty"`
	Amount       *float64  `json:"amount,omitempty"`
	ClosedAt     string    `json:"closedAt,omitempty"`
	Disposition  string    `json:"disposition,omitempty"`
	LastActivity string    `json:"lastActivityAt,omitempty"`
	CreatedAt    string    `json:"remoteCreatedAt,omitempty"`
	UpdatedAt    string    `json:"remoteUpdatedAt,omitempty"`
	Direction    string    `json:"direction,omitempty"`
	Subject      string    `json:"subject,omitempty"`
	Content      string    `json:"content,omitempty"`
	LocalStart   string    `json:"startTimeLocalized,omitempty"`
	ActivityType string    `json:"activityType,omitempty"`
	// RemoteID is the id that the CRM itself has for the record, where the hub reads it through another service whose id is
	// its external id.
	RemoteID string `json:"remoteId,omitempty"`
	// URL is the record's page in the CRM's web app.
	URL         string `json:"url,omitempty"`
	Description string `json:"description,omitempty"`
	// Status is the CRM's own word for how the record stands, Stage that for the stage of an opportunity.
	Status   string   `json:"status,omitempty"`
	Stage    string   `json:"stage,omitempty"`
	Industry string   `json:"industry,omitempty"`
	Website  string   `json:"website,omitempty"`
	Labels   []string `json:"labels,omitempty"`
	// Active says whether the CRM has a user as active, Archived whether it has put the record away.
	Active   *bool `json:"active,omitempty"`
	Archived *bool `json:"archived,omitempty"`
	// OtherContacts are the external ids of the contacts of the record after the first, in the CRM's order.
	OtherContacts []string `json:"otherContacts,omitempty"`
	// AllDay says of an engagement that the CRM has it as an entry of whole days.
	AllDay bool `json:"allDay,omitempty"`
	// ShareOfSale is a fraction from 0 to 1, on OPPORTUNITY_USER only.
	ShareOfSale *float64 `json:"shareOfSale,omitempty"`
}

// Address is a postal address; parts the CRM does not have are empty.
type Address struct {
	Country string `json:"country"`
	Street  string `json:"street"`
	City    string `json:"city"`
	State   string `json:"state"`
	Zip     string `json:"zip"`
}

// Validate reports why the record cannot be kept, as a sentence for the quarantine, or nil.
func (r *Record) Validate() error {
	switch {
	case r.Model == "":
		return Invalid("model", "is empty", "the model of the record")
	case r.ExternalID == "":
		return Invalid("externalId", "is empty", "the CRM's own id of the record")
	case r.MergedInto == r.ExternalID:
		return Invalid("mergedInto", "is the record itself", "another record of the same kind")
	case !r.EndTime.IsZero() && r.EndTime.Before(r.StartTime):
		return Invalid("endTime", "is before startTime", "a time at or after startTime")
	}
	for _, of := range [...]struct{ field, text string }{
		{"externalId", r.ExternalID}, {"mergedInto", r.MergedInto}, {"name", r.Name}, {"accountId", r.Refs.Account}, {"contactId", r.Refs.Contact},
		{"leadId", r.Refs.Lead}, {"opportunityId", r.Refs.Opportunity}, {"engagementId", r.Refs.Engagement}, {"engagementTypeId", r.Refs.EngagementType},
		{"userId", r.Refs.User}, {"ownerId", r.Refs.Owner},
		{"remoteId", r.Details.RemoteID},
		{"email", r.Details.Email}, // CRM users are matched by it; other details are kept as JSON, which escapes
	} {
		if !IsStorable(of.text) {
			return Invalid(of.field, "has a NUL character or is not UTF-8", "text that a database can keep")
		}
	}
	if err := r.validateKeys(); err != nil {
		return err
	}
	for _, of := range [...]struct {
		field string
		n     *float64
	}{{"amount", r.Details.Amount}, {"latitude", r.Details.Latitude}, {"longitude", r.Details.Longitude}, {"shareOfSale", r.Details.ShareOfSale}} {
		if of.n != nil && !IsFinite(*of.n) {
			return Invalid(of.field, fmt.Sprintf("is %v", *of.n), "a finite number")
		}
	}
	if s := r.Details.ShareOfSale; s != nil && (*s < 0 || *s > 1) {
		return Invalid("shareOfSale", fmt.Sprintf("is %v", *s), "a fraction from 0 to 1")
	}
	return nil
}

// Mend clears what is wrong with the record and costs nothing: an end before the start is no end that is known, and what is no
// address of a page no link. An entry of whole days of which no end is told ends with its day.
func (r *Record) Mend() {
	if !r.EndTime.IsZero() && r.EndTime.Before(r.StartTime) {
		r.EndTime = time.Time{}
	}
	if r.Details.AllDay && !r.StartTime.IsZero() && !r.EndTime.After(r.StartTime) {
		r.EndTime = r.StartTime.AddDate(0, 0, 1)
	}
	r.Details.URL = WebURL(r.Details.URL)
}

// WebURL is text where it is the address of a page that a browser may be sent to (http or https, with a host and without a
// password), else empty: what a CRM tells as a link might be a script, and all who see the record see it.
func WebURL(text string) string {
	if u, err := url.Parse(text); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return text
}

// ShownID is the CRM's own id of the record: that which it has in the CRM itself, where it is read through another
// service whose id is the external id.
func (r *Record) ShownID() string { return cmp.Or(r.Details.RemoteID, r.ExternalID) }

// IsFinite reports whether a number is one that JSON has, and so a database of ours: NaN and Infinity are read from a text, too.
func IsFinite(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

// IsStorable reports whether a database keeps text as it is: PostgreSQL refuses NUL, and what is not UTF-8.
func IsStorable(text string) bool { return strings.IndexByte(text, 0) < 0 && utf8.ValidString(text) }

// Unstorable returns the name of a parameter whose name or values no database keeps, and whether there is one.
func Unstorable(parameters map[string][]string) (name string, found bool) {
	for name, values := range parameters {
		if !IsStorable(name) || slices.ContainsFunc(values, func(v string) bool { return !IsStorable(v) }) {
			return name, true
		}
	}
	return "", false
}

// Storable is text with a replacement character for each thing that a database refuses: NUL, and what is not UTF-8.
func Storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// Hash identifies the record's content. Two records with the same hash need no write.
// ModifiedAt is left out: a CRM that touches a row without changing it costs nothing.
func (r *Record) Hash() [sha256.Size]byte {
	_, hash := r.Content()
	return hash
}

// Content returns the details as JSON and the hash of the whole content, which is made from that JSON.
func (r *Record) Content() (details []byte, hash [sha256.Size]byte) {
	details, err := json.Marshal(&r.Details)
	if err != nil {
		panic("hub: a record's details are always marshalable: " + err.Error())
	}
	b := make([]byte, 0, len(details)+256)
	for _, part := range [...]string{
		string(r.Model), r.ExternalID, r.MergedInto, r.Name, r.Refs.Account, r.Refs.Contact, r.Refs.Lead, r.Refs.Opportunity,
		r.Refs.Engagement, r.Refs.EngagementType, r.Refs.User, r.Refs.Owner,
	} {
		b = binary.AppendUvarint(b, uint64(len(part))) // else "ab", "" would be "a", "b"
		b = append(b, part...)
	}
	b = strconv.AppendBool(b, r.Deleted)
	for _, t := range [...]time.Time{r.StartTime, r.EndTime} {
		b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	}
	return details, sha256.Sum256(append(b, details...))
}

// ChangesFrom is what is different in r from before, by the names of storage.
func (r *Record) ChangesFrom(before *Record) map[string]any {
	changes := map[string]any{"model": r.Model, "externalId": r.ExternalID}
	if r.Deleted != before.Deleted {
		changes["deleted"] = r.Deleted
	}
	if r.Name != before.Name {
		changes["name"] = r.Name
	}
	if r.Refs != before.Refs {
		changes["refersTo"] = r.Refs
	}
	if !r.StartTime.Equal(before.StartTime) || !r.EndTime.Equal(before.EndTime) {
		changes["startTime"], changes["endTime"] = r.StartTime, r.EndTime
	}
	now, was := reflect.ValueOf(r.Details), reflect.ValueOf(before.Details)
	for i := range now.NumField() {
		if !reflect.DeepEqual(now.Field(i).Interface(), was.Field(i).Interface()) {
			name, _, _ := strings.Cut(now.Type().Field(i).Tag.Get("json"), ",")
			changes[name] = now.Field(i).Interface()
		}
	}
	return changes
}
