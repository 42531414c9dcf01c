package simulator

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"strings"
	"time"

	"sirocco/hub"
)

// What made-up records are put together from. Nobody is meant; numbers are those that are kept for fiction, and mail goes to
// example.com.
var (
	givenNames = []string{
		"Ada", "Alma", "Amir", "Anders", "Beatriz", "Bruno", "Callum", "Chiara", "Cora", "Dana", "Dmitri", "Elif", "Esther", "Farah",
		"Felix", "Grace", "Hana", "Harvey", "Hugo", "Imani", "Ines", "Ivan", "Jamal", "Joanna", "Keiko", "Kwame", "Lars", "Leila",
		"Lucas", "Marta", "Mateo", "Mina", "Nadia", "Noor", "Olga", "Omar", "Owen", "Pablo", "Petra", "Priya", "Quinn", "Ravi",
		"Rosa", "Ruth", "Samir", "Sofia", "Søren", "Talia", "Tariq", "Tessa", "Uma", "Viktor", "Wanda", "Wes", "Ximena", "Yara",
		"Yusuf", "Zahra", "Zoë",
	}
	familyNames = []string{
		"Abbott", "Almeida", "Baker", "Barlow", "Bergström", "Castro", "Chen", "Delgado", "Dubois", "Eriksen", "Farrow", "Fischer",
		"García", "Greene", "Haddad", "Hughes", "Ibrahim", "Ito", "Jensen", "Kaplan", "Kowalski", "Lindqvist", "Lopez", "Marsh",
		"Mbeki", "Müller", "Nakamura", "Nguyen", "O'Brien", "Okafor", "Patel", "Petrov", "Quist", "Ramírez", "Rossi", "Schmidt",
		"Singh", "Sorensen", "Tanaka", "Torres", "Ueda", "Vargas", "Vance", "Weiss", "Whitfield", "Xu", "Yilmaz", "Young", "Zhang",
	}
	trades = []string{"Roofing", "Plumbing", "Heating", "Windows", "Solar", "Painting", "Flooring", "Gutters", "Electric", "Siding", "Property", "Realty"}
	forms  = []string{"Co.", "Group", "& Sons", "Partners", "Holdings", "Homes", "& Daughters", "Services"}
	jobs   = []string{
		"Roof replacement", "Water heater", "Full inspection", "Solar array", "Window set", "Panel upgrade", "Repaint", "New gutters", "Storm damage", "Attic insulation",
		"Skylight", "Deck rebuild", "Siding repair", "Heat pump", "Chimney flashing", "Leak repair",
	}
	streets = []string{
		"Oak St", "Maple Ave", "Cedar Ln", "Harbor Rd", "Hill Dr", "Mill Way", "Lake Blvd", "Park Pl", "Orchard Ct", "Juniper St", "Quarry Rd", "Sycamore Ave",
		"Meadow Ln", "Prairie View Dr", "Station Rd", "Willow Bend",
	}
	places = []struct{ city, state, zip, area string }{
		{"Austin", "TX", "78701", "512"}, {"Denver", "CO", "80202", "303"}, {"Portland", "OR", "97201", "503"}, {"Boise", "ID", "83702", "208"},
		{"Tampa", "FL", "33602", "813"}, {"Albany", "NY", "12207", "518"}, {"Reno", "NV", "89501", "775"}, {"Omaha", "NE", "68102", "402"},
		{"Tulsa", "OK", "74103", "918"}, {"Dayton", "OH", "45402", "937"}, {"Madison", "WI", "53703", "608"}, {"Raleigh", "NC", "27601", "919"},
	}
	// talks are what is said of a job when it was talked about.
	talks = []string{
		"Spoke about the %s and the next steps.", "Walked the site for the %s; the customer wants two options.", "Went through the estimate for the %s, line by line.",
		"The %s has to be done before winter. Sends photos.", "Left a message about the %s.", "Agreed on a date to measure for the %s.",
	}
	kinds        = []string{"Phone call", "Site visit", "Follow-up mail", "Estimate review"}
	activities   = []string{"CALL", "MEETING", "EMAIL", "MEETING"}
	dispositions = []string{"OPEN", "OPEN", "WON", "LOST"}
	directions   = []string{"INBOUND", "OUTBOUND"}
)

// asciiNames turns what names have into what the part of an address before the @ may.
var asciiNames = strings.NewReplacer("ø", "o", "ö", "o", "ë", "e", "ü", "u", "í", "i", "'", "")

