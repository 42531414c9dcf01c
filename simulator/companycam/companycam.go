// Package companycam stands in for CompanyCam. Projects come with the latest change first and users by
// name, in pages with numbers and without those deleted: what changes or goes while someone pages shifts the rows,
// as at the vendor.
package companycam

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed openapi.json
var description []byte

var spec = simulator.NewSpec(description)

const (
	accessToken = "companycam-token-of-the-simulator"
	companyID   = "1"
	// maxPageSize is the most that a page has, whatever is asked for.
	maxPageSize = 50
)

// New returns a stand-in for CompanyCam whose pages have as many rows as is asked for, up to 50.
func New(o simulator.Options) *simulator.Server { return standIn(o, 0) }

// NewFixed returns a function that makes stand-ins whose pages have so many rows, whatever is asked for, as has been seen
// at the vendor.
func NewFixed(rows int) func(simulator.Options) *simulator.Server {
	return func(o simulator.Options) *simulator.Server { return standIn(o, rows) }
}

func standIn(o simulator.Options, fixed int) *simulator.Server {
	return simulator.New(simulator.Platform{
		Name:   hub.PlatformCompanyCam,
		Spec:   spec,
		Models: []hub.Model{hub.ModelUser, hub.ModelOpportunity},
		IDs:    simulator.Numbers,
		Values: func(origin string) map[string]string {
			return map[string]string{"accessToken": accessToken, "baseURL": origin + "/v2"}
		},
		Refuses: func(r *http.Request) int {
			if r.Header.Get("Authorization") != "Bearer "+accessToken {
				return http.StatusUnauthorized
			}
			return 0
		},
		Routes: func(mux *http.ServeMux, s *simulator.Server) { routes(mux, s, fixed) },
		Held:   held,
		Repeat: func(*http.Request, map[string]any) {}, // its answers are bare lists
	}, o)
}

func routes(mux *http.ServeMux, s *simulator.Server, fixed int) {
	webhookRoutes(mux, s, fixed)
	mux.HandleFunc("GET /v2/users/current", func(w http.ResponseWriter, _ *http.Request) {
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"id": "1", "company_id": companyID, "first_name": "Ada", "last_name": "Admin", "status": "active"})
	})
	mux.HandleFunc("GET /v2/users", func(w http.ResponseWriter, r *http.Request) {
		rows, _, _ := s.List(simulator.Listing{Model: hub.ModelUser, HideDeleted: true, Limit: all})
		slices.SortStableFunc(rows, func(a, b hub.Record) int { return strings.Compare(a.Name, b.Name) })
		writePage(w, r, fixed, rows, showUser)
	})
	mux.HandleFunc("GET /v2/projects", func(w http.ResponseWriter, r *http.Request) {
		since, _ := time.Parse(time.RFC3339, r.URL.Query().Get("modified_since"))
		rows, _, _ := s.List(simulator.Listing{Model: hub.ModelOpportunity, ByChange: true, HideDeleted: true, Since: since, Limit: all})
		slices.Reverse(rows)
		writePage(w, r, fixed, rows, showProject)
	})
	mux.HandleFunc("GET /v2/projects/{id}/assigned_users", func(w http.ResponseWriter, r *http.Request) {
		if row, there := s.Get(hub.ModelOpportunity, r.PathValue("id")); there && !row.Deleted {
			var users []hub.Record
			for _, id := range assigned(row) {
				if u, ok := s.Get(hub.ModelUser, id); ok {
					users = append(users, u)
				}
			}
			writePage(w, r, fixed, users, showUser)
			return
		}
		notFound(w)
	})
	mux.HandleFunc("GET /v2/projects/{id}/labels", func(w http.ResponseWriter, r *http.Request) {
		if row, there := s.Get(hub.ModelOpportunity, r.PathValue("id")); there && !row.Deleted {
			writePage(w, r, fixed, labels(row), showLabel)
			return
		}
		notFound(w)
	})
	for path, m := range map[string]hub.Model{"users": hub.ModelUser, "projects": hub.ModelOpportunity} {
		mux.HandleFunc("GET /v2/"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
			row, there := s.Get(m, r.PathValue("id"))
			switch {
			case !there || row.Deleted:
				notFound(w)
			case m == hub.ModelUser:
				simulator.WriteJSON(w, http.StatusOK, showUser(row))
			default:
				simulator.WriteJSON(w, http.StatusOK, showProject(row))
			}
		})
	}
	mux.HandleFunc("GET /v2/projects/{id}/comments", func(w http.ResponseWriter, r *http.Request) {
		comments := s.Notes.ListedOn(hub.ModelOpportunity, r.PathValue("id"))
		slices.Reverse(comments) // the most recent first
		writePage(w, r, fixed, comments, showComment)
	})
	mux.HandleFunc("POST /v2/projects/{id}/comments", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Comment struct {
				Content string `json:"content"`
			} `json:"comment"`
		}
		_, there := s.Get(hub.ModelOpportunity, r.PathValue("id"))
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !there {
			notFound(w)
			return
		}
		if s.Notes.TooLong(body.Comment.Content) {
			simulator.WriteJSON(w, http.StatusUnprocessableEntity, map[string]any{"errors": []string{"Content is too long"}})
			return
		}
		if reason := s.Notes.Refused(); reason != "" {
			simulator.WriteJSON(w, http.StatusUnprocessableEntity, map[string]any{"errors": []string{reason}})
			return
		}
		simulator.WriteJSON(w, http.StatusCreated, showComment(s.Notes.Add(hub.ModelOpportunity, r.PathValue("id"), body.Comment.Content)))
	})
}

