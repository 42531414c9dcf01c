package leadperfection

import (
	"strconv"
	"strings"

	"sirocco/hub"
	"sirocco/simulator"
)

// showCustomer is a customer as the answer to a request has it.
func (v *vendor) showCustomer(c customer, a asked) map[string]any {
	n := number(c.Record)
	leads := []map[string]any{}
	for _, l := range c.leads {
		if !v.habits.Partial || l.in(v, a) {
			leads = append(leads, v.showLead(l, a))
		}
	}
	notes := []any{}
	for i, note := range c.notes {
		shown := v.showNote(i, note)
		if i%2 == 1 && len(leads) > 0 { // some stand under a lead
			under, _ := leads[0]["notes"].([]any)
			leads[0]["notes"] = append(under, shown)
			continue
		}
		notes = append(notes, shown)
	}
	address := c.Details.Addresses[0]
	return spelled(n, map[string]any{
		"cst_id": identifier(n, c.ExternalID), "firstname": firstOf(c.Record), "lastname": lastOf(c.Record), "email": c.Details.Email, "phone1": c.Details.Phones[0],
		"altphones": []any{map[string]any{"phone": second(c.Record)}}, "address1": address.Street, "city": address.City, "state": address.State, "zip": address.Zip,
		"leads": leads, "notes": notes, "calls": []any{},
	})
}

// identifier is an id as the vendor writes it: a number, or a text.
func identifier(n int, id string) any {
	if n%2 == 0 {
		whole, _ := strconv.ParseInt(id, 10, 64)
		return whole
	}
	return id
}

// second is the second telephone number of a customer, which is empty for some.
func second(a hub.Record) string {
	if number(a)%3 == 0 {
		return ""
	}
	return "555-01" + strconv.Itoa(10+number(a)%90)
}

func (v *vendor) showNote(i int, n simulator.Note) any {
	if i%4 == 3 {
		return n.Text
	}
	return map[string]any{"id": n.ID, "notes": n.Text, "rectype": "cst", "category": "General", "enteredby": "API", "enteredon": v.clock(i, n.CreatedAt)}
}

func (v *vendor) showLead(l lead, a asked) map[string]any {
	n := number(l.Record)
	jobs := []map[string]any{}
	for _, j := range l.jobs {
		if !v.habits.Partial || v.within(a, jobChanged, createdAt(j), j.ModifiedAt) {
			jobs = append(jobs, v.showJob(j))
		}
	}
	// Keys that the answer adds notes to keep their spelling.
	shown := map[string]any{
		"lds_id": identifier(n, l.ExternalID), "brn_id": "MAIN", "disposition": outcomeOf(l.Record), "apptset": truth(n, visited(l.Record)), "apptdate": nil,
		"sat": truth(n, isSold(l.Record)), "sold": truth(n, isSold(l.Record)), "gsa": amount(n, saleOf(l.Record)), "salesrepname": v.repOf(l.Record), "promotername": nil,
		"source": "Web", "sourcesubdescr": l.Details.FirstName, "lognumber": n, "entrydate": v.clock(n, createdAt(l.Record)), "lastchangedon": v.clock(n, l.ModifiedAt),
		"appointments": []any{}, "jobs": jobs,
	}
	if visited(l.Record) {
		shown["apptdate"] = v.clock(n, v.visitOf(l.Record))
	}
	shown = spelled(n, shown)
	shown["notes"] = []any{}
	return shown
}

func (v *vendor) showJob(j hub.Record) map[string]any {
	n := number(j)
	return spelled(n, map[string]any{
		"id": identifier(n, j.ExternalID), "jobstatus": v.statusOf(j), "grossamount": amount(n, *j.Details.Amount), "salesrepname": v.repOf(j),
		"entrydate": v.clock(n, createdAt(j)), "lastchangedon": v.clock(n, j.ModifiedAt), "milestones": []any{},
	})
}

// repOf is the name of who has a lead or a job, who may have left.
func (v *vendor) repOf(r hub.Record) string {
	u, _ := v.Get(hub.ModelUser, r.Refs.Owner)
	return u.Name
}

// truth is a boolean, or the word for it.
func truth(n int, is bool) any {
	if n%2 == 0 {
		return is
	}
	return strconv.FormatBool(is)
}

// amount is a number, or a text with two decimals.
func amount(n int, of float64) any {
	if n%2 == 0 {
		return of
	}
	return strconv.FormatFloat(of, 'f', 2, 64)
}

