// Package merge stands in for Merge's unified CRM API. Lists are in the order of creation, and a cursor
// is a position in it: rows that change while someone pages through them stay where they are.
package merge

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed openapi.json
var description []byte

var spec = simulator.NewSpec(description)

const (
	apiKey       = "merge-key-of-the-simulator"
	accountToken = "merge-account-of-the-simulator"
	maxPageSize  = 100
)

var models = map[string]hub.Model{
	"users": hub.ModelUser, "accounts": hub.ModelAccount, "contacts": hub.ModelContact, "leads": hub.ModelLead,
	"opportunities": hub.ModelOpportunity, "engagement-types": hub.ModelEngagementType, "engagements": hub.ModelEngagement,
}

// New returns a stand-in for Merge.
func New(o simulator.Options) *simulator.Server {
	return simulator.New(simulator.Platform{
		Name: hub.PlatformMerge,
		Spec: spec,
		Models: []hub.Model{
			hub.ModelUser, hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagementType, hub.ModelEngagement,
		},
		IDs:    simulator.UUIDs,
		Fields: fields,
		Values: func(origin string) map[string]string {
			return map[string]string{"apiKey": apiKey, "accountToken": accountToken, "baseURL": origin + "/api"}
		},
		Refuses: func(r *http.Request) int {
			if r.Header.Get("Authorization") != "Bearer "+apiKey || r.Header.Get("X-Account-Token") != accountToken {
				return http.StatusUnauthorized
			}
			return 0
		},
		Routes:   routes,
		Held:     held,
		Items:    "results",
		Statuses: []string{"/api/crm/v1/sync-status"},
		Repeat: func(r *http.Request, answer map[string]any) {
			if at := r.URL.Query().Get("cursor"); at != "" {
				answer["next"] = at
			}
		},
	}, o)
}

func routes(mux *http.ServeMux, s *simulator.Server) {
	mux.HandleFunc("GET /api/crm/v1/account-details", func(w http.ResponseWriter, _ *http.Request) {
		simulator.WriteJSON(w, http.StatusOK, map[string]any{
			"id": "5a8d1f4e-4bb0-4f0e-9d0d-000000000001", "end_user_organization_name": "Acme Roofing", "status": "COMPLETE", "category": "crm",
		})
	})
	mux.HandleFunc("GET /api/crm/v1/sync-status", func(w http.ResponseWriter, r *http.Request) {
		limit, from := page(r.URL.Query())
		part, next, more := simulator.Part(statuses(s), from, limit)
		writeList(w, append([]map[string]any{}, part...), next, more)
	})
	mux.HandleFunc("GET /api/crm/v1/stages", func(w http.ResponseWriter, r *http.Request) {
		limit, from := page(r.URL.Query())
		var items []map[string]any
		for i, name := range stages {
			items = append(items, map[string]any{"id": stageID(i), "remote_id": strconv.Itoa(i), "name": name, "remote_was_deleted": false})
		}
		part, next, more := simulator.Part(items, from, limit)
		writeList(w, append([]map[string]any{}, part...), next, more)
	})
	for path, m := range models {
		mux.HandleFunc("GET /api/crm/v1/"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
			row, there := s.Get(m, r.PathValue("id"))
			if !there || row.Deleted && m == hub.ModelEngagementType {
				simulator.WriteJSON(w, http.StatusNotFound, map[string]string{"detail": "Not found."})
				return
			}
			simulator.WriteJSON(w, http.StatusOK, show(row))
		})
	}
	for path, m := range models {
		mux.HandleFunc("GET /api/crm/v1/"+path, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			limit, from := page(q)
			since, _ := time.Parse(time.RFC3339, q.Get("modified_after")) // checked against the description
			before, _ := time.Parse(time.RFC3339, q.Get("modified_before"))
			rows, next, more := s.List(simulator.Listing{
				Model: m, From: from, Since: since, Before: before, Limit: limit,
				HideDeleted: q.Get("include_deleted_data") != "true" || m == hub.ModelEngagementType, // which have no mark
			})
			items := make([]map[string]any, len(rows))
			for i, row := range rows {
				items[i] = show(row)
			}
			writeList(w, items, next, more)
		})
	}
	for path, m := range models {
		mux.HandleFunc("GET /api/crm/v1/"+path+"/remote-field-classes", func(w http.ResponseWriter, r *http.Request) { listFields(w, r, s, m) })
		mux.HandleFunc("PATCH /api/crm/v1/"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) { setFields(w, r, s, m) })
	}
	mux.HandleFunc("GET /api/crm/v1/notes", func(w http.ResponseWriter, r *http.Request) { listNotes(w, r, s) })
	taken := &keys{all: map[string]sentNote{}}
	mux.HandleFunc("POST /api/crm/v1/notes", func(w http.ResponseWriter, r *http.Request) { addNote(w, r, s, taken) })
}

