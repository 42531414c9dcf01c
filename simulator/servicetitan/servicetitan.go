// Package servicetitan stands in for ServiceTitan: five lists in pages with numbers, job notes, and the
// address that gives access tokens. A row's time of creation follows from its number.
package servicetitan

import (
	_ "embed"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed crm.json
var crm []byte

//go:embed jpm.json
var jpm []byte

//go:embed settings.json
var settings []byte

//go:embed dispatch.json
var dispatch []byte

var spec = simulator.NewSpec(crm, jpm, settings, dispatch)

const (
	clientID     = "servicetitan-client-of-the-simulator"
	clientSecret = "servicetitan-secret-of-the-simulator"
	appKey       = "servicetitan-app-of-the-simulator"
	accessToken  = "servicetitan-token-of-the-simulator"
	tenant       = "4711"
	tokenPath    = "/connect/token"
	maxPageSize  = 5000
)

// New returns a stand-in for ServiceTitan.
func New(o simulator.Options) *simulator.Server {
	s := simulator.New(simulator.Platform{
		Name:        hub.PlatformServiceTitan,
		Spec:        spec,
		Unspecified: []string{tokenPath},
		Models:      []hub.Model{hub.ModelUser, hub.ModelAccount, hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagement},
		IDs:         simulator.Numbers,
		Fields:      fields,
		Values: func(origin string) map[string]string {
			return map[string]string{
				"clientId": clientID, "clientSecret": clientSecret, "appKey": appKey, "tenant": tenant, "baseURL": origin, "authURL": origin,
			}
		},
		Refuses: func(r *http.Request) int {
			if r.URL.Path != tokenPath && (r.Header.Get("Authorization") != "Bearer "+accessToken || r.Header.Get("St-App-Key") != appKey) {
				return http.StatusUnauthorized
			}
			return 0
		},
		Routes: routes,
		Held:   held,
		Items:  "data",
		Repeat: func(_ *http.Request, answer map[string]any) { answer["hasMore"] = true },
	}, o)
	useFields(s)
	return s
}

func routes(mux *http.ServeMux, s *simulator.Server) {
	mux.HandleFunc("POST "+tokenPath, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != clientID || r.FormValue("client_secret") != clientSecret {
			simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_client"})
			return
		}
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"access_token": accessToken, "expires_in": 900, "token_type": "Bearer"})
	})
	for path, m := range map[string]hub.Model{
		"settings/v2/tenant/{tenant}/technicians": hub.ModelUser, "crm/v2/tenant/{tenant}/customers": hub.ModelAccount,
		"crm/v2/tenant/{tenant}/leads": hub.ModelLead, "jpm/v2/tenant/{tenant}/jobs": hub.ModelOpportunity,
		"jpm/v2/tenant/{tenant}/appointments": hub.ModelEngagement,
	} {
		mux.HandleFunc("GET /"+path, func(w http.ResponseWriter, r *http.Request) { listRows(w, r, s, m) })
		mux.HandleFunc("GET /"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) { getRow(w, r, s, m) })
		mux.HandleFunc("PATCH /"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) { setFields(w, r, s, m) })
	}
	mux.HandleFunc("GET /dispatch/v2/tenant/{tenant}/appointment-assignments", func(w http.ResponseWriter, r *http.Request) {
		items := []map[string]any{}
		for id := range strings.SplitSeq(r.URL.Query().Get("appointmentIds"), ",") {
			if row, ok := s.Get(hub.ModelEngagement, id); ok && row.Refs.Owner != "" && !row.Deleted {
				items = append(items, showAssignment(s, row))
			}
		}
		writePart(w, r, items)
	})
	const notes = "/jpm/v2/tenant/{tenant}/jobs/{id}/notes"
	mux.HandleFunc("GET "+notes, func(w http.ResponseWriter, r *http.Request) {
		items := []map[string]any{}
		for _, n := range s.Notes.On(hub.ModelOpportunity, r.PathValue("id")) {
			items = append(items, showNote(n))
		}
		writePart(w, r, items)
	})
	mux.HandleFunc("POST "+notes, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Text string `json:"text"`
		}
		_, there := s.Get(hub.ModelOpportunity, r.PathValue("id"))
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !there {
			simulator.WriteJSON(w, http.StatusNotFound, map[string]string{"title": "not found"})
			return
		}
		simulator.WriteJSON(w, http.StatusOK, showNote(s.Notes.Add(hub.ModelOpportunity, r.PathValue("id"), body.Text)))
	})
}