// Kinds of rows that some vendors keep apart, and that are no models of the hub.
const (
	// Location is where work is done; its number is that of the account whose it is.
	Location hub.Model = "LOCATION"
	// Estimate is an offer for the opportunity of its number; its disposition is that of the offer.
	Estimate hub.Model = "ESTIMATE"
	// Employee is a user who works in the office.
	Employee hub.Model = "EMPLOYEE"
	// Event is time of a user, its owner, that is of no opportunity.
	Event hub.Model = "EVENT"
	// Task is something to do for a user, its owner, until its end; it has no start.
	Task hub.Model = "TASK"
)

// counts returns how many rows of each model there are at first.
func counts(o Options) map[hub.Model]int {
	n := o.Records
	if n <= 0 {
		n = 100
	}
	c := map[hub.Model]int{
		hub.ModelUser: max(n/50, 5), hub.ModelAccount: n, hub.ModelContact: n, hub.ModelLead: max(n/2, 1),
		hub.ModelOpportunity: n, hub.ModelEngagementType: len(kinds), hub.ModelEngagement: n,
		hub.ModelOpportunityUser: n, hub.ModelEngagementUser: n,
		Location: n, Estimate: n, Employee: max(n/100, 2), Event: max(n/20, 1), Task: max(n/10, 1),
	}
	maps.Copy(c, o.Counts)
	return c
}

// maker makes the content of one row; what it draws depends on the seed, the model and the row's number alone.
type maker struct {
	*rand.Rand
	d  *Dataset
	at time.Time
}

// generate returns row n of a model as it is before anyone changes it, modified at the given time. It
// has every detail a platform could show; Platform.Held takes away what a platform does not.
func (d *Dataset) generate(m hub.Model, n int, at time.Time) hub.Record {
	h := fnv.New64a()
	_, _ = h.Write([]byte(m))
	k := maker{Rand: rand.New(rand.NewPCG(d.seed^h.Sum64(), uint64(n))), d: d, at: at}
	r := hub.Record{Model: m, ExternalID: d.ids.of(m, n), ModifiedAt: at}
	r.Details.CreatedAt = hub.WireTime(at.Add(-time.Duration(1+k.IntN(500)) * 24 * time.Hour))
	r.Details.UpdatedAt = hub.WireTime(at)
	switch m {
	case hub.ModelUser, Employee:
		k.person(&r)
	case Location:
		r.Name = "Home"
		k.reach(&r)
	case Estimate:
		k.opportunity(&r)
		r.Refs.Opportunity = d.ids.of(hub.ModelOpportunity, n)
	case hub.ModelAccount:
		r.Name = fmt.Sprintf("%s %s %s", oneOf(k, familyNames), oneOf(k, trades), oneOf(k, forms))
		k.reach(&r)
		r.Refs.Owner = k.maybe(hub.ModelUser)
	case hub.ModelContact:
		k.person(&r)
		k.reach(&r)
		r.Refs.Account, r.Refs.Owner = k.some(hub.ModelAccount), k.maybe(hub.ModelUser)
	case hub.ModelLead:
		k.person(&r)
		k.reach(&r)
		r.Refs.Owner = k.maybe(hub.ModelUser)
		if k.IntN(4) == 0 {
			r.Refs.Account, r.Refs.Contact = k.some(hub.ModelAccount), k.some(hub.ModelContact)
		}
	case hub.ModelOpportunity:
		k.opportunity(&r)
	case hub.ModelEngagementType:
		r.Name, r.Details.ActivityType = kinds[n%len(kinds)], activities[n%len(activities)]
	case Event:
		k.engagement(&r)
	case Task:
		k.engagement(&r)
		r.StartTime, r.Refs.EngagementType, r.Details.Direction, r.Details.Status = time.Time{}, "", "", "OPEN"
		if n%3 == 0 {
			r.Details.Status, r.Details.ClosedAt = "CLOSED", hub.WireTime(r.EndTime.Add(-time.Hour))
		}
	case hub.ModelEngagement:
		k.engagement(&r)
		if n%16 == 15 {
			r.Details.Disposition = "LOST" // called off, where the platform tells
		}
	case hub.ModelOpportunityUser:
		share := float64(k.IntN(101)) / 100
		r.Refs.Opportunity, r.Refs.User, r.Details.ShareOfSale = k.some(hub.ModelOpportunity), k.some(hub.ModelUser), &share
	case hub.ModelEngagementUser:
		r.Refs.Engagement, r.Refs.User = k.some(hub.ModelEngagement), k.some(hub.ModelUser)
		if n < d.counts[hub.ModelEngagement] { // one for each, and then some
			r.Refs.Engagement = d.ids.of(hub.ModelEngagement, n)
		}
	}
	if !d.around.IsZero() {
		k.atWork(&r, n)
	}
	return r
}

