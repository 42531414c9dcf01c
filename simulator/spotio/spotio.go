// Package spotio stands in for SPOTIO: lists that scroll in the order of creation, whose scrolls age, exports of what was
// updated after a time, a list of what was deleted, activities by when they take place and by no other question, and
// access tokens that are JSON Web Tokens.
package spotio

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
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
	// pageSize is how many items a page of a list has that takes no number.
	pageSize = 50
	// scrollLife is how long a scroll can be gone on with.
	scrollLife = 5 * time.Minute

	typesPath, templatesPath = "/api/workflow/dataObjects/full", "/api/workflow/activityTemplates"
	teamsPath                = "/api/Teams/all"

	// CompanyID is the id of the stand-in's company, and teamID that of its one team.
	CompanyID, teamID = "3811", "17"
)

// New returns a stand-in for SPOTIO whose activities take place within weeks of its beginning.
func New(o simulator.Options) *simulator.Server { return standIn(o, false) }

// NewWide returns one whose activities take place within years, some of which are gone ghosts.
func NewWide(o simulator.Options) *simulator.Server { return standIn(o, true) }

// vendor is what the stand-in has beside its rows.
type vendor struct {
	*simulator.Server
	// base is the day that activities are around; wide says that they are within years of it.
	base time.Time
	wide bool
	// team says that the rows are those of a team at work: then a visit is when its row is, at the place of its lead.
	team bool
}

func standIn(o simulator.Options, wide bool) *simulator.Server {
	v := &vendor{wide: wide, team: !o.Around.IsZero()}
	v.Server = simulator.New(simulator.Platform{
		Name:    hub.PlatformSpotio,
		Spec:    spec,
		Models:  []hub.Model{hub.ModelUser, hub.ModelLead, hub.ModelEngagement},
		Turning: []hub.Model{hub.ModelEngagement},
		IDs:     simulator.Objects,
		Values: func(origin string) map[string]string {
			return map[string]string{"clientId": clientID, "secret": secret, "baseURL": origin}
		},
		Refuses:  func(r *http.Request) int { return refuses(r, v.Now()) },
		Routes:   func(mux *http.ServeMux, _ *simulator.Server) { v.routes(mux) },
		Held:     func(r hub.Record) []hub.Record { return v.held(r) },
		Items:    "items",
		Statuses: []string{typesPath, templatesPath, teamsPath},
		Repeat: func(r *http.Request, answer map[string]any) {
			if answer["items"] != nil {
				answer["scrollId"] = scrollOf(r)
			}
		},
	}, o)
	v.base = v.Now().Truncate(24 * time.Hour)
	return v.Server
}

func (v *vendor) routes(mux *http.ServeMux) {
	v.webhookRoutes(mux)
	mux.HandleFunc("POST "+tokenPath, func(w http.ResponseWriter, r *http.Request) { giveToken(w, r, v.Now()) })
	mux.HandleFunc("GET "+typesPath, func(w http.ResponseWriter, _ *http.Request) { simulator.WriteJSON(w, http.StatusOK, types) })
	mux.HandleFunc("GET "+templatesPath, func(w http.ResponseWriter, _ *http.Request) { simulator.WriteJSON(w, http.StatusOK, templates) })
	mux.HandleFunc("GET "+teamsPath, func(w http.ResponseWriter, _ *http.Request) {
		simulator.WriteJSON(w, http.StatusOK, []map[string]any{{"id": teamID, "name": "Everybody", "parentId": nil, "visible": true, "assignable": true}})
	})
	mux.HandleFunc("GET /api/Teams/{id}", v.showTeam)
	mux.HandleFunc("GET /api/v2/users/list", v.listUsers)
	mux.HandleFunc("GET /api/Exports/dataObjects/data", func(w http.ResponseWriter, r *http.Request) {
		v.scroll(w, r, "items", simulator.Listing{Model: hub.ModelLead, HideDeleted: true, Since: timeOf(r, "updatedAfter"), Strict: true, Limit: pageSize}, showExported)
	})
	mux.HandleFunc("GET /api/DataObjects/deleted", func(w http.ResponseWriter, r *http.Request) {
		v.scroll(w, r, "deletedDataObjects", simulator.Listing{
			Model: hub.ModelLead, Since: timeOf(r, "startDate"), Before: timeOf(r, "endDate"), Keep: v.WasDeleted, Limit: pageSize,
		}, func(r hub.Record) map[string]any {
			return map[string]any{"id": r.ExternalID, "deletedAt": hub.WireTime(r.ModifiedAt), "deletedById": nil, "dataObject": map[string]any{"typeId": typeOf(r)}}
		})
	})
	mux.HandleFunc("GET /api/DataObjects/{id}", func(w http.ResponseWriter, r *http.Request) { v.one(w, r, hub.ModelLead, v.showAlone) })
	mux.HandleFunc("GET /api/v2/activities/{id}", func(w http.ResponseWriter, r *http.Request) {
		if n, ok := v.Notes.ListedByID(r.PathValue("id")); ok {
			simulator.WriteJSON(w, http.StatusOK, showNote(n))
			return
		}
		v.one(w, r, hub.ModelEngagement, v.showActivity)
	})
	mux.HandleFunc("GET /api/v2/activities/feed", v.feed)
	mux.HandleFunc("GET /api/DataObjects/{id}/activities/historical", v.history)
	mux.HandleFunc("POST /api/v2/activities", v.addActivity)
	mux.HandleFunc("PATCH /api/v2/activities/{id}", v.changeActivity)
}