// statuses are how the syncs of the models stand: each ended just now, so that all that the CRM has is in the copy.
func statuses(s *simulator.Server) []map[string]any {
	// A change made in this microsecond may have a time that is a little later.
	end := s.Now().Add(time.Millisecond).Format(instant)
	var all []map[string]any
	for _, name := range []string{"Account", "Contact", "Engagement", "EngagementType", "Lead", "Note", "Opportunity", "Stage", "Task", "User"} {
		all = append(all, map[string]any{
			"model_name": name, "model_id": "crm." + name, "status": "DONE", "is_initial_sync": false, "last_sync_result": "DONE",
			"last_sync_start": s.Now().Add(-time.Minute).Format(instant), "last_sync_finished": end,
		})
	}
	return all
}

// instant is how the vendor writes times.
const instant = "2006-01-02T15:04:05.000000Z"

// stages are those of opportunities; which one an opportunity has depends on its amount.
var stages = []string{"New", "Inspected", "Offered", "Closed"}

func stageID(i int) string { return fmt.Sprintf("5a8d1f4e-4bb0-4f0e-9d0d-1%011d", i) }

func stageOf(r hub.Record) int { return int(*r.Details.Amount) / 50 % len(stages) }

// urlOf is the page of a record in the web app of the CRM behind.
func urlOf(r hub.Record) string {
	return "https://crm.example.com/" + strings.ToLower(string(r.Model)) + "/" + r.ExternalID[:8]
}

func remoteID(r hub.Record) string { return "crm-" + r.ExternalID[:8] }

// first is a number made of an id, for what a row has no more of.
func first(r hub.Record) int { return int(r.ExternalID[0]) }

func isActive(r hub.Record) bool { return first(r)%4 != 0 }

var industries = []string{"Homes", "Retail"}

func industry(r hub.Record) string { return industries[first(r)%2] }

var leadStatuses = []string{"OPEN", "CLOSED", "QUALIFIED"}

func leadStatus(r hub.Record) string { return leadStatuses[first(r)%3] }

// second is another contact of an engagement that has one; empty where there is none.
func second(r hub.Record) string {
	if r.Refs.Contact == "" || first(r)%2 == 0 {
		return ""
	}
	return r.Refs.Contact[:35] + "f"
}

func page(q url.Values) (limit, from int) {
	limit, from = 30, 0
	if n, err := strconv.Atoi(q.Get("page_size")); err == nil {
		limit = min(max(n, 1), maxPageSize)
	}
	if n, err := strconv.Atoi(q.Get("cursor")); err == nil {
		from = n
	}
	return limit, from
}

func writeList(w http.ResponseWriter, items []map[string]any, next int, more bool) {
	answer := map[string]any{"next": nil, "previous": nil, "results": items}
	if more {
		answer["next"] = strconv.Itoa(next)
	}
	simulator.WriteJSON(w, http.StatusOK, answer)
}