func notFound(w http.ResponseWriter) {
	simulator.WriteJSON(w, http.StatusNotFound, map[string]any{"errors": []string{"Record not found"}})
}

// all is more rows than a simulator has.
const all = 1 << 30

func writePage[T any](w http.ResponseWriter, r *http.Request, fixed int, rows []T, show func(T) map[string]any) {
	number, size := page(r.URL.Query())
	if fixed > 0 {
		size = fixed
	}
	part, _, _ := simulator.Part(rows, (number-1)*size, size)
	items := []map[string]any{}
	for _, row := range part {
		items = append(items, show(row))
	}
	simulator.WriteJSON(w, http.StatusOK, items)
}

func page(q url.Values) (number, size int) {
	number, size = 1, 25
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		number = n
	}
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil && n > 0 {
		size = min(n, maxPageSize)
	}
	return number, size
}

func status(r hub.Record) string {
	if r.Deleted {
		return "deleted"
	}
	return "active"
}

// seconds are a wire time in whole seconds of Unix time.
func seconds(wire string) int64 {
	at, err := time.Parse(time.RFC3339, wire)
	if err != nil {
		panic("simulator: a record has the time " + wire)
	}
	return at.Unix()
}

func showUser(r hub.Record) map[string]any {
	return map[string]any{
		"id": r.ExternalID, "company_id": companyID, "email_address": r.Details.Email, "status": status(r), "first_name": r.Details.FirstName,
		"last_name": r.Details.LastName, "phone_number": nil, "created_at": seconds(r.Details.CreatedAt), "updated_at": r.ModifiedAt.Unix(),
	}
}

// The rows of projects have more that is random than a project shows: what belongs to one is made of that. A test that changes a
// row says otherwise by Refs.User, who alone is assigned, Details.Latitude and Longitude, and Details.Phones, of its contact.

// assigned are the ids of the users who are assigned to a project: none, one or two of the first five.
func assigned(r hub.Record) []string {
	if r.Refs.User != "" {
		return []string{r.Refs.User}
	}
	n := number(r)
	ids := []string{firstUser(n), firstUser(n + 1)}
	return ids[:n%3]
}

// firstUser is the id of one of the five users that there are at least.
func firstUser(n int) string { return strconv.Itoa(1_100_000_000 + n%5) }

// number tells rows apart where what differs among them is wanted: by the amount, which projects do not show.
func number(r hub.Record) int { return int(*r.Details.Amount) / 50 }

// labels are what a project is labelled with: how it stands, where it is not open.
func labels(r hub.Record) []string {
	if r.Details.Disposition == "OPEN" {
		return nil
	}
	return []string{"Sold or not", strings.ToLower(r.Details.Disposition)}
}

func showLabel(text string) map[string]any {
	return map[string]any{"id": text, "company_id": companyID, "display_value": text, "value": strings.ToLower(text), "created_at": 1700000000, "updated_at": 1700000000}
}

// place is where a project is: every fourth has no address, every fifth no coordinates but zeros.
func place(r hub.Record) (address map[string]any, street string, lat, lon float64) {
	n := number(r)
	address = map[string]any{"street_address_1": nil, "street_address_2": nil, "city": nil, "state": nil, "postal_code": nil, "country": nil}
	if n%4 != 0 {
		at := hub.Address{Street: strconv.Itoa(n) + " Oak St", City: "Denver", State: "CO", Zip: "80202"}
		if len(r.Details.Addresses) > 0 { // a team's projects are where their customers are
			at = r.Details.Addresses[0]
		}
		street = at.Street
		address = map[string]any{
			"street_address_1": street, "street_address_2": nil, "city": at.City, "state": at.State, "postal_code": at.Zip, "country": "US",
		}
	}
	if n%5 != 0 {
		lat, lon = 25+float64(n)/64, -120+float64(n)/64
	}
	if r.Details.Latitude != nil && r.Details.Longitude != nil {
		lat, lon = *r.Details.Latitude, *r.Details.Longitude
	}
	return address, street, lat, lon
}

