package leadperfection

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
)

// field is what a thing may be told of, by the spellings that are known of it. Case does not matter.
type field struct {
	// seen are those that programs have read from the live API, the usual one first.
	seen []string
	// unproven are those that are in a parameter, or in an older service of the vendor's, and that nobody was seen to read.
	unproven []string
}

func seen(names ...string) field { return field{seen: names} }

func (f field) or(names ...string) field { return field{f.seen, names} }

// names are all spellings, in the order in which they are looked for.
func (f field) names() []string { return append(append([]string{}, f.seen...), f.unproven...) }

// The fields of a customer, which the vendor calls a prospect.
var (
	customerID = seen("cst_id", "CstID", "ProspectID")
	firstName  = seen("firstname")
	lastName   = seen("lastname")
	email      = seen("email").or("email1")
	phone      = seen("phone1", "phone")
	phoneTwo   = seen("Phone2").or("AltPhone1")
	altPhones  = seen("altphones")
	street     = seen("address1").or("address")
	city       = seen("city")
	state      = seen("state")
	zip        = seen("zip").or("zipcode")
	leadsOf    = seen("leads")
	notesOf    = seen("notes")
)

// The fields of a lead.
var (
	leadID         = seen("id", "lds_id", "LeadID")
	leadOutcome    = seen("disposition")
	apptSet        = seen("apptset")
	apptDate       = seen("apptdate").or("appt_date")
	apptTime       = seen().or("appttime", "appt_time")
	sold           = seen("sold")
	grossSale      = seen("gsa")
	repName        = seen("salesrepname").or("salesrep")
	source         = seen("source")
	sourceDetail   = seen("sourcesubdescr")
	enteredOn      = seen("entrydate", "dateentered").or("enteredon")
	changedOn      = seen("lastchangedon")
	appointmentsOf = seen("appointments")
	jobsOf         = seen("jobs")
)

// The fields of an appointment among those of a lead, none of which was seen but the list itself.
var (
	issuedID   = seen().or("ils_id", "issuedleadid", "id")
	issuedDate = seen().or("apptdate", "appt_date")
	issuedTime = seen().or("appttime", "appt_time")
)

// The fields of a job.
var (
	jobID     = seen("id", "job_id").or("JobID")
	jobStatus = seen("jobstatus")
	jobAmount = seen("grossamount")
)

// The fields of a note. The text of one may be the note itself.
var (
	noteID   = seen("id").or("note_id")
	noteText = seen("notes", "body", "text")
)

// The fields of a sales rep, of which none was seen.
var (
	repID       = seen("emp_id").or("EmpID", "SlrID", "slr_id", "id")
	repFullName = seen().or("salesrepname", "name", "fullname", "repname", "descr")
	repEmail    = seen().or("email", "emailaddress")
	repActive   = seen().or("active", "isactive")
)

// all are all fields, for the test that holds the platform's page against them.
var all = []field{
	customerID, firstName, lastName, email, phone, phoneTwo, altPhones, street, city, state, zip, leadsOf, notesOf,
	leadID, leadOutcome, apptSet, apptDate, apptTime, sold, grossSale, repName, source, sourceDetail, enteredOn, changedOn, appointmentsOf, jobsOf,
	issuedID, issuedDate, issuedTime, jobID, jobStatus, jobAmount, noteID, noteText, repID, repFullName, repEmail, repActive,
}

// object is a thing as the vendor tells it, by its keys in small letters.
type object map[string]json.RawMessage

// UnmarshalJSON reads an object whatever the case of its keys.
func (o *object) UnmarshalJSON(b []byte) error {
	var read map[string]json.RawMessage
	if err := json.Unmarshal(b, &read); err != nil {
		return errors.New("it is no object")
	}
	*o = make(object, len(read))
	for key, value := range read {
		key = strings.ToLower(key)
		if old, twice := (*o)[key]; !twice || isNull(old) {
			(*o)[key] = value
		}
	}
	return nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null" }

// text is a field as text, without white space around it; empty where it has none. Numbers are as they are written.
func (o object) text(f field) string {
	for _, name := range f.names() {
		if text := textOf(o[strings.ToLower(name)]); text != "" {
			return text
		}
	}
	return ""
}

func textOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if isNull(raw) {
		return ""
	}
	switch raw[0] {
	case '"':
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return ""
		}
		return strings.TrimSpace(text)
	case '{', '[':
		return ""
	}
	return string(raw)
}

// id is a field that names something: 0 is none.
func (o object) id(f field) string {
	for _, name := range f.names() {
		if text := textOf(o[strings.ToLower(name)]); text != "" && text != "0" && text != "true" && text != "false" {
			return text
		}
	}
	return ""
}

// has reports whether a field is there, whatever it holds.
func (o object) has(f field) bool {
	return slices.ContainsFunc(f.names(), func(name string) bool {
		_, there := o[strings.ToLower(name)]
		return there
	})
}

// tells reports whether a field is there, and not null.
func (o object) tells(f field) bool {
	return slices.ContainsFunc(f.names(), func(name string) bool { return !isNull(o[strings.ToLower(name)]) })
}

// yes reports whether a field is true, as a boolean or as text.
func (o object) yes(f field) bool { return strings.EqualFold(o.text(f), "true") }

// amount is a field that is an amount of money; nil where it has none, which 0 is, too.
func (o object) amount(f field) *float64 {
	n, err := strconv.ParseFloat(strings.NewReplacer("$", "", ",", "").Replace(o.text(f)), 64)
	if err != nil || n == 0 || !hub.IsFinite(n) {
		return nil
	}
	return &n
}

// list is a field that is a list; a thing without it has none.
func (o object) list(f field) ([]json.RawMessage, error) {
	for _, name := range f.names() {
		raw := o[strings.ToLower(name)]
		if isNull(raw) {
			continue
		}
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, errors.New("its " + f.names()[0] + " are no list")
		}
		return items, nil
	}
	return nil, nil
}

// objects is a field that is a list of things.
func (o object) objects(f field) ([]object, error) {
	items, err := o.list(f)
	if err != nil {
		return nil, err
	}
	found := make([]object, len(items))
	for i, raw := range items {
		if err := json.Unmarshal(raw, &found[i]); err != nil {
			return nil, errors.New("one of its " + f.names()[0] + " is no object")
		}
	}
	return found, nil
}

// time is a field that is a time of the zone; the zero time where it has none.
func (o object) time(f field, zone *time.Location) (time.Time, error) {
	at, err := parseTime(o.text(f), zone)
	if err != nil {
		return time.Time{}, errors.New("its " + f.names()[0] + " has a form that is not known")
	}
	return at, nil
}