// listRows answers with a page of the rows in the order of their creation.
func listRows(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	q := r.URL.Query()
	number, size := page(q)
	since, _ := time.Parse(time.RFC3339, q.Get("modifiedOnOrAfter")) // checked against the description
	from, _ := time.Parse(time.RFC3339, q.Get("createdOnOrAfter"))
	hide := q.Get("active") != "Any" || m != hub.ModelUser && m != hub.ModelAccount
	listing := simulator.Listing{
		Model: m, From: numberOf(from), Since: since, HideDeleted: hide, Skip: (number - 1) * size, Limit: size,
		Keep: func(r hub.Record) bool { return !created(r.ExternalID).Before(from) },
	}
	if q.Get("sort") == "-ModifiedOn" {
		writeLatest(w, s, listing, number, size)
		return
	}
	if m == hub.ModelUser { // there is no sort for them, and the order of creation is nothing to rely on
		listing.From, listing.Skip, listing.Limit = 0, 0, math.MaxInt
		rows, _, _ := s.List(listing)
		slices.Reverse(rows)
		writeRows(w, s, rows, number, size)
		return
	}
	rows, _, more := s.List(listing)
	items := make([]map[string]any, len(rows))
	for i, row := range rows {
		items[i] = show(s, row)
	}
	write(w, items, number, size, more)
}

// writeLatest answers with a page of the rows, the latest changed first.
func writeLatest(w http.ResponseWriter, s *simulator.Server, l simulator.Listing, number, size int) {
	l.ByChange, l.From, l.Skip, l.Limit = true, 0, 0, math.MaxInt
	rows, _, _ := s.List(l)
	slices.Reverse(rows)
	writeRows(w, s, rows, number, size)
}

// writeRows answers with a page of rows that are all there.
func writeRows(w http.ResponseWriter, s *simulator.Server, rows []hub.Record, number, size int) {
	part, _, more := simulator.Part(rows, (number-1)*size, size)
	items := []map[string]any{}
	for _, row := range part {
		items = append(items, show(s, row))
	}
	write(w, items, number, size, more)
}

func page(q url.Values) (number, size int) {
	number, size = 1, 50
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		number = n
	}
	if n, err := strconv.Atoi(q.Get("pageSize")); err == nil && n > 0 {
		size = min(n, maxPageSize)
	}
	return number, size
}

// writePart answers with a page of items that are all there.
func writePart(w http.ResponseWriter, r *http.Request, items []map[string]any) {
	number, size := page(r.URL.Query())
	part, _, more := simulator.Part(items, (number-1)*size, size)
	write(w, part, number, size, more)
}

func write(w http.ResponseWriter, items []map[string]any, number, size int, more bool) {
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"page": number, "pageSize": size, "hasMore": more, "data": items})
}

// firstCreated is when row 0 of each model was created; the others follow, pace apart.
var firstCreated = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)

const pace = time.Second

// rowNumbers is how many numbers the ids of one model have.
const rowNumbers = 100_000_000

func created(id string) time.Time {
	return firstCreated.Add(pace * time.Duration(number(id)%rowNumbers))
}

// numberOf is the first row created at a time or later.
func numberOf(at time.Time) int {
	if !at.After(firstCreated) {
		return 0
	}
	return int((at.Sub(firstCreated) + pace - 1) / pace)
}

// number is an id as the vendor writes it; 0 is none.
func number(id string) int64 {
	if id == "" {
		return 0
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		panic("simulator: a record has the id " + id)
	}
	return n
}

func optional(id string) any {
	if id == "" {
		return nil
	}
	return number(id)
}

func instant(t time.Time) string { return t.Format("2006-01-02T15:04:05.000000Z") }