// nameless reports whether a project has no name.
func nameless(r hub.Record) bool { return number(r)%6 == 1 && !strings.Contains(r.Name, "#") }

// contactID is that of a project's contact; empty where it has none.
func contactID(r hub.Record) string {
	if number(r)%2 == 0 && len(r.Details.Phones) == 0 {
		return ""
	}
	return "7" + r.ExternalID[1:]
}

func contactName(r hub.Record) string {
	if r.Details.LastName != "" { // a team's projects know whose they are
		return strings.TrimSpace(r.Details.FirstName + " " + r.Details.LastName)
	}
	return "Customer of " + r.ExternalID
}

func contactPhone(r hub.Record) string {
	if len(r.Details.Phones) > 0 {
		return r.Details.Phones[0]
	}
	return fmt.Sprintf("+1 555 010 %04d", number(r))
}

func showProject(r hub.Record) map[string]any {
	address, _, lat, lon := place(r)
	item := map[string]any{
		"id": r.ExternalID, "company_id": companyID, "status": status(r), "archived": archived(r), "name": r.Name, "address": address,
		"coordinates": map[string]any{"lat": lat, "lon": lon}, "project_url": projectURL(r), "created_at": seconds(r.Details.CreatedAt), "updated_at": r.ModifiedAt.Unix(),
	}
	if nameless(r) {
		item["name"] = nil
	}
	if r.Refs.Owner != "" {
		item["creator_id"], item["creator_type"] = r.Refs.Owner, "User"
	}
	if id := contactID(r); id != "" {
		item["primary_contact"] = map[string]any{
			"id": id, "project_id": r.ExternalID, "name": contactName(r), "phone_number": contactPhone(r),
			"created_at": seconds(r.Details.CreatedAt), "updated_at": seconds(r.Details.CreatedAt),
		}
	}
	return item
}

func archived(r hub.Record) bool { return number(r)%7 == 0 }

func projectURL(r hub.Record) string { return "https://app.companycam.com/projects/" + r.ExternalID }

func showComment(n simulator.Note) map[string]any {
	return map[string]any{
		"id": n.ID, "commentable_id": n.ExternalID, "commentable_type": "Project", "status": "active", "content": n.Text,
		"created_at": n.CreatedAt.Unix(), "updated_at": n.CreatedAt.Unix(),
	}
}

// held is a row less what the vendor does not tell of it, and what comes with it. Its times are in whole seconds.
func held(r hub.Record) []hub.Record {
	wire := func(unix int64) string { return hub.WireTime(time.Unix(unix, 0)) }
	d := r.Details
	r.ModifiedAt = r.ModifiedAt.Truncate(time.Second)
	shown := hub.Record{Model: r.Model, ExternalID: r.ExternalID, ModifiedAt: r.ModifiedAt, Deleted: r.Deleted, MergedInto: r.MergedInto, Name: r.Name}
	shown.Details = hub.Details{CreatedAt: wire(seconds(d.CreatedAt)), UpdatedAt: wire(r.ModifiedAt.Unix())}
	if r.Model == hub.ModelUser {
		shown.Details.FirstName, shown.Details.LastName, shown.Details.Email, shown.Details.Emails = d.FirstName, d.LastName, d.Email, d.Emails
		return []hub.Record{shown}
	}
	address, street, lat, lon := place(r)
	if street != "" {
		text := func(name string) string { s, _ := address[name].(string); return s }
		shown.Details.Addresses = []hub.Address{{Street: street, City: text("city"), State: text("state"), Zip: text("postal_code"), Country: text("country")}}
	}
	if lat != 0 || lon != 0 {
		shown.Details.Latitude, shown.Details.Longitude = &lat, &lon
	}
	if nameless(r) {
		shown.Name = street
	}
	put := archived(r)
	shown.Details.Archived, shown.Details.URL, shown.Details.Labels = &put, projectURL(r), labels(r)
	shown.Refs.Owner = r.Refs.Owner
	all := []hub.Record{shown}
	if id := contactID(r); id != "" {
		all[0].Refs.Contact = "contact:" + id
		created := wire(seconds(d.CreatedAt))
		all = append(all, hub.Record{
			Model: hub.ModelContact, ExternalID: "contact:" + id, Deleted: r.Deleted, Name: contactName(r), Refs: hub.Refs{Opportunity: r.ExternalID},
			Details: hub.Details{Phones: []string{contactPhone(r)}, CreatedAt: created, UpdatedAt: created},
		})
	}
	for _, user := range assigned(r) {
		all = append(all, hub.Record{
			Model: hub.ModelOpportunityUser, ExternalID: fmt.Sprintf("assigned:%d:%s:%s", len(r.ExternalID), r.ExternalID, user), Deleted: r.Deleted,
			Refs: hub.Refs{Opportunity: r.ExternalID, User: user},
		})
	}
	return all
}