// timeOf is a time of the query; zero where it has none.
func timeOf(r *http.Request, name string) time.Time {
	at, _ := time.Parse(time.RFC3339, r.URL.Query().Get(name))
	return at
}

func problem(w http.ResponseWriter, status int, field, text string) {
	simulator.WriteJSON(w, status, map[string]any{"errors": map[string]string{field: text}})
}

// scrollOf is the scroll that a request goes on with, whichever way its path spells that.
func scrollOf(r *http.Request) string {
	q := r.URL.Query()
	return cmp.Or(q.Get("scrollId"), q.Get("ScrollId"))
}

// begunAt reads where a scroll goes on, and answers where it has aged.
func (v *vendor) begunAt(w http.ResponseWriter, r *http.Request) (from int, ok bool) {
	id := scrollOf(r)
	if id == "" {
		return 0, true
	}
	var given int64
	if _, err := fmt.Sscanf(id, "scroll-%d-%d", &from, &given); err != nil || v.Now().Sub(time.Unix(given, 0)) > scrollLife {
		problem(w, http.StatusBadRequest, "scrollId", "The scroll is over.")
		return 0, false
	}
	return from, true
}

// scroll answers with a page of a list.
func (v *vendor) scroll(w http.ResponseWriter, r *http.Request, name string, l simulator.Listing, show func(hub.Record) map[string]any) {
	from, ok := v.begunAt(w, r)
	if !ok {
		return
	}
	l.From = from
	rows, next, more := v.List(l)
	items := []map[string]any{}
	for _, row := range rows {
		items = append(items, show(row))
	}
	v.answer(w, name, items, next, more)
}

func (v *vendor) answer(w http.ResponseWriter, name string, items []map[string]any, next int, more bool) {
	answer := map[string]any{name: items, "scrollId": nil}
	if more {
		answer["scrollId"] = fmt.Sprintf("scroll-%d-%d", next, v.Now().Unix())
	}
	simulator.WriteJSON(w, http.StatusOK, answer)
}

func (v *vendor) showTeam(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("id") != teamID {
		problem(w, http.StatusNotFound, "_", "Not found.")
		return
	}
	since := hub.WireTime(v.base)
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"id": teamID, "companyId": CompanyID, "name": "Everybody", "parentId": nil, "createdAt": since, "updatedAt": since, "usersIds": []string{}})
}

func (v *vendor) listUsers(w http.ResponseWriter, r *http.Request) {
	l := simulator.Listing{Model: hub.ModelUser, HideDeleted: true, Limit: 20}
	if n, err := strconv.Atoi(r.URL.Query().Get("pageSize")); err == nil && n > 0 {
		l.Limit = n
	}
	if ids := r.URL.Query().Get("userIds"); ids != "" {
		l.Keep = func(u hub.Record) bool { return slices.Contains(strings.Split(ids, ","), u.ExternalID) }
	}
	v.scroll(w, r, "items", l, showUser)
}

