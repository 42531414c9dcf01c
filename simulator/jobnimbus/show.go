package jobnimbus

import (
	"strings"
	"time"

	"sirocco/hub"
)

// created is when a row was made, in seconds of Unix time.
func created(r hub.Record) int64 {
	at, err := time.Parse(time.RFC3339, r.Details.CreatedAt)
	if err != nil {
		panic("jobnimbus: a record has the time " + r.Details.CreatedAt)
	}
	return at.Unix()
}

// seconds is a time as the vendor writes it: 0 for none.
func seconds(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.Unix()
}

// number tells rows apart where what differs among them is wanted.
func number(r hub.Record) int { return int(created(r)/(24*60*60)) % 60 }

func showUser(r hub.Record) map[string]any {
	return map[string]any{"id": r.ExternalID, "first_name": r.Details.FirstName, "last_name": r.Details.LastName, "email": r.Details.Email, "is_active": active(r), "image_url": "", "calendar_color": "#336699"}
}

func active(r hub.Record) bool { return !strings.HasSuffix(r.ExternalID, "7") }

// owners are the ids of those who own a row.
func owners(r hub.Record) []string {
	if r.Refs.Owner == "" {
		return nil
	}
	return []string{r.Refs.Owner}
}

// located is where a row is; every fifth is at 0,0, which says that the vendor does not know.
func located(r hub.Record) (lat, lon float64) {
	if r.Details.Latitude == nil || number(r)%5 == 0 {
		return 0, 0
	}
	return *r.Details.Latitude, *r.Details.Longitude
}

func archived(r hub.Record) bool { return number(r)%7 == 0 }

// status is how a job stands.
func status(r hub.Record) string {
	return map[string]string{"OPEN": "Estimating", "WON": "Paid & Closed", "LOST": "Lost"}[r.Details.Disposition]
}

// untimed reports whether a task is something to do without a time.
func untimed(r hub.Record) bool { return number(r)%11 == 0 || r.StartTime.IsZero() }

func show(r hub.Record) map[string]any {
	own := []map[string]any{}
	for _, id := range owners(r) {
		own = append(own, map[string]any{"id": id})
	}
	item := map[string]any{
		"jnid": r.ExternalID, "recid": number(r), "date_created": created(r), "date_updated": r.ModifiedAt.Unix(), "is_active": true, "is_archived": archived(r), "owners": own, "tags": []string{},
	}
	d := r.Details
	lat, lon := located(r)
	switch r.Model {
	case hub.ModelContact:
		item["type"], item["record_type_name"], item["status_name"] = "contact", "Customer", "Active"
		item["first_name"], item["last_name"], item["display_name"], item["company"], item["email"] = d.FirstName, d.LastName, r.Name, "", d.Email
		item["home_phone"], item["mobile_phone"], item["work_phone"] = "", digits(d.Phones[0]), nil
		a := d.Addresses[0]
		item["address_line1"], item["address_line2"], item["city"], item["state_text"], item["zip"], item["country_name"] = a.Street, "", a.City, a.State, a.Zip, "United States"
		item["geo"], item["sales_rep"] = map[string]any{"lat": lat, "lon": lon}, r.Refs.Owner
	case hub.ModelOpportunity:
		item["type"], item["record_type_name"], item["status_name"] = "job", "Roofing", status(r)
		item["name"], item["number"], item["description"], item["primary"] = r.Name, "1001", nil, nil
		if r.Refs.Contact != "" {
			item["primary"] = map[string]any{"id": r.Refs.Contact, "type": "contact", "name": "Somebody"}
		}
		item["sales_rep"], item["date_start"], item["date_end"], item["geo"], item["tags"] = r.Refs.Owner, 0, 0, nil, []string{"roof"}
	case hub.ModelEngagement:
		item["type"], item["record_type_name"], item["title"], item["description"] = "task", "Initial Appointment", r.Name, d.Content
		item["date_start"], item["date_end"], item["all_day"], item["is_completed"] = seconds(r.StartTime), seconds(end(r)), false, false
		if untimed(r) {
			item["date_start"], item["date_end"] = 0, 0
		}
		related := []map[string]any{{"id": "an-estimate", "type": "estimate"}}
		if r.Refs.Opportunity != "" {
			related = append(related, map[string]any{"id": r.Refs.Opportunity, "type": "job", "name": "A job"})
		}
		if r.Refs.Contact != "" {
			related = append(related, map[string]any{"id": r.Refs.Contact, "type": "contact"})
		}
		item["related"] = related
	}
	return item
}

