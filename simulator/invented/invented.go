// Package invented stands in for CRMs that nobody sells: one for each usual way of paging, and between them each usual way of
// showing who asks, of writing times, and of telling what was deleted. What is declared in a file is held against them.
package invented

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

// Kind is what one of them is like.
type Kind string

// The kinds, by their paging.
const (
	// Number has pages with numbers, in the order of creation; API keys in a header; times in RFC 3339; ids that are numbers;
	// and does not tell of what was deleted.
	Number Kind = "NUMBER"
	// Offset has offsets, in the order of change; user and password; times in milliseconds; and does not tell of what was
	// deleted either.
	Offset Kind = "OFFSET"
	// Cursor has cursors; access tokens that end; times in seconds; and a list of what was deleted.
	Cursor Kind = "CURSOR"
	// Link has links in a header; API keys in the query; times in RFC 3339; and tells of what was deleted in its lists.
	Link Kind = "LINK"
)

const (
	apiKey   = "invented-key-of-the-simulator"
	user     = "invented-user"
	password = "invented-password-of-the-simulator"
	secret   = "invented-secret-of-the-simulator"
	bearer   = "invented-token-of-the-simulator"

	base      = "/api"
	tokenPath = "/oauth/token" //nolint:gosec // a path
	tokenLife = time.Hour
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Number, Offset, Cursor, Link} }

// Platform is what the kind's platform is called.
func (k Kind) Platform() hub.Platform { return hub.Platform("INVENTED_" + string(k)) }

// paths are the lists' names.
var paths = map[string]hub.Model{"people": hub.ModelUser, "customers": hub.ModelContact, "deals": hub.ModelOpportunity, "meetings": hub.ModelEngagement}

// New returns a function that makes stand-ins of the kind.
func New(k Kind) func(simulator.Options) *simulator.Server {
	spec := simulator.NewSpec(description(k))
	return func(o simulator.Options) *simulator.Server {
		v := &vendor{kind: k}
		p := simulator.Platform{
			Name: k.Platform(), Spec: spec, Unspecified: []string{base + tokenPath}, Statuses: []string{base + "/me"},
			Models: []hub.Model{hub.ModelUser, hub.ModelContact, hub.ModelOpportunity, hub.ModelEngagement},
			IDs:    simulator.UUIDs, Values: k.values, Refuses: k.refuses,
			Routes: func(mux *http.ServeMux, s *simulator.Server) { v.Server = s; v.routes(mux) },
			Held:   func(r hub.Record) []hub.Record { return v.held(r) },
			Items:  "items",
			Repeat: func(r *http.Request, answer map[string]any) { answer["cursor"] = r.URL.Query().Get("cursor") },
		}
		switch k {
		case Number:
			p.IDs = simulator.Numbers
		case Link:
			p.Items = ""
		}
		return simulator.New(p, o)
	}
}

func (k Kind) values(origin string) map[string]string {
	values := map[string]string{"baseURL": origin + base}
	switch k {
	case Number, Link:
		values["apiKey"] = apiKey
	case Offset:
		values["user"], values["password"] = user, password
	case Cursor:
		values["clientId"], values["clientSecret"] = user, secret
	}
	return values
}

func (k Kind) refuses(r *http.Request) int {
	name, given, _ := r.BasicAuth()
	if k == Number && r.Header.Get("X-Api-Key") == apiKey || k == Offset && name == user && given == password ||
		k == Cursor && (r.Header.Get("Authorization") == "Bearer "+bearer || r.URL.Path == base+tokenPath) || k == Link && r.URL.Query().Get("key") == apiKey {
		return 0
	}
	return http.StatusUnauthorized
}

// vendor is a stand-in of a kind.
type vendor struct {
	*simulator.Server
	kind Kind
}

func (v *vendor) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+base+tokenPath, v.giveToken)
	mux.HandleFunc("GET "+base+"/me", func(w http.ResponseWriter, _ *http.Request) {
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"company": map[string]any{"id": 77, "name": "Acme Roofing"}})
	})
	for path, m := range paths {
		mux.HandleFunc("GET "+base+"/"+path, func(w http.ResponseWriter, r *http.Request) { v.list(w, r, m) })
		mux.HandleFunc("GET "+base+"/"+path+"/deleted", func(w http.ResponseWriter, r *http.Request) { v.listDeleted(w, r, m) })
		mux.HandleFunc("GET "+base+"/"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
			row, there := v.Get(m, r.PathValue("id"))
			if !there || row.Deleted {
				simulator.WriteJSON(w, http.StatusNotFound, map[string]string{"error": "not found"})
				return
			}
			simulator.WriteJSON(w, http.StatusOK, v.show(row))
		})
	}
	mux.HandleFunc("GET "+base+"/deals/{id}/notes", func(w http.ResponseWriter, r *http.Request) {
		var items []map[string]any
		for _, n := range v.Notes.ListedOn(hub.ModelOpportunity, r.PathValue("id")) {
			items = append(items, map[string]any{"id": n.ID, "text": n.Text})
		}
		v.part(w, r, items)
	})
	mux.HandleFunc("POST "+base+"/deals/{id}/notes", v.addNote)
}

