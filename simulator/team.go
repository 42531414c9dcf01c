package simulator

import (
	"fmt"
	"math"
	"strings"
	"time"

	"sirocco/hub"
)

// What the records of a team at work are put together from: a company that does the outside of houses, in and around one town.
var (
	teamJobs = []struct {
		name string
		// price is what one costs in the middle.
		price float64
	}{
		{"Roof replacement", 21_000}, {"Storm damage repair", 7_800}, {"Window replacement", 13_500}, {"Gutter replacement", 3_400}, {"Roof replacement", 24_000},
		{"Siding replacement", 17_500}, {"Leak repair", 1_900}, {"Skylight", 4_200},
	}
	teamVisits = []string{"Inspection", "Measuring", "Estimate", "Follow-up visit", "Contract signing"}
	teamDays   = []string{"Sales meeting", "Van inspection", "Safety training", "Supplier visit"}
	// teamTrades are what customers are called who are no people.
	teamTrades = []string{
		"Dental", "Bakery", "Auto Care", "Property Management", "Apartments", "Family Trust", "Animal Clinic", "Hardware", "Brewing Co.", "Self Storage", "Law Office", "Montessori School",
	}
	teamPlaces = []struct {
		city, zip           string
		latitude, longitude float64
	}{
		{"Austin", "78704", 30.243, -97.765}, {"Austin", "78745", 30.207, -97.796}, {"Austin", "78757", 30.350, -97.733}, {"Round Rock", "78664", 30.508, -97.679},
		{"Cedar Park", "78613", 30.505, -97.820}, {"Pflugerville", "78660", 30.439, -97.620}, {"Georgetown", "78626", 30.633, -97.677}, {"Leander", "78641", 30.579, -97.853},
		{"Kyle", "78640", 29.989, -97.877}, {"Buda", "78610", 30.085, -97.840}, {"Lakeway", "78734", 30.364, -97.980}, {"Hutto", "78634", 30.543, -97.547},
	}
)

const (
	// teamSpan is how far back the rows of a team at work go that were changed the longest ago, teamIdle how long ago the last was.
	teamSpan, teamIdle = 6 * 7 * 24 * time.Hour, time.Hour
	// Visits were made on teamPast days of work and are booked for teamNext more; each day they begin in teamHours from teamOpens on.
	teamPast, teamNext, teamDay = 30, 5, 5
	teamOpens, teamHours        = 14 * time.Hour, 8.0
)

// atWork makes a row that is random into one of a team at work: customers are people who live near each other, a job is for one of
// them and has its price, a visit is about a job, at an hour of work, and no rep is at two places at once.
func (k maker) atWork(r *hub.Record, n int) {
	created, _ := time.Parse(time.RFC3339, r.Details.CreatedAt) // of days before the change, made hours
	r.Details.CreatedAt = hub.WireTime(k.at.Add(-k.at.Sub(created) / 24))
	switch r.Model {
	case hub.ModelUser, Employee:
		k.colleague(r, n)
	case Location: // which is of the customer with its number
		r.Details = k.d.generate(hub.ModelAccount, n, k.at).Details
	case hub.ModelAccount:
		k.customer(r)
	case hub.ModelContact:
		k.contact(r, n)
	case hub.ModelLead:
		k.near(r)
		if r.Refs.Account != "" {
			r.Refs.Contact = k.twin(r.Refs.Account)
		}
	case hub.ModelOpportunity, Estimate:
		k.job(r, n)
	case hub.ModelEngagement:
		k.visit(r, n)
	case Event, Task:
		k.errand(r, n)
	case hub.ModelEngagementUser:
		r.Refs.User = k.rep(n)
	}
}

// colleague gives a user a name that no other of the CRM's users has, while there are that few, and the company's mail.
func (k maker) colleague(r *hub.Record, n int) {
	d := &r.Details
	d.LastName = familyNames[(int(k.d.seed)*11+n*5)%len(familyNames)]
	r.Name = d.FirstName + " " + d.LastName
	d.Email = mailName(r.Name) + "@acme.example"
	d.Emails = []string{d.Email}
}

// mailName is a name as the part of an address before the @.
func mailName(name string) string {
	return asciiNames.Replace(strings.ReplaceAll(strings.ToLower(name), " ", "."))
}

// customer is mostly somebody with a house.
func (k maker) customer(r *hub.Record) {
	d := &r.Details
	d.FirstName, d.LastName = oneOf(k, givenNames), oneOf(k, familyNames)
	if k.IntN(8) == 0 {
		d.FirstName, d.LastName = "", d.LastName+" "+oneOf(k, teamTrades)
	}
	r.Name = strings.TrimSpace(d.FirstName + " " + d.LastName)
	d.Email = mailName(strings.ReplaceAll(r.Name, ".", "")) + "@example.com"
	d.Emails = []string{d.Email}
	k.near(r)
}

