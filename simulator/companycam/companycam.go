// Package companycam stands in for CompanyCam. Projects come with the latest change first and users by
// name, in pages with numbers and without those deleted: what changes or goes while someone pages shifts the rows,
// as at the vendor.
package companycam

import (
	_ "embed"
	"encoding/json"
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
	mux.HandleFunc("GET /v2/users/current", func(w http.ResponseWriter, _ *http.Request) {
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"id": "1", "company_id": "1", "first_name": "Ada", "last_name": "Admin", "status": "active"})
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
		comments := s.Notes.On(hub.ModelOpportunity, r.PathValue("id"))
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
		"id": r.ExternalID, "company_id": "1", "email_address": r.Details.Email, "status": status(r), "first_name": r.Details.FirstName,
		"last_name": r.Details.LastName, "phone_number": nil, "created_at": seconds(r.Details.CreatedAt), "updated_at": r.ModifiedAt.Unix(),
	}
}

func showProject(r hub.Record) map[string]any {
	item := map[string]any{
		"id": r.ExternalID, "company_id": "1", "status": status(r), "archived": false, "name": r.Name,
		"created_at": seconds(r.Details.CreatedAt), "updated_at": r.ModifiedAt.Unix(),
	}
	if r.Refs.Owner != "" {
		item["creator_id"], item["creator_type"] = r.Refs.Owner, "User"
	}
	return item
}

func showComment(n simulator.Note) map[string]any {
	return map[string]any{
		"id": n.ID, "commentable_id": n.ExternalID, "commentable_type": "Project", "status": "active", "content": n.Text,
		"created_at": n.CreatedAt.Unix(), "updated_at": n.CreatedAt.Unix(),
	}
}

// held is a row less what the vendor does not tell of it. Its times are in whole seconds.
func held(r hub.Record) []hub.Record {
	wire := func(unix int64) string { return hub.WireTime(time.Unix(unix, 0)) }
	keep := hub.Details{CreatedAt: wire(seconds(r.Details.CreatedAt)), UpdatedAt: wire(r.ModifiedAt.Unix())}
	refs := hub.Refs{}
	if r.Model == hub.ModelUser {
		keep.FirstName, keep.LastName, keep.Email, keep.Emails = r.Details.FirstName, r.Details.LastName, r.Details.Email, r.Details.Emails
	} else {
		refs.Owner = r.Refs.Owner
	}
	r.Details, r.Refs, r.ModifiedAt = keep, refs, r.ModifiedAt.Truncate(time.Second)
	return []hub.Record{r}
}