func (v *vendor) giveToken(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("client_id") != user || r.FormValue("client_secret") != secret {
		simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_client"})
		return
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"access_token": bearer, "expires_in": int(tokenLife.Seconds())})
}

func (v *vendor) addNote(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Note struct {
			Text string `json:"text"`
		} `json:"note"`
	}
	id := r.PathValue("id")
	row, there := v.Get(hub.ModelOpportunity, id)
	switch err := json.NewDecoder(r.Body).Decode(&body); {
	case err != nil || !there || row.Deleted:
		simulator.WriteJSON(w, http.StatusNotFound, map[string]string{"error": "not found"})
	case v.Notes.TooLong(body.Note.Text):
		simulator.WriteJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": "too long"})
	default:
		simulator.WriteJSON(w, http.StatusCreated, map[string]any{"id": v.Notes.Add(hub.ModelOpportunity, id, body.Note.Text).ID})
	}
}

// since is from when on a request asks for changes; zero where for all.
func (v *vendor) since(r *http.Request) time.Time {
	text := r.URL.Query().Get("since")
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		at, _ := time.Parse(time.RFC3339, text)
		return at
	case v.kind == Offset:
		return time.UnixMilli(n)
	}
	return time.Unix(n, 0)
}

func (v *vendor) list(w http.ResponseWriter, r *http.Request, m hub.Model) {
	l := simulator.Listing{Model: m, ByChange: v.kind == Offset || v.kind == Link, HideDeleted: v.kind != Link, Since: v.since(r), Limit: size(r)}
	q := r.URL.Query()
	switch v.kind {
	case Number:
		l.Skip = (max(number(q, "page"), 1) - 1) * l.Limit
	case Offset:
		l.Skip = number(q, "offset")
	case Cursor, Link:
		l.From = number(q, "cursor")
	}
	rows, next, more := v.List(l)
	items := []map[string]any{}
	for _, row := range rows {
		items = append(items, v.show(row))
	}
	v.answer(w, r, items, next, more)
}

func (v *vendor) listDeleted(w http.ResponseWriter, r *http.Request, m hub.Model) {
	rows, next, more := v.List(simulator.Listing{
		Model: m, ByChange: true, Since: v.since(r), Keep: v.WasDeleted, From: number(r.URL.Query(), "cursor"), Limit: size(r),
	})
	items := []map[string]any{}
	for _, row := range rows {
		items = append(items, map[string]any{"id": row.ExternalID, "deleted": v.time(row.ModifiedAt)})
	}
	v.answer(w, r, items, next, more)
}

// part answers with a page of all the items.
func (v *vendor) part(w http.ResponseWriter, r *http.Request, all []map[string]any) {
	q, limit := r.URL.Query(), size(r)
	from := number(q, "cursor") + number(q, "offset")
	if v.kind == Number {
		from = (max(number(q, "page"), 1) - 1) * limit
	}
	items, next, more := simulator.Part(all, from, limit)
	v.answer(w, r, append([]map[string]any{}, items...), next, more)
}