// held is what a hub should hold of a row.
func (v *vendor) held(r hub.Record) []hub.Record {
	switch r.Model {
	case hub.ModelUser:
		d := r.Details
		return []hub.Record{{Model: r.Model, ExternalID: r.ExternalID, Deleted: r.Deleted, Name: r.Name, Details: hub.Details{FirstName: d.FirstName, LastName: d.LastName, Email: d.Email, Emails: d.Emails}}}
	case hub.ModelAccount:
		return []hub.Record{v.heldAccount(r)}
	case hub.ModelLead:
		return v.heldLead(r)
	default:
		l, there := v.Get(hub.ModelLead, v.leadOf(r))
		of := v.heldLead(l)[0]
		job := hub.Record{
			Model: r.Model, ExternalID: r.ExternalID, ModifiedAt: r.ModifiedAt, Deleted: r.Deleted || !there || of.Deleted, Name: of.Name,
			Refs: hub.Refs{Account: of.Refs.Account, Lead: l.ExternalID, Owner: v.owner(r)},
			Details: hub.Details{
				Amount: r.Details.Amount, Status: v.statusOf(r), Disposition: of.Details.Disposition, CreatedAt: hub.WireTime(v.told(createdAt(r))), UpdatedAt: hub.WireTime(v.told(r.ModifiedAt)),
				URL: "https://" + clientID + ".leadperfection.com/jobdetail.html?jobid=" + r.ExternalID,
			},
		}
		return []hub.Record{job}
	}
}

func (v *vendor) heldAccount(r hub.Record) hub.Record {
	a := hub.Record{Model: r.Model, ExternalID: r.ExternalID, Deleted: r.Deleted, Name: strings.TrimSpace(firstOf(r) + " " + lastOf(r))}
	if len(r.Details.Addresses) == 0 { // there is none
		return a
	}
	a.Details = hub.Details{FirstName: firstOf(r), LastName: lastOf(r), Email: r.Details.Email, Emails: r.Details.Emails, Phones: []string{r.Details.Phones[0]}, Addresses: []hub.Address{r.Details.Addresses[0]}}
	a.Details.Addresses[0].Country = ""
	if other := second(r); other != "" {
		a.Details.Phones = append(a.Details.Phones, other)
	}
	return a
}

func (v *vendor) heldLead(l hub.Record) []hub.Record {
	row, there := v.Get(hub.ModelAccount, v.ownerOf(l))
	row.Model = hub.ModelAccount
	of := v.heldAccount(row)
	held := hub.Record{
		Model: hub.ModelLead, ExternalID: l.ExternalID, ModifiedAt: l.ModifiedAt, Deleted: l.Deleted || !there || of.Deleted, Name: of.Name,
		Refs: hub.Refs{Account: row.ExternalID, Owner: v.owner(l)}, Details: of.Details,
	}
	d := &held.Details
	d.Status, d.Labels = outcomeOf(l), []string{"Web", l.Details.FirstName}
	d.CreatedAt, d.UpdatedAt = hub.WireTime(v.told(createdAt(l))), hub.WireTime(v.told(l.ModifiedAt))
	if sale := saleOf(l); sale != 0 {
		d.Amount = &sale
	}
	if isSold(l) {
		d.Disposition = "WON"
	}
	if !visited(l) {
		return []hub.Record{held}
	}
	visit := hub.Record{
		Model: hub.ModelEngagement, ExternalID: l.ExternalID, ModifiedAt: l.ModifiedAt, Deleted: held.Deleted, Name: "Appointment with " + of.Name,
		StartTime: v.visitOf(l).UTC(), Refs: hub.Refs{Account: row.ExternalID, Lead: l.ExternalID, Owner: held.Refs.Owner},
		Details: hub.Details{ActivityType: "APPOINTMENT", Status: d.Status, Addresses: d.Addresses, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt},
	}
	visit.Details.Subject = visit.Name
	return []hub.Record{held, visit}
}

// owner is the rep whose name a lead or a job has, where one rep alone has it: of those whom the list has, or else of those who have
// left and whom it last told by that name.
func (v *vendor) owner(r hub.Record) string {
	everybody, _, _ := v.List(simulator.Listing{Model: hub.ModelUser, Limit: 1 << 30})
	name := v.repOf(r)
	for _, gone := range []bool{false, true} {
		var found []string
		for _, u := range everybody {
			if told, _ := v.reps.Load(u.ExternalID); u.Name == name && (!u.Deleted || gone && told == name) {
				found = append(found, u.ExternalID)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0]
		default:
			return ""
		}
	}
	return ""
}