// near puts somebody into one of the places.
func (k maker) near(r *hub.Record) {
	place, d := oneOf(k, teamPlaces), &r.Details
	d.Phones = []string{fmt.Sprintf("+1 512 555 01%02d", k.IntN(100))}
	d.Addresses = []hub.Address{{Country: "US", Street: fmt.Sprintf("%d %s", 100+k.IntN(9800), oneOf(k, streets)), City: place.city, State: "TX", Zip: place.zip}}
	about := func(middle float64) *float64 { // the fifth decimal is a yard
		at := math.Round((middle+float64(k.IntN(4000)-2000)/1e5)*1e5) / 1e5
		return &at
	}
	d.Latitude, d.Longitude = about(place.latitude), about(place.longitude)
}

// contact is the customer with its number; of one that is a company, somebody there.
func (k maker) contact(r *hub.Record, n int) {
	if k.d.counts[hub.ModelAccount] == 0 {
		k.near(r)
		return
	}
	n %= k.d.counts[hub.ModelAccount]
	of := k.d.generate(hub.ModelAccount, n, k.at)
	d := &r.Details
	if of.Details.FirstName != "" {
		r.Name, d.FirstName, d.LastName, d.Email, d.Emails = of.Name, of.Details.FirstName, of.Details.LastName, of.Details.Email, of.Details.Emails
	}
	d.Phones, d.Addresses, d.Latitude, d.Longitude = of.Details.Phones, of.Details.Addresses, of.Details.Latitude, of.Details.Longitude
	r.Refs.Account = of.ExternalID
}

// twin is the contact of a customer; none where there are fewer contacts.
func (k maker) twin(account string) string {
	n := k.d.ids.number(hub.ModelAccount, account)
	if n < 0 || n >= k.d.counts[hub.ModelContact] {
		return ""
	}
	return k.d.ids.of(hub.ModelContact, n)
}

// job is work for a customer. An estimate's is that of its number.
func (k maker) job(r *hub.Record, n int) {
	what := teamJobs[(n*5+n/7*3)%len(teamJobs)] // a rep's are different ones
	amount := 50 * math.Round(what.price*(0.7+float64(k.IntN(70))/100)/50)
	account := n * 7 % max(1, k.d.counts[hub.ModelAccount])
	of := k.d.generate(hub.ModelAccount, account, k.at)
	d := &r.Details
	r.Name, d.Amount = what.name+" for "+of.Name, &amount
	// Where the vendor has the place and the customer within the job.
	d.FirstName, d.LastName, d.Phones, d.Addresses, d.Latitude, d.Longitude = of.Details.FirstName, of.Details.LastName, of.Details.Phones, of.Details.Addresses, of.Details.Latitude, of.Details.Longitude
	r.Refs.Account, r.Refs.Contact = of.ExternalID, k.twin(of.ExternalID)
}

// visit is about the job with its number. The visits of all follow each other evenly, and the reps take turns.
func (k maker) visit(r *hub.Record, n int) {
	number := n % max(1, k.d.counts[hub.ModelOpportunity])
	job := k.d.generate(hub.ModelOpportunity, number, k.at)
	what, _, _ := strings.Cut(job.Name, " for ")
	all := max(1, k.d.counts[hub.ModelEngagement])
	r.StartTime = workTime(k.d.around, teamNext-float64(teamPast+teamNext)*float64(all-1-n)/float64(all))
	r.EndTime = r.StartTime.Add(time.Duration(45+15*k.IntN(5)) * time.Minute)
	r.Name = oneOf(k, teamVisits) + ", " + strings.TrimPrefix(job.Name, what+" for ")
	r.Details.Subject, r.Details.Content = r.Name, fmt.Sprintf(oneOf(k, talks), strings.ToLower(what))
	r.Refs.Opportunity, r.Refs.Account, r.Refs.Contact, r.Refs.Owner = job.ExternalID, job.Refs.Account, job.Refs.Contact, k.rep(n)
}

// errand is what else a rep has to do: on Monday mornings, before there are visits.
func (k maker) errand(r *hub.Record, n int) {
	begins := monday(k.d.around).AddDate(0, 0, -7*(n%6)).Add(teamOpens - time.Hour)
	r.Name = teamDays[n%len(teamDays)]
	if r.Model == Task {
		what := teamJobs[n*3%len(teamJobs)]
		r.Name = "Order material for the " + strings.ToLower(what.name)
		begins = monday(k.d.around).AddDate(0, 0, n%12-6)
	} else {
		r.StartTime = begins
	}
	r.EndTime = begins.Add(45 * time.Minute)
	r.Details.Subject, r.Details.Content, r.Refs.Owner = r.Name, "", k.rep(n)
}

// rep is who makes a visit.
func (k maker) rep(n int) string {
	if k.d.counts[hub.ModelUser] == 0 {
		return ""
	}
	return k.d.ids.of(hub.ModelUser, n%k.d.counts[hub.ModelUser])
}

// workTime is so many days of work after the one on which it is now; the part of a day is that of its hours.
func workTime(now time.Time, days float64) time.Time {
	first := monday(now)
	days += math.Min(teamDay, math.Floor(now.Sub(first).Hours()/24)) // a weekend is the morning after
	week, day := math.Floor(days/teamDay), math.Floor(days)
	hours := time.Duration((days - day) * teamHours * float64(time.Hour))
	return first.AddDate(0, 0, int(7*week+day-week*teamDay)).Add(teamOpens + hours).Truncate(15 * time.Minute)
}

// monday is the beginning of the week.
func monday(now time.Time) time.Time {
	day := now.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}