// show writes a row as the vendor does.
func show(r hub.Record) map[string]any {
	d := r.Details
	item := map[string]any{
		"id": r.ExternalID, "remote_id": remoteID(r), "created_at": d.CreatedAt, "modified_at": r.ModifiedAt.Format(instant),
	}
	set := func(name string, value any) { item[name] = value }
	if r.Model != hub.ModelEngagementType {
		set("remote_was_deleted", r.Deleted)
	}
	switch r.Model {
	case hub.ModelUser:
		set("name", r.Name)
		set("email", d.Email)
		set("is_active", isActive(r))
		set("user_url", urlOf(r))
	case hub.ModelAccount:
		set("name", r.Name)
		set("description", nil)
		set("industry", industry(r))
		set("account_url", urlOf(r))
		set("owner", optional(r.Refs.Owner))
		set("last_activity_at", optional(d.LastActivity))
		set("remote_created_at", d.CreatedAt)
		set("remote_updated_at", d.UpdatedAt)
		reach(item, d, false)
	case hub.ModelContact:
		person(item, d)
		set("contact_url", urlOf(r))
		set("account", optional(r.Refs.Account))
		set("owner", optional(r.Refs.Owner))
		set("last_activity_at", optional(d.LastActivity))
		set("remote_created_at", d.CreatedAt)
		reach(item, d, true)
	case hub.ModelLead:
		person(item, d)
		set("status", leadStatus(r))
		set("company", nil)
		set("lead_url", urlOf(r))
		set("owner", optional(r.Refs.Owner))
		set("converted_account", optional(r.Refs.Account))
		set("converted_contact", optional(r.Refs.Contact))
		set("remote_created_at", d.CreatedAt)
		set("remote_updated_at", d.UpdatedAt)
		reach(item, d, true)
	case hub.ModelOpportunity:
		set("name", r.Name)
		set("stage", stageID(stageOf(r)))
		set("description", "About "+r.Name)
		set("opportunity_url", urlOf(r))
		set("amount", int(*d.Amount))
		set("status", d.Disposition)
		set("close_date", optional(d.ClosedAt))
		set("account", optional(r.Refs.Account))
		set("owner", optional(r.Refs.Owner))
		set("last_activity_at", optional(d.LastActivity))
		set("remote_created_at", d.CreatedAt)
	case hub.ModelEngagementType:
		set("name", r.Name)
		set("activity_type", d.ActivityType)
	case hub.ModelEngagement:
		set("subject", d.Subject)
		set("content", d.Content)
		set("direction", d.Direction)
		set("start_time", hub.WireTime(r.StartTime))
		set("end_time", hub.WireTime(r.EndTime))
		set("account", optional(r.Refs.Account))
		set("owner", optional(r.Refs.Owner))
		set("engagement_type", optional(r.Refs.EngagementType))
		contacts := []string{}
		if r.Refs.Contact != "" {
			contacts = append(contacts, r.Refs.Contact)
			if other := second(r); other != "" {
				contacts = append(contacts, other)
			}
		}
		set("engagement_url", urlOf(r))
		set("contacts", contacts)
	}
	return item
}

func person(item map[string]any, d hub.Details) {
	item["first_name"], item["last_name"] = d.FirstName, d.LastName
}

func reach(item map[string]any, d hub.Details, emails bool) {
	phones, addresses := []map[string]any{}, []map[string]any{}
	for _, p := range d.Phones {
		phones = append(phones, map[string]any{"phone_number": p, "phone_number_type": "WORK"})
	}
	for _, a := range d.Addresses {
		addresses = append(addresses, map[string]any{
			"street_1": a.Street, "street_2": nil, "city": a.City, "state": a.State, "postal_code": a.Zip, "country": a.Country,
		})
	}
	item["phone_numbers"], item["addresses"] = phones, addresses
	if emails {
		all := []map[string]any{}
		for _, e := range d.Emails {
			all = append(all, map[string]any{"email_address": e, "email_address_type": "WORK"})
		}
		item["email_addresses"] = all
	}
}

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// held is a row less what the vendor does not tell of it.
func held(r hub.Record) []hub.Record {
	d := r.Details
	keep := hub.Details{}
	refs := hub.Refs{Owner: r.Refs.Owner}
	switch r.Model {
	case hub.ModelUser:
		active := isActive(r)
		keep.Email, keep.Active = d.Email, &active
		refs = hub.Refs{}
	case hub.ModelAccount:
		keep = hub.Details{LastActivity: d.LastActivity, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Phones: d.Phones, Addresses: d.Addresses, Industry: industry(r)}
	case hub.ModelContact:
		keep = hub.Details{
			FirstName: d.FirstName, LastName: d.LastName, Email: d.Email, Emails: d.Emails, Phones: d.Phones, Addresses: d.Addresses,
			LastActivity: d.LastActivity, CreatedAt: d.CreatedAt,
		}
		refs.Account = r.Refs.Account
	case hub.ModelLead:
		keep = hub.Details{
			FirstName: d.FirstName, LastName: d.LastName, Email: d.Email, Emails: d.Emails, Phones: d.Phones, Addresses: d.Addresses,
			CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Status: leadStatus(r),
		}
		refs.Account, refs.Contact = r.Refs.Account, r.Refs.Contact
	case hub.ModelOpportunity:
		keep = hub.Details{Amount: d.Amount, Disposition: d.Disposition, ClosedAt: d.ClosedAt, LastActivity: d.LastActivity, CreatedAt: d.CreatedAt}
		keep.Stage, keep.Description = stages[stageOf(r)], "About "+r.Name
		refs.Account = r.Refs.Account
	case hub.ModelEngagementType:
		keep.ActivityType = d.ActivityType
		refs = hub.Refs{}
	case hub.ModelEngagement:
		keep = hub.Details{Subject: d.Subject, Content: d.Content, Direction: d.Direction}
		if other := second(r); other != "" {
			keep.OtherContacts = []string{other}
		}
		refs.Account, refs.Contact, refs.EngagementType = r.Refs.Account, r.Refs.Contact, r.Refs.EngagementType
	}
	keep.RemoteID = remoteID(r)
	if r.Model != hub.ModelEngagementType {
		keep.URL = urlOf(r)
	}
	r.Details, r.Refs = keep, refs
	return []hub.Record{r}
}