func (v *vendor) answer(w http.ResponseWriter, r *http.Request, items []map[string]any, next int, more bool) {
	switch v.kind {
	case Link:
		if more {
			q := r.URL.Query()
			q.Set("cursor", strconv.Itoa(next))
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s>; rel="first", <%s?%s>; rel="next"`, r.Host, r.URL.Path, r.URL.Path, q.Encode()))
		}
		simulator.WriteJSON(w, http.StatusOK, items)
	case Cursor:
		answer := map[string]any{"items": items, "cursor": nil}
		if more {
			answer["cursor"] = strconv.Itoa(next)
		}
		simulator.WriteJSON(w, http.StatusOK, answer)
	default:
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"items": items})
	}
}

func number(q url.Values, name string) int {
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// size is how many items a page has: 50 at most.
func size(r *http.Request) int { return min(cmp.Or(number(r.URL.Query(), "limit"), 25), 50) }

// time is how the vendor writes a time.
func (v *vendor) time(at time.Time) any {
	switch v.kind {
	case Offset:
		return at.UnixMilli()
	case Cursor:
		return at.Unix()
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// seen is a time as it can be told from what the vendor writes.
func (v *vendor) seen(at time.Time) time.Time {
	switch v.kind {
	case Offset:
		return at.Truncate(time.Millisecond)
	case Cursor:
		return at.Truncate(time.Second)
	}
	return at
}

// id is how the vendor writes an id.
func (v *vendor) id(id string) any {
	if n, err := strconv.Atoi(id); err == nil && v.kind == Number {
		return n
	}
	if id == "" {
		return nil
	}
	return id
}

// attendees are the users in a meeting: its owner, where it has one.
func attendees(r hub.Record) []string {
	if r.Refs.Owner == "" {
		return nil
	}
	return []string{r.Refs.Owner}
}

func (v *vendor) show(r hub.Record) map[string]any {
	d := r.Details
	item := map[string]any{"id": v.id(r.ExternalID), "changed": v.time(r.ModifiedAt)}
	if v.kind == Link {
		item["removed"] = r.Deleted
	}
	switch r.Model {
	case hub.ModelUser:
		item["first"], item["last"], item["mail"] = d.FirstName, d.LastName, strings.ToUpper(d.Email)
	case hub.ModelContact:
		item["first"], item["last"], item["mail"], item["owner"] = d.FirstName, d.LastName, d.Email, v.id(r.Refs.Owner)
		item["phones"] = []map[string]any{{"kind": "fax", "number": "+1 555 000 0000"}, {"kind": "main", "number": d.Phones[0]}, {"kind": "main", "number": ""}}
		a := d.Addresses[0]
		item["place"] = map[string]any{"street": a.Street, "city": a.City, "region": a.State, "code": a.Zip, "position": map[string]any{"lat": *d.Latitude, "lon": *d.Longitude}}
	case hub.ModelOpportunity:
		item["title"], item["worth"], item["state"] = r.Name, fmt.Sprintf("%.2f", *d.Amount), strings.ToLower(d.Disposition)
		item["customer"], item["owner"] = v.id(r.Refs.Contact), v.id(r.Refs.Owner)
	case hub.ModelEngagement:
		item["title"], item["begins"], item["ends"], item["deal"], item["customer"] = r.Name, v.time(r.StartTime), v.time(r.EndTime), v.id(r.Refs.Opportunity), v.id(r.Refs.Contact)
		people := []map[string]any{}
		for _, u := range attendees(r) {
			people = append(people, map[string]any{"user": v.id(u), "role": "rep"}, map[string]any{"user": nil, "role": "guest"})
		}
		item["people"] = people
	}
	return item
}

// held is a row less what the vendor does not tell of it, and what comes with it.
func (v *vendor) held(r hub.Record) []hub.Record {
	d := r.Details
	at := v.seen(r.ModifiedAt)
	shown := hub.Record{Model: r.Model, ExternalID: r.ExternalID, ModifiedAt: at, Deleted: r.Deleted, Name: r.Name, Details: hub.Details{UpdatedAt: hub.WireTime(at)}}
	switch r.Model {
	case hub.ModelUser:
		shown.Details.FirstName, shown.Details.LastName, shown.Details.Email, shown.Details.Emails = d.FirstName, d.LastName, d.Email, d.Emails
	case hub.ModelContact:
		shown.Details.FirstName, shown.Details.LastName, shown.Details.Email, shown.Details.Emails, shown.Details.Phones = d.FirstName, d.LastName, d.Email, d.Emails, d.Phones
		shown.Details.Addresses = []hub.Address{{Street: d.Addresses[0].Street, City: d.Addresses[0].City, State: d.Addresses[0].State, Zip: d.Addresses[0].Zip}}
		shown.Details.Latitude, shown.Details.Longitude, shown.Refs.Owner = d.Latitude, d.Longitude, r.Refs.Owner
	case hub.ModelOpportunity:
		shown.Details.Amount, shown.Details.Disposition, shown.Details.URL = d.Amount, d.Disposition, "https://app.invented.example/deals/"+r.ExternalID
		shown.Refs = hub.Refs{Contact: r.Refs.Contact, Owner: r.Refs.Owner}
	case hub.ModelEngagement:
		shown.Details.Subject, shown.Details.ActivityType, shown.StartTime, shown.EndTime = r.Name, "APPOINTMENT", r.StartTime, r.EndTime
		shown.Refs = hub.Refs{Opportunity: r.Refs.Opportunity, Contact: r.Refs.Contact}
		all := []hub.Record{shown}
		for _, u := range attendees(r) {
			all = append(all, hub.Record{Model: hub.ModelEngagementUser, ExternalID: hub.JoinID(r.ExternalID, u), Deleted: r.Deleted, Refs: hub.Refs{Engagement: r.ExternalID, User: u}})
		}
		return all
	}
	return []hub.Record{shown}
}