func (k maker) person(r *hub.Record) {
	given, family := oneOf(k, givenNames), oneOf(k, familyNames)
	r.Name, r.Details.FirstName, r.Details.LastName = given+" "+family, given, family
	r.Details.Email = fmt.Sprintf("%s%d@example.com", asciiNames.Replace(strings.ToLower(given+"."+family)), k.IntN(1000))
	r.Details.Emails = []string{r.Details.Email}
}

// reach makes how somebody is reached. It draws as often as it always did: what follows stays the same for a seed.
func (k maker) reach(r *hub.Record) {
	place := oneOf(k, places)
	r.Details.Phones = []string{fmt.Sprintf("+1 %s 555 01%02d", place.area, (k.IntN(1000)+k.IntN(10000))%100)}
	r.Details.Addresses = []hub.Address{{
		Country: "US", Street: fmt.Sprintf("%d %s", 1+k.IntN(9999), oneOf(k, streets)), City: place.city, State: place.state, Zip: place.zip,
	}}
	latitude, longitude := 25+float64(k.IntN(2_000_000))/100_000, -120+float64(k.IntN(4_000_000))/100_000
	r.Details.Latitude, r.Details.Longitude = &latitude, &longitude
	r.Details.LastActivity = hub.WireTime(k.at.Add(-time.Duration(k.IntN(1000)) * time.Hour))
}

func (k maker) opportunity(r *hub.Record) {
	amount := float64(500 + 50*k.IntN(1000))
	r.Name = oneOf(k, jobs) + " for " + oneOf(k, familyNames)
	r.Details.Amount, r.Details.Disposition = &amount, oneOf(k, dispositions)
	if r.Details.Disposition != "OPEN" {
		r.Details.ClosedAt = hub.WireTime(k.at.Add(-time.Duration(k.IntN(200)) * time.Hour))
	}
	r.Details.LastActivity = hub.WireTime(k.at.Add(-time.Duration(k.IntN(1000)) * time.Hour))
	r.Refs = hub.Refs{Account: k.some(hub.ModelAccount), Contact: k.maybe(hub.ModelContact), Owner: k.maybe(hub.ModelUser)}
}

func (k maker) engagement(r *hub.Record) {
	about := oneOf(k, jobs)
	r.Name = about + " visit"
	r.Details.Subject = r.Name
	r.Details.Direction = oneOf(k, directions)
	r.StartTime = k.at.Add(-time.Duration(1+k.IntN(500)) * time.Hour).Truncate(time.Minute)
	r.EndTime = r.StartTime.Add(time.Duration(10+5*k.IntN(20)) * time.Minute)
	r.Refs = hub.Refs{
		Account: k.some(hub.ModelAccount), Contact: k.maybe(hub.ModelContact), Opportunity: k.maybe(hub.ModelOpportunity),
		EngagementType: k.some(hub.ModelEngagementType), Owner: k.maybe(hub.ModelUser),
	}
	r.Details.Content = fmt.Sprintf(oneOf(k, talks), strings.ToLower(about))
}

// some returns the id of one of the rows a model had at first.
func (k maker) some(m hub.Model) string {
	if k.d.counts[m] == 0 {
		return ""
	}
	return k.d.ids.of(m, k.IntN(k.d.counts[m]))
}

// maybe is some, and nothing one time in eight.
func (k maker) maybe(m hub.Model) string {
	if k.IntN(8) == 0 {
		return ""
	}
	return k.some(m)
}

func oneOf[T any](k maker, from []T) T { return from[k.IntN(len(from))] }

// alter changes the content of a row in a way that every platform shows. The caller holds the lock.
func (d *Dataset) alter(r *hub.Record) {
	switch r.Model {
	case hub.ModelUser, hub.ModelContact, hub.ModelLead, Employee:
		before := r.Details.FirstName
		for r.Details.FirstName == before { // no name that the seed gives has two parts
			r.Details.FirstName = givenNames[d.rng.IntN(len(givenNames))] + "-" + givenNames[d.rng.IntN(len(givenNames))]
		}
		r.Name = r.Details.FirstName + " " + r.Details.LastName
	default:
		base, _, _ := strings.Cut(r.Name, " #")
		if r.Model == hub.ModelOpportunity && !d.around.IsZero() {
			base = strings.TrimSuffix(base, ", estimate") + ", estimate"
		}
		r.Name = fmt.Sprintf("%s #%d", base, d.rng.IntN(1_000_000))
		if r.Details.Subject != "" {
			r.Details.Subject = r.Name
		}
	}
	if r.Model == hub.ModelOpportunity || r.Model == hub.ModelEngagement {
		users := d.counts[hub.ModelUser]
		r.Refs.Owner = ""
		if users > 0 && d.rng.IntN(8) > 0 {
			r.Refs.Owner = d.ids.of(hub.ModelUser, d.rng.IntN(users))
		}
	}
	r.Details.UpdatedAt = hub.WireTime(d.last)
}