// end is when a task ends; every ninth says 0.
func end(r hub.Record) time.Time {
	if number(r)%9 == 0 {
		return time.Time{}
	}
	return r.EndTime
}

// digits are those of a telephone number.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// held is a row less what the vendor does not tell of it, and what comes with it. Its times are in whole seconds.
func held(r hub.Record) []hub.Record {
	d := r.Details
	at := r.ModifiedAt.Truncate(time.Second)
	shown := hub.Record{Model: r.Model, ExternalID: r.ExternalID, ModifiedAt: at, Deleted: r.Deleted, Name: r.Name}
	if r.Model == hub.ModelUser {
		is := active(r)
		shown.ModifiedAt = time.Time{}
		shown.Details = hub.Details{FirstName: d.FirstName, LastName: d.LastName, Email: d.Email, Emails: d.Emails, Active: &is}
		return []hub.Record{shown}
	}
	put := archived(r)
	shown.Details = hub.Details{CreatedAt: hub.WireTime(time.Unix(created(r), 0)), UpdatedAt: hub.WireTime(at), Archived: &put}
	var all []hub.Record
	join := func(child hub.Model, refs func(user string) hub.Refs) {
		for _, user := range owners(r) {
			all = append(all, hub.Record{Model: child, ExternalID: hub.JoinID(r.ExternalID, user), Deleted: r.Deleted, Refs: refs(user)})
		}
	}
	switch r.Model {
	case hub.ModelContact:
		shown.Details.FirstName, shown.Details.LastName, shown.Details.Email, shown.Details.Emails = d.FirstName, d.LastName, d.Email, d.Emails
		shown.Details.Phones, shown.Details.Status = []string{digits(d.Phones[0])}, "Active"
		a := d.Addresses[0]
		a.Country = "United States"
		shown.Details.Addresses = []hub.Address{a}
		if lat, lon := located(r); lat != 0 || lon != 0 {
			shown.Details.Latitude, shown.Details.Longitude = &lat, &lon
		}
		shown.Refs.Owner, shown.Details.URL = r.Refs.Owner, "https://app.jobnimbus.com/contact/"+r.ExternalID
	case hub.ModelOpportunity:
		shown.Details.URL = "https://app.jobnimbus.com/job/" + r.ExternalID
		shown.Details.Status, shown.Details.Labels = status(r), []string{"roof"}
		shown.Refs = hub.Refs{Contact: r.Refs.Contact, Owner: r.Refs.Owner}
		join(hub.ModelOpportunityUser, func(user string) hub.Refs { return hub.Refs{Opportunity: r.ExternalID, User: user} })
	case hub.ModelEngagement:
		if untimed(r) {
			return nil
		}
		shown.Details.Subject, shown.Details.Content, shown.Details.ActivityType = r.Name, d.Content, "APPOINTMENT"
		shown.StartTime, shown.EndTime = r.StartTime, end(r)
		shown.Refs = hub.Refs{Opportunity: r.Refs.Opportunity, Contact: r.Refs.Contact, Owner: r.Refs.Owner}
		join(hub.ModelEngagementUser, func(user string) hub.Refs { return hub.Refs{Engagement: r.ExternalID, User: user} })
	}
	return append([]hub.Record{shown}, all...)
}
