package spotio

import (
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

// The ids of what the customer made.
const (
	leadType, customerType                                         = 1, 2
	fieldFirst, fieldLast, fieldPhone, fieldEmail, fieldRoof       = 100002, 100003, 100005, 100006, 100021
	appointmentTemplate, visitTemplate, noteTemplate, callTemplate = "11", "12", "13", "14"
	demoTemplate                                                   = "31"
	resultMet                                                      = "5"
)

// stageNames are the stages of each type; the first two are active, then come one won and one lost.
var stageNames = []string{"New", "Contacted", "Sold", "Not interested"}

// types are the customer's types of data objects.
var types = func() []map[string]any {
	var all []map[string]any
	for _, t := range []struct {
		id   int
		name string
	}{{leadType, "Lead"}, {customerType, "Customer"}} {
		stage := func(n int) map[string]any {
			return map[string]any{"id": strconv.Itoa(10*t.id + n), "name": stageNames[n]}
		}
		field := func(id int, name, kind, role string) map[string]any {
			f := map[string]any{
				"id": strconv.Itoa(id), "name": name, "type": kind, "createdAt": "2024-01-01T00:00:00.000Z", "updatedAt": "2024-01-01T00:00:00.000Z",
			}
			if role != "" {
				f["systemRole"] = role
			}
			return f
		}
		all = append(all, map[string]any{
			"id": strconv.Itoa(t.id), "name": t.name, "hasAddress": true, "hasPhone": true, "hasEmail": true,
			"fields": []any{
				field(fieldFirst, "First name", "Text", "FirstName"), field(fieldLast, "Last name", "Text", "LastName"),
				field(fieldPhone, "Phone", "Phone", "Phone"), field(fieldEmail, "Mail", "Email", "Email"), field(fieldRoof, "Roof", "Text", ""),
			},
			"stages": map[string]any{
				"active": map[string]any{"active": true, "stages": []any{stage(0), stage(1)}},
				"won":    map[string]any{"active": true, "stages": []any{stage(2)}}, "lost": map[string]any{"active": true, "stages": []any{stage(3)}},
			},
		})
	}
	return all
}()

// templates are the customer's kinds of activities. One of them is the customer's own.
var templates = func() []map[string]any {
	kind := func(id, name, role, eventOrTask string) map[string]any {
		t := map[string]any{"id": id, "name": name, "defaultDuration": 30, "active": true, "creatable": true, "type": eventOrTask, "category": "InPerson", "activityResults": []any{
			map[string]any{"id": resultMet, "name": "Met", "color": "#00ff00", "active": true, "isSystem": false},
		}}
		if role != "" {
			t["systemRole"] = role
		}
		return t
	}
	return []map[string]any{
		kind(appointmentTemplate, "Appointment", "Appointment", "Event"), kind(visitTemplate, "Visit", "Visit", "Event"), kind(noteTemplate, "Note", "Note", "Task"),
		kind(callTemplate, "Call", "Call", "Task"), kind(demoTemplate, "Roof inspection", "", "Event"),
	}
}()

// number is that of a row.
func number(r hub.Record) int {
	if r.Model == hub.ModelUser {
		n, _ := strconv.ParseInt(r.ExternalID, 10, 64)
		return int(n - simulator.FirstNumber(hub.ModelUser))
	}
	n, _ := strconv.ParseInt(r.ExternalID[8:], 16, 64)
	return int(n)
}

func numberOf(id string) int {
	n, _ := strconv.Atoi(id)
	return n
}

func suspended(u hub.Record) bool { return number(u)%9 == 8 }

func showUser(u hub.Record) map[string]any {
	status := "Active"
	if suspended(u) {
		status = "Suspended"
	}
	return map[string]any{
		"id": u.ExternalID, "firstName": u.Details.FirstName, "lastName": u.Details.LastName, "email": u.Details.Email, "status": status, "suspended": suspended(u),
		"role": "Rep", "isReadonly": false, "visible": true, "visibleInReports": true, "authorizationProvider": "Spotio",
	}
}

// What belongs to a lead and is not among what is random of it follows from its number.

func typeOf(r hub.Record) string {
	if number(r)%3 == 2 {
		return strconv.Itoa(customerType)
	}
	return strconv.Itoa(leadType)
}

func stageOf(r hub.Record) int { return number(r) % len(stageNames) }

func stageID(r hub.Record) int { return 10*numberOf(typeOf(r)) + stageOf(r) }

func valueOf(r hub.Record) *float64 {
	if number(r)%4 == 1 {
		return nil
	}
	v := float64(500 + 10*number(r))
	return &v
}

// nameless reports whether a lead has a name in its fields alone.
func nameless(r hub.Record) bool { return number(r)%5 == 4 }

// pinned reports whether a lead has an address, placed whether that has been found on the map.
func pinned(r hub.Record) bool { return number(r)%7 != 6 }
func placed(r hub.Record) bool { return pinned(r) && number(r)%6 != 5 }

func address(r hub.Record) string {
	a := r.Details.Addresses[0]
	return a.Street + ", " + a.City + ", " + a.State + " " + a.Zip
}

func spot(r hub.Record) (lat, lng float64) {
	if !placed(r) {
		return 0, 0
	}
	return *r.Details.Latitude, *r.Details.Longitude
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// shared is what an export and a data object alone say alike.
func shared(r hub.Record) map[string]any {
	item := map[string]any{
		"id": r.ExternalID, "name": r.Name, "value": valueOf(r), "createdAt": r.Details.CreatedAt, "updatedAt": hub.WireTime(r.ModifiedAt),
		"lastActivityTime": orNull(r.Details.LastActivity), "source": "Web", "visitsCount": 1,
	}
	if nameless(r) {
		item["name"] = nil
	}
	return item
}

func showExported(r hub.Record) map[string]any {
	item := shared(r)
	item["typeId"], item["stageId"], item["ownerId"] = numberOf(typeOf(r)), stageID(r), numberOf(r.Refs.Owner)
	item["fields"] = []any{
		map[string]any{"fieldId": fieldFirst, "value": r.Details.FirstName}, map[string]any{"fieldId": fieldLast, "value": r.Details.LastName},
		map[string]any{"fieldId": fieldPhone, "value": r.Details.Phones[0]}, map[string]any{"fieldId": fieldEmail, "value": orNull(r.Details.Email)},
		map[string]any{"fieldId": fieldRoof, "value": "Slate"},
	}
	if pinned(r) {
		lat, lng := spot(r)
		item["pin"] = map[string]any{"id": 7, "lat": lat, "lng": lng, "address": address(r), "zip": r.Details.Addresses[0].Zip}
	}
	return item
}

// showAlone is a data object as it is by its id, with texts for numbers.
func (v *vendor) showAlone(r hub.Record) map[string]any {
	item := shared(r)
	item["typeId"], item["stageId"], item["ownerId"] = typeOf(r), strconv.Itoa(stageID(r)), orNull(r.Refs.Owner)
	item["access"], item["phones"], item["emails"] = "Full", r.Details.Phones, []string{r.Details.Email}
	field := func(id int, value string) map[string]any {
		return map[string]any{"fieldId": strconv.Itoa(id), "value": value}
	}
	item["fields"] = []any{field(fieldFirst, r.Details.FirstName), field(fieldLast, r.Details.LastName), field(fieldRoof, "Slate")}
	if pinned(r) {
		lat, lng := spot(r)
		item["pin"] = map[string]any{"id": "7", "lat": lat, "lng": lng, "address": address(r), "zip": r.Details.Addresses[0].Zip}
	}
	return item
}

// undated reports whether an activity has turned by losing its date; the others turn by becoming one of another kind.
func undated(a hub.Record) bool { return a.StartTime.IsZero() && number(a)%2 == 0 }

// template is the kind of an activity: some are no appointments, and those that have turned and are still dated.
func templateOf(a hub.Record) string {
	if a.StartTime.IsZero() && !undated(a) {
		return visitTemplate
	}
	switch number(a) % 10 {
	case 4, 9:
		return visitTemplate
	case 6:
		return demoTemplate
	}
	return appointmentTemplate
}

// start is when an activity takes place, which is moved as its row is.
func (v *vendor) start(a hub.Record) time.Time {
	if v.team && !a.StartTime.IsZero() {
		return a.StartTime
	}
	n := number(a)
	days := n*7%90 - 10
	if v.wide {
		days = n*53%1200 - 900
	}
	return v.base.AddDate(0, 0, days).Add(8*time.Hour + time.Duration(n%20)*30*time.Minute + v.Moved(a))
}

// date is the start as it is shown. What has none is still listed where it took place.
func (v *vendor) date(a hub.Record) any {
	if undated(a) {
		return nil
	}
	return hub.WireTime(v.start(a))
}

func allDay(a hub.Record) bool { return number(a)%11 == 3 }

// ghost reports whether an activity is gone and still shown to who asks for such.
func (v *vendor) ghost(a hub.Record) bool { return v.wide && number(a)%16 == 15 }

// lead is the lead that an activity is at; empty where it is at none.
func (v *vendor) lead(a hub.Record) string {
	if a.Refs.Opportunity == "" {
		return ""
	}
	return simulator.ObjectID(hub.ModelLead, number(hub.Record{ExternalID: a.Refs.Opportunity})/2) // there are half as many leads
}

func seconds(a hub.Record) any {
	if allDay(a) || a.StartTime.IsZero() {
		return nil
	}
	return int(a.EndTime.Sub(a.StartTime).Seconds())
}

func resultOf(a hub.Record) any {
	if number(a)%3 == 0 {
		return resultMet
	}
	return nil
}

func (v *vendor) showActivity(a hub.Record) map[string]any {
	return map[string]any{
		"id": a.ExternalID, "activityTemplateId": templateOf(a), "ownerId": orNull(a.Refs.Owner), "dataObjectId": orNull(v.lead(a)), "title": v.titleOf(a),
		"notes": a.Details.Content, "date": v.date(a), "durationSeconds": seconds(a), "allDay": allDay(a), "done": false, "isNote": false, "resultId": resultOf(a),
	}
}

func (v *vendor) showFed(a hub.Record) map[string]any {
	item := v.showActivity(a)
	delete(item, "dataObjectId")
	item["createdAt"], item["updatedAt"], item["access"] = a.Details.CreatedAt, hub.WireTime(a.ModifiedAt), "Full"
	if v.ghost(a) {
		item["access"] = "Ghost"
	}
	if id := v.lead(a); id != "" {
		address, lat, lng := v.visited(a)
		item["dataObject"] = map[string]any{"id": id, "name": "Home", "address": address, "lat": lat, "lng": lng, "visitCount": 1, "callCount": 0}
	}
	return item
}

// visited is the address where an activity takes place, and its coordinates.
func (v *vendor) visited(a hub.Record) (street string, lat, lng float64) {
	if of, ok := v.Get(hub.ModelLead, v.lead(a)); v.team && ok {
		return address(of), *of.Details.Latitude, *of.Details.Longitude
	}
	return strconv.Itoa(number(a)) + " Oak St, Denver, CO 80202", 39 + float64(number(a))/1024, -105 + float64(number(a))/1024
}

// titleOf is what an activity is called: a team's are at the lead, whose name stands there.
func (v *vendor) titleOf(a hub.Record) string {
	if !v.team {
		return a.Name
	}
	what, _, _ := strings.Cut(a.Name, ", ")
	return what
}

// held is what a hub should hold of a row.
func (v *vendor) held(r hub.Record) []hub.Record {
	has := r.Details
	keep := hub.Record{Model: r.Model, ExternalID: r.ExternalID, ModifiedAt: r.ModifiedAt, Deleted: r.Deleted, Name: r.Name, Refs: hub.Refs{Owner: r.Refs.Owner}}
	switch r.Model {
	case hub.ModelUser:
		active, status := !suspended(r), showUser(r)["status"].(string)
		keep.ModifiedAt = time.Time{}
		keep.Details = hub.Details{FirstName: has.FirstName, LastName: has.LastName, Email: has.Email, Emails: has.Emails, Status: status, Active: &active}
	case hub.ModelLead:
		keep.Details = hub.Details{
			FirstName: has.FirstName, LastName: has.LastName, Phones: has.Phones, Emails: has.Emails, Amount: valueOf(r), Status: stageNames[stageOf(r)],
			Disposition: []string{"OPEN", "OPEN", "WON", "LOST"}[stageOf(r)], Labels: []string{"Lead"},
			LastActivity: has.LastActivity, CreatedAt: has.CreatedAt, UpdatedAt: hub.WireTime(r.ModifiedAt),
		}
		if typeOf(r) == strconv.Itoa(customerType) {
			keep.Details.Labels = []string{"Customer"}
		}
		if nameless(r) {
			keep.Name = strings.TrimSpace(has.FirstName + " " + has.LastName)
		}
		if pinned(r) {
			keep.Details.Addresses = []hub.Address{{Street: address(r), Zip: has.Addresses[0].Zip}}
		}
		if placed(r) {
			keep.Details.Latitude, keep.Details.Longitude = has.Latitude, has.Longitude
		}
	default:
		if templateOf(r) == visitTemplate || undated(r) {
			return nil
		}
		keep.Deleted = r.Deleted || v.ghost(r)
		keep.Name, keep.StartTime = v.titleOf(r), v.start(r)
		keep.EndTime = keep.StartTime.Add(r.EndTime.Sub(r.StartTime))
		if allDay(r) {
			keep.EndTime = keep.StartTime.AddDate(0, 0, 1)
		}
		keep.Details = hub.Details{
			Subject: v.titleOf(r), Content: has.Content, ActivityType: "APPOINTMENT", AllDay: allDay(r), CreatedAt: has.CreatedAt, UpdatedAt: hub.WireTime(r.ModifiedAt),
		}
		if resultOf(r) != nil {
			keep.Details.Status = "Met"
		}
		if id := v.lead(r); id != "" {
			street, lat, lng := v.visited(r)
			keep.Refs.Lead, keep.Details.Addresses, keep.Details.Latitude, keep.Details.Longitude = id, []hub.Address{{Street: street}}, &lat, &lng
		}
	}
	return []hub.Record{keep}
}
