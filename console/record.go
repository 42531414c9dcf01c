package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// referrersShown bounds how many of what refers to a record, and of its recordings, a page shows.
const referrersShown = 50

// recordPage is one record, with what it has to do with.
type recordPage struct {
	page

	Record     foundRecord
	Fields     []recordField
	RefersTo   []recordReference
	ReferredBy []foundRecord
	// More says that more refers to it than is shown.
	More       bool
	Recordings []listedRecording
	// Kept is the record's details as they are kept.
	Kept string
	// Web is its page in the CRM; empty where no URL is known.
	Web string
}

// recordField is a field that has a value: a text, or a moment.
type recordField struct {
	Name, Value string
	At          time.Time
}

// recordReference is another record that this one refers to, which may not have come.
type recordReference struct {
	As         string
	Model      hub.Model
	ExternalID string
	Record     *foundRecord
}

func (s *server) showRecord(w http.ResponseWriter, v *visit) error {
	ctx, organization := v.Context(), v.organization.ID
	rec, err := s.Store.Record(ctx, organization, hub.Model(v.PathValue("model")), v.PathValue("record"))
	if err != nil {
		return err
	}
	c, err := s.Store.Connection(ctx, organization, rec.ConnectionID)
	if err != nil {
		return err
	}
	found := []foundRecord{{Record: rec, Connection: c}}
	if err := s.nameJoined(v, found); err != nil {
		return err
	}
	shown := &recordPage{page: s.page(v, found[0].Title()), Record: found[0], Fields: fieldsOf(&rec), Web: hub.WebURL(rec.Details.URL)}
	if shown.RefersTo, err = s.referencesOf(v, &rec, c); err != nil {
		return err
	}
	key := store.RecordKey{ConnectionID: rec.ConnectionID, Model: rec.Model, ExternalID: rec.ExternalID}
	by, err := s.Store.RecordsReferringTo(ctx, organization, key, referrersShown+1)
	if err != nil {
		return err
	}
	if len(by) > referrersShown {
		by, shown.More = by[:referrersShown], true
	}
	for _, r := range by {
		shown.ReferredBy = append(shown.ReferredBy, foundRecord{Record: r, Connection: c})
	}
	if err := s.nameJoined(v, shown.ReferredBy); err != nil {
		return err
	}
	recordings, err := s.Store.RecordingsLinkedTo(ctx, organization, key, referrersShown)
	if err != nil {
		return err
	}
	if shown.Recordings, err = s.listRecordings(v, recordings); err != nil {
		return err
	}
	kept, err := json.MarshalIndent(rec.Details, "", "  ")
	if err != nil {
		return err
	}
	shown.Kept = string(kept)
	return s.render(w, v, http.StatusOK, "record", shown)
}

func (s *server) referencesOf(v *visit, rec *store.Record, c hub.Connection) ([]recordReference, error) {
	refs := []recordReference{
		{As: "Account", Model: hub.ModelAccount, ExternalID: rec.Refs.Account}, {As: "Contact", Model: hub.ModelContact, ExternalID: rec.Refs.Contact},
		{As: "Lead", Model: hub.ModelLead, ExternalID: rec.Refs.Lead}, {As: "Opportunity", Model: hub.ModelOpportunity, ExternalID: rec.Refs.Opportunity},
		{As: "Engagement", Model: hub.ModelEngagement, ExternalID: rec.Refs.Engagement}, {As: "Type", Model: hub.ModelEngagementType, ExternalID: rec.Refs.EngagementType},
		{As: "User", Model: hub.ModelUser, ExternalID: rec.Refs.User}, {As: "Owner", Model: hub.ModelUser, ExternalID: rec.Refs.Owner},
	}
	for _, other := range rec.Details.OtherContacts {
		refs = append(refs, recordReference{As: "Contact", Model: hub.ModelContact, ExternalID: other})
	}
	refs = slices.DeleteFunc(refs, func(r recordReference) bool { return r.ExternalID == "" })
	keys := make([]store.RecordKey, len(refs))
	for i, r := range refs {
		keys[i] = store.RecordKey{ConnectionID: rec.ConnectionID, Model: r.Model, ExternalID: r.ExternalID}
	}
	found, err := s.Store.RecordsByKey(v.Context(), v.organization.ID, keys)
	for i, k := range keys {
		if r, ok := found[k]; ok {
			refs[i].Record = &foundRecord{Record: r, Connection: c}
		}
	}
	return refs, err
}

// fieldsOf are the fields of a record that have a value, in the order in which people read them.
func fieldsOf(r *store.Record) []recordField {
	d := &r.Details
	var all []recordField
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				all = append(all, recordField{Name: name, Value: v})
			}
		}
	}
	addTime := func(name, text string) {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			all = append(all, recordField{Name: name, At: at})
			return
		}
		if clock, err := time.Parse("2006-01-02T15:04:05.999999999", text); err == nil { // of no zone that is known
			text = clock.Format("2006-01-02 15:04")
		}
		add(name, text)
	}
	add("Name", r.Name)
	add("First name", d.FirstName)
	add("Last name", d.LastName)
	add("Subject", d.Subject)
	add("E-mail", emails(d)...)
	add("Telephone", d.Phones...)
	for _, a := range d.Addresses {
		add("Address", address(a))
	}
	if d.Latitude != nil && d.Longitude != nil {
		add("Place", decimal(d.Latitude)+", "+decimal(d.Longitude))
	}
	add("Status", d.Status)
	add("Stage", d.Stage)
	add("Disposition", d.Disposition)
	add("Amount", decimal(d.Amount))
	add("Share of the sale", decimal(d.ShareOfSale))
	add("Kind of activity", d.ActivityType)
	add("Direction", d.Direction)
	addTime("Closed", d.ClosedAt)
	addTime("Last activity", d.LastActivity)
	addTime("Begins, as the CRM says", d.LocalStart)
	add("Industry", d.Industry)
	add("Website", d.Website)
	add("Label", d.Labels...)
	add("Active", yesNo(d.Active))
	add("Archived", yesNo(d.Archived))
	add("Description", d.Description)
	add("Content", d.Content)
	addTime("Made in the CRM", d.CreatedAt)
	addTime("Changed in the CRM", d.UpdatedAt)
	add("Merged into", r.MergedInto)
	return all
}

func decimal(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}

// ignoreCut is an error, but for that of a page that ended early as it has enough bytes.
func ignoreCut(err error) error {
	if errors.Is(err, store.ErrCut) {
		return nil
	}
	return err
}