// noteFields are the fields of a note that name the record it is on.
var noteFields = map[string]hub.Model{"account": hub.ModelAccount, "contact": hub.ModelContact, "opportunity": hub.ModelOpportunity}

func listNotes(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	q := r.URL.Query()
	limit, from := page(q)
	var items []map[string]any
	for _, n := range s.Notes.Listed() {
		keep := true
		for field, m := range noteFields {
			if id := q.Get(field + "_id"); id != "" && (n.Target != m || n.ExternalID != id) {
				keep = false
			}
		}
		if keep {
			items = append(items, showNote(n))
		}
	}
	part, next, more := simulator.Part(items, from, limit)
	writeList(w, append([]map[string]any{}, part...), next, more)
}

func showNote(n simulator.Note) map[string]any {
	item := map[string]any{"id": n.ID, "content": n.Text, "created_at": hub.WireTime(n.CreatedAt), "modified_at": hub.WireTime(n.CreatedAt)}
	for field, m := range noteFields {
		item[field] = nil
		if m == n.Target {
			item[field] = n.ExternalID
		}
	}
	return item
}

// sentNote is a note with the body that it was sent in.
type sentNote struct {
	body string
	note simulator.Note
}

// keys are what was sent with an idempotency key.
type keys struct {
	mu  sync.Mutex
	all map[string]sentNote
}

func (k *keys) of(key string) (sentNote, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, ok := k.all[key]
	return n, ok && key != ""
}

func (k *keys) put(key string, n sentNote) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[key] = n
}

func addNote(w http.ResponseWriter, r *http.Request, s *simulator.Server, taken *keys) {
	var body struct {
		Model map[string]any `json:"model"`
	}
	sent, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(sent, &body) != nil {
		simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"detail": "no JSON"})
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if before, ok := taken.of(key); ok {
		if before.body != string(sent) {
			simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"detail": "the idempotency key was used with another body"})
			return
		}
		simulator.WriteJSON(w, http.StatusCreated, map[string]any{"model": showNote(before.note), "warnings": []any{}, "errors": []any{}})
		return
	}
	text, _ := body.Model["content"].(string)
	for field, m := range noteFields {
		id, _ := body.Model[field].(string)
		if _, ok := s.Get(m, id); ok {
			var reason string
			if s.Notes.TooLong(text) {
				reason = "The text is too long"
			} else {
				reason = s.Notes.Refused()
			}
			if reason != "" { // by the CRM behind: Merge itself took it
				simulator.WriteJSON(w, http.StatusCreated, map[string]any{
					"model": map[string]any{"content": text, field: id}, "warnings": []any{},
					"errors": []map[string]any{{"title": reason, "detail": reason, "problem_type": "PROVIDER_ERROR"}},
				})
				return
			}
			made := s.Notes.Add(m, id, text)
			taken.put(key, sentNote{string(sent), made})
			simulator.WriteJSON(w, http.StatusCreated, map[string]any{"model": showNote(made), "warnings": []any{}, "errors": []any{}})
			return
		}
	}
	simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"detail": "there is no such record"})
}
