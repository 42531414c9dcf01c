package leadperfection

import (
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

// The dates that a window may be of, as bits.
const (
	leadEntered, leadChanged, entered, appointmentChanged, jobChanged, noted = 1024, 2048, 4096, 8192, 32768, 131072
)

// customer is a customer with all that is inside it.
type customer struct {
	hub.Record
	leads []lead
	notes []simulator.Note
}

type lead struct {
	hub.Record
	jobs []hub.Record
}

// number is that of a row.
func number(r hub.Record) int {
	n, _ := strconv.ParseInt(r.ExternalID, 10, 64)
	return int(n - simulator.FirstNumber(r.Model))
}

func rowID(m hub.Model, n int) string {
	return strconv.FormatInt(simulator.FirstNumber(m)+int64(n), 10)
}

// ownerOf is the customer of a lead: some have two, many have none.
func (v *vendor) ownerOf(l hub.Record) string {
	return rowID(hub.ModelAccount, number(l)/2*3%max(1, v.accounts))
}

// leadOf is the lead of a job: each of the first has two.
func (v *vendor) leadOf(j hub.Record) string {
	return rowID(hub.ModelLead, number(j)/2%max(1, v.leads))
}

// customers are all customers, with what is inside them.
func (v *vendor) customers() []customer {
	jobs := map[string][]hub.Record{}
	for _, j := range v.whole(hub.ModelOpportunity) {
		jobs[v.leadOf(j)] = append(jobs[v.leadOf(j)], j)
	}
	leads := map[string][]lead{}
	for _, l := range v.whole(hub.ModelLead) {
		if none := v.habits.Leadless; none != nil && none.Load() {
			break
		}
		leads[v.ownerOf(l)] = append(leads[v.ownerOf(l)], lead{l, jobs[l.ExternalID]})
	}
	notes := map[string][]simulator.Note{}
	for _, n := range v.Notes.Listed() {
		if n.Target == hub.ModelAccount { // those of jobs are told nowhere
			notes[n.ExternalID] = append(notes[n.ExternalID], n)
		}
	}
	var all []customer
	for _, a := range v.whole(hub.ModelAccount) {
		all = append(all, customer{a, leads[a.ExternalID], notes[a.ExternalID]})
	}
	return all
}

// in reports whether something of the customer happened in the window. That the customer itself was changed counts as an
// entry here: the live server does not say.
func (c *customer) in(v *vendor, a asked) bool {
	if v.within(a, entered, createdAt(c.Record), c.ModifiedAt) {
		return true
	}
	for _, l := range c.leads {
		if l.in(v, a) {
			return true
		}
	}
	for _, n := range c.notes {
		if v.within(a, noted, n.CreatedAt) {
			return true
		}
	}
	return false
}

func (l *lead) in(v *vendor, a asked) bool {
	if v.within(a, leadEntered, createdAt(l.Record)) || v.within(a, leadChanged|appointmentChanged, l.ModifiedAt) {
		return true
	}
	for _, j := range l.jobs {
		if v.within(a, jobChanged, createdAt(j), j.ModifiedAt) {
			return true
		}
	}
	return false
}

// within reports whether the window is of one of the dates, and one of the times lies in it.
func (v *vendor) within(a asked, dates int, times ...time.Time) bool {
	if a.options&dates == 0 {
		return false
	}
	for _, at := range times {
		year, month, day := at.In(v.zone).Date()
		if on := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); !on.Before(a.from) && !on.After(a.to) {
			return true
		}
	}
	return false
}

func createdAt(r hub.Record) time.Time {
	at, _ := time.Parse(time.RFC3339, r.Details.CreatedAt)
	return at
}

// What belongs to a row and is not among what is random of it follows from its number.

var outcomes = []string{"Data", "Set", "Issue", "NIS", "BO", "1Leg", "NoHome"}

func outcomeOf(l hub.Record) string { return outcomes[number(l)%len(outcomes)] }

func isSold(l hub.Record) bool { return number(l)%3 == 0 }

// saleOf is the gross amount of a lead; 0 is none.
func saleOf(l hub.Record) float64 {
	if number(l)%4 == 1 {
		return 0
	}
	return float64(1500 + 10*number(l))
}

// visited reports whether a lead has an appointment.
func visited(l hub.Record) bool { return number(l)%4 != 3 }

// visitOf is when it takes place, by the clocks of the zone; it is moved as the row of its lead is.
func (v *vendor) visitOf(l hub.Record) time.Time {
	n := number(l)
	return time.Date(v.base.Year(), v.base.Month(), v.base.Day()+n*7%90-10, 8+n%20/2, n%20%2*30, 0, 0, v.zone).Add(v.Moved(l))
}

// lastOf is the last name of a customer, or that of a company.
func lastOf(a hub.Record) string {
	return strings.TrimSpace(strings.TrimPrefix(a.Name, a.Details.FirstName+" "))
}

// statuses are how a team's jobs stand.
var statuses = []string{"Measured", "Permit filed", "Material ordered", "In production", "Installed", "Paid in full"}

// statusOf is how a job stands: what it is called, which changes; or one of the statuses, another one with each change.
func (v *vendor) statusOf(j hub.Record) string {
	if !v.team {
		return j.Name
	}
	_, change, _ := strings.Cut(j.Name, " #")
	n, _ := strconv.Atoi(change)
	return statuses[(number(j)+n)%len(statuses)]
}

// firstOf is the first name of a customer; empty where the customer is a company.
func firstOf(a hub.Record) string {
	if a.Details.LastName != "" { // a team's customers have their own
		return a.Details.FirstName
	}
	return []string{"", "Ada", "Bruno", "Chiara", "Noor"}[number(a)%5]
}

// spelled are the keys of a thing in one of the ways in which the vendor writes them.
func spelled(n int, thing map[string]any) map[string]any {
	told := make(map[string]any, len(thing))
	for key, value := range thing {
		switch n % 3 {
		case 1:
			key = pascal(key)
		case 2:
			key = strings.ToUpper(key)
		}
		told[key] = value
	}
	return told
}

func pascal(key string) string {
	if named, ok := map[string]string{"cst_id": "CstID", "emp_id": "EmpID", "firstname": "FirstName", "lastname": "LastName", "lds_id": "LeadID", "salesrepname": "SalesRepName"}[key]; ok {
		return named
	}
	return strings.ToUpper(key[:1]) + key[1:]
}

// clock is an instant as the vendor tells it: what clocks of the zone show, in one of two forms.
func (v *vendor) clock(n int, at time.Time) string {
	if n%2 == 0 {
		return at.In(v.zone).Format("2006-01-02T15:04:05")
	}
	return at.In(v.zone).Format("1/2/2006 3:04:05 PM")
}

// told is the instant that such a text stands for: in seconds, and the first of the two that clocks show alike.
func (v *vendor) told(at time.Time) time.Time {
	at = at.Truncate(time.Second)
	const form = "2006-01-02 15:04:05"
	if earlier := at.Add(-time.Hour); earlier.In(v.zone).Format(form) == at.In(v.zone).Format(form) {
		return earlier
	}
	return at
}