// show writes a row as the vendor does.
func show(s *simulator.Server, r hub.Record) map[string]any {
	item := map[string]any{"id": number(r.ExternalID), "createdOn": instant(created(r.ExternalID)), "modifiedOn": instant(r.ModifiedAt)}
	set := func(name string, value any) { item[name] = value }
	switch r.Model {
	case hub.ModelUser:
		set("name", r.Name)
		set("email", r.Details.Email)
		set("dailyGoal", 0)
		set("isManagedTech", true)
		set("active", !r.Deleted)
		set("customFields", []any{})
	case hub.ModelAccount:
		set("name", r.Name)
		set("active", !r.Deleted && r.MergedInto == "")
		set("mergedToId", optional(r.MergedInto))
		set("type", "Residential")
		a := r.Details.Addresses[0]
		set("address", map[string]any{
			"street": a.Street, "unit": nil, "city": a.City, "state": a.State, "zip": a.Zip, "country": a.Country,
			"latitude": *r.Details.Latitude, "longitude": *r.Details.Longitude,
		})
		set("customFields", showFields(s, r))
		set("balance", 0)
		set("doNotMail", false)
		set("doNotService", false)
		set("createdById", 1)
	case hub.ModelLead:
		set("status", "Open")
		set("priority", "Normal")
		set("campaignId", 1)
		set("createdById", 1)
		set("summary", r.Name)
		set("customerId", optional(r.Refs.Account))
		set("tagTypeIds", []any{})
	case hub.ModelOpportunity:
		for name, value := range map[string]any{
			"jobNumber": r.ExternalID, "customerId": number(r.Refs.Account), "locationId": 1, "jobStatus": jobStatus(r), "businessUnitId": 1,
			"jobTypeId": 1, "priority": "Normal", "campaignId": 1, "summary": r.Name, "customFields": showFields(s, r), "appointmentCount": 1,
			"firstAppointmentId": 1, "lastAppointmentId": 1, "noCharge": false, "notificationsEnabled": false, "createdById": 1,
			"tagTypeIds": []any{}, "externalData": []any{}, "soldById": optional(r.Refs.Owner), "completedOn": nil,
		} {
			set(name, value)
		}
		if r.Details.ClosedAt != "" {
			set("completedOn", r.Details.ClosedAt)
		}
	case hub.ModelEngagement:
		set("jobId", number(r.Refs.Opportunity))
		set("appointmentNumber", r.ExternalID+"-1")
		set("start", instant(r.StartTime))
		set("end", instant(r.EndTime))
		set("status", appointmentStatus(r))
		set("specialInstructions", r.Name)
	}
	return item
}

func jobStatus(r hub.Record) string {
	switch r.Details.Disposition {
	case "WON":
		return "Completed"
	case "LOST":
		return "Canceled"
	}
	return "Scheduled"
}

// appointmentStatus is Canceled of an appointment whose disposition is LOST.
func appointmentStatus(r hub.Record) string {
	if r.Details.Disposition == "LOST" {
		return "Canceled"
	}
	return "Scheduled"
}

// assignmentID is the id of a technician's assignment to an appointment.
func assignmentID(appointment, technician string) string {
	return appointment + "0" + technician[len(technician)-4:]
}

func showAssignment(s *simulator.Server, appointment hub.Record) map[string]any {
	technician, _ := s.Get(hub.ModelUser, appointment.Refs.Owner)
	return map[string]any{
		"id": number(assignmentID(appointment.ExternalID, appointment.Refs.Owner)), "technicianId": number(appointment.Refs.Owner),
		"technicianName": "Technician " + technician.ExternalID, "assignedById": 1, "assignedOn": instant(created(appointment.ExternalID)),
		"status": "Scheduled", "isPaused": false, "jobId": number(appointment.Refs.Opportunity), "appointmentId": number(appointment.ExternalID),
	}
}

func showNote(n simulator.Note) map[string]any {
	return map[string]any{"text": n.Text, "isPinned": false, "createdById": 1, "createdOn": instant(n.CreatedAt), "modifiedOn": instant(n.CreatedAt)}
}

// held is a row less what the vendor does not tell of it; an appointment comes with its assignment.
func held(r hub.Record) []hub.Record {
	keep := hub.Details{CreatedAt: hub.WireTime(created(r.ExternalID)), UpdatedAt: hub.WireTime(r.ModifiedAt)}
	owner, refs, gone, canceled := r.Refs.Owner, hub.Refs{}, r.Deleted, false
	switch r.Model {
	case hub.ModelUser:
		keep.Email, keep.Emails = r.Details.Email, r.Details.Emails
	case hub.ModelAccount:
		keep.Addresses, keep.Latitude, keep.Longitude = r.Details.Addresses, r.Details.Latitude, r.Details.Longitude
	case hub.ModelLead:
		refs.Account = r.Refs.Account
	case hub.ModelOpportunity:
		refs.Account, refs.Owner = r.Refs.Account, owner
		keep.Disposition, keep.ClosedAt = r.Details.Disposition, r.Details.ClosedAt
	case hub.ModelEngagement:
		refs.Opportunity = r.Refs.Opportunity
		canceled = appointmentStatus(r) == "Canceled"
		keep.Content, keep.ActivityType = r.Name, "APPOINTMENT"
		r.Name = "Appointment " + r.ExternalID + "-1"
		keep.Subject = r.Name
	}
	r.Details, r.Refs, r.Deleted = keep, refs, gone || canceled
	if r.Model != hub.ModelEngagement || owner == "" {
		return []hub.Record{r}
	}
	return []hub.Record{r, {
		Model: hub.ModelEngagementUser, ExternalID: assignmentID(r.ExternalID, owner), Name: "Technician " + owner, Deleted: gone,
		ModifiedAt: created(r.ExternalID), Refs: hub.Refs{Engagement: r.ExternalID, User: owner},
	}}
}