// feed lists activities of all kinds by when they take place.
func (v *vendor) feed(w http.ResponseWriter, r *http.Request) {
	from, until := timeOf(r, "StartDate"), timeOf(r, "EndDate")
	ghosts := r.URL.Query().Get("IncludeGhosts") == "true"
	v.scroll(w, r, "items", simulator.Listing{Model: hub.ModelEngagement, HideDeleted: true, Limit: pageSize, Keep: func(a hub.Record) bool {
		start := v.start(a)
		return (from.IsZero() || !start.Before(from)) && (until.IsZero() || start.Before(until)) && (ghosts || !v.ghost(a))
	}}, v.showFed)
}

func (v *vendor) one(w http.ResponseWriter, r *http.Request, m hub.Model, show func(hub.Record) map[string]any) {
	row, there := v.Get(m, r.PathValue("id"))
	if !there || row.Deleted {
		problem(w, http.StatusNotFound, "_", "Not found.")
		return
	}
	simulator.WriteJSON(w, http.StatusOK, show(row))
}

// history lists what was done at a lead: its notes, and one call before them.
func (v *vendor) history(w http.ResponseWriter, r *http.Request) {
	lead := r.PathValue("id")
	from, ok := v.begunAt(w, r)
	if !ok {
		return
	}
	if row, there := v.Get(hub.ModelLead, lead); !there || row.Deleted {
		problem(w, http.StatusNotFound, "_", "Not found.")
		return
	}
	items := []map[string]any{{
		"id": simulator.ObjectID("CALL", 1), "activityTemplateId": callTemplate, "date": "2026-01-05T10:00:00.000Z", "allDay": false, "dataObjectId": lead, "notes": nil, "reference": nil,
	}}
	for _, n := range v.Notes.ListedOn(hub.ModelLead, lead) {
		items = append(items, map[string]any{
			"id": n.ID, "activityTemplateId": noteTemplate, "type": "Note", "date": hub.WireTime(n.CreatedAt), "allDay": false, "dataObjectId": lead,
			"notes": n.Text, "reference": n.Label,
		})
	}
	slices.Reverse(items)
	part, next, more := simulator.Part(items, from, 20)
	v.answer(w, "items", part, next, more)
}

// changeActivity gives a note another text, by a merge patch; nothing else of an activity can be changed here.
func (v *vendor) changeActivity(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != "application/merge-patch+json" {
		problem(w, http.StatusUnsupportedMediaType, "_", "It is no merge patch.")
		return
	}
	var body map[string]string
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body) != 1 || body["notes"] == "" {
		problem(w, http.StatusBadRequest, "notes", "It is no change of a note.")
		return
	}
	if v.Notes.TooLong(body["notes"]) {
		problem(w, http.StatusUnprocessableEntity, "notes", "It is too long.")
		return
	}
	id := r.PathValue("id")
	if !v.Notes.Change(id, body["notes"]) {
		problem(w, http.StatusNotFound, "_", "Not found.")
		return
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"id": id, "type": "Note", "isNote": true, "done": true, "notes": body["notes"], "activityTemplateId": noteTemplate})
}

// addActivity makes a note; other activities it does not make.
func (v *vendor) addActivity(w http.ResponseWriter, r *http.Request) {
	var body struct {
		DataObject string `json:"dataObjectId"`
		IsNote     bool   `json:"isNote"`
		Notes      string `json:"notes"`
		Reference  string `json:"reference"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !body.IsNote || body.Notes == "" {
		problem(w, http.StatusBadRequest, "notes", "It is no note.")
		return
	}
	if row, there := v.Get(hub.ModelLead, body.DataObject); !there || row.Deleted {
		problem(w, http.StatusBadRequest, "dataObjectId", "There is no such data object.")
		return
	}
	if v.Notes.TooLong(body.Notes) {
		problem(w, http.StatusUnprocessableEntity, "notes", "It is too long.")
		return
	}
	if reason := v.Notes.Refused(); reason != "" {
		problem(w, http.StatusUnprocessableEntity, "dataObjectId", reason)
		return
	}
	simulator.WriteJSON(w, http.StatusOK, showNote(v.Notes.AddLabelled(hub.ModelLead, body.DataObject, body.Reference, body.Notes)))
}

// showNote shows a note as an activity alone.
func showNote(n simulator.Note) map[string]any {
	return map[string]any{
		"id": n.ID, "dataObjectId": n.ExternalID, "type": "Note", "isNote": true, "done": true, "allDay": false, "autoExecution": false,
		"notes": n.Text, "reference": n.Label, "date": hub.WireTime(n.CreatedAt), "activityTemplateId": noteTemplate,
	}
}
