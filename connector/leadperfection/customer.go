package leadperfection

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	// maxRequests and longestFetch are about how much is asked for one page of customers: days in which nothing happened are
	// passed over.
	maxRequests  = 20
	longestFetch = 20 * time.Second
)

// fetchCustomers reads slices of days until one has rows, and of that one until there is enough for a page.
func fetchCustomers(ctx context.Context, s *connector.Session, q connector.Query, at place) (connector.Page, error) {
	zone, err := zoneOf(s)
	if err != nil {
		return connector.Page{}, err
	}
	first := at.Start == 0
	if first {
		at = begin(q.Since, s.Now(), zone)
	}
	page, began := connector.Page{}, s.Now()
	var found []json.RawMessage
	places := map[string]int{} // in found: no customer twice in one page
	for requests := 1; ; requests++ {
		got, err := leads(ctx, s, at.window(q.Limit))
		if err != nil && requests > 1 && ctx.Err() == nil && !connector.AsksToWait(err) { // what was passed is not read again; the next page meets the error
			page.More = true
			break
		}
		if err != nil {
			return connector.Page{}, err
		}
		if page.AsOf.IsZero() {
			page.AsOf = got.date
		}
		next, fresh, more, err := at.after(got, q.Limit)
		if err != nil {
			return connector.Page{}, err
		}
		for _, i := range fresh {
			if known, twice := places[got.ids[i]]; twice {
				found[known] = got.rows[i]
				continue
			}
			places[got.ids[i]] = len(found)
			found = append(found, got.rows[i])
		}
		if !more {
			next, more = at.nextSlice(pageSize(q.Limit))
		}
		at = next
		sliceOver := at.Start == 1 && len(found) > 0 // another slice may have less of the same customer
		if !more || sliceOver || len(found) >= q.Limit || requests >= maxRequests || s.Now().Sub(began) >= longestFetch {
			page.More = more
			break
		}
	}
	if page.More {
		page.Next = connector.WritePlace(at)
	}
	if first && !page.More && len(found) == 0 && q.Since.IsZero() {
		page.Note = "LeadPerfection lists no customer at all, from 1990 until today. Its lists have been seen empty where a right was missing: look whether the API user may see customers."
	}
	return page, appendCustomers(ctx, s, q, &page, found, zone)
}

// appendCustomers appends customers with all that comes inside them.
func appendCustomers(ctx context.Context, s *connector.Session, q connector.Query, page *connector.Page, found []json.RawMessage, zone *time.Location) error {
	if len(found) == 0 {
		return nil
	}
	owners, note, err := readOwners(ctx, s)
	if err != nil {
		return err
	}
	if page.Note == "" {
		page.Note = note
	}
	t := teller{zone: zone, owners: owners, tenant: s.Values["clientId"], tests: isForTests(s.Values["baseURL"])}
	whole, err := wholeOnes(ctx, s, q, found, zone)
	if err != nil {
		return err
	}
	for i, raw := range found {
		switch one, lacked := whole[i]; {
		case !lacked:
			t.append(page, raw)
		case one.raw == nil:
			page.Rejected = append(page.Rejected, connector.Rejected{
				ExternalID: idOf(raw), Reason: "the CRM lists the customer without all that was inside it, and does not tell of it when it is asked for by its id" + one.because, Raw: raw,
			})
		default:
			t.append(page, one.raw)
		}
	}
	return nil
}

// wholeOnes reads those customers alone that came without something that came inside them before, by their places in found:
// a window that brings of a customer only what happened in it says nothing of the rest. One that does not come so has no row.
func wholeOnes(ctx context.Context, s *connector.Session, q connector.Query, found []json.RawMessage, zone *time.Location) (map[int]wholeOne, error) {
	if q.Kept == nil {
		return nil, nil
	}
	ids := make([]string, len(found))
	for i, raw := range found {
		ids[i] = idOf(raw)
	}
	kept, err := q.Kept(ctx, ids)
	if err != nil {
		return nil, err
	}
	inside := map[string][]hub.Record{}
	for i := range kept {
		if r := kept[i]; r.Model != q.Model && !r.Deleted {
			inside[r.Refs.Account] = append(inside[r.Refs.Account], r)
		}
	}
	t, whole := teller{zone: zone}, map[int]wholeOne{}
	for i, raw := range found {
		var o object
		if len(inside[ids[i]]) == 0 || json.Unmarshal(raw, &o) != nil {
			continue
		}
		came, err := t.records(o)
		if err != nil {
			continue // it is told of as what cannot be read
		}
		lacks := func(of hub.Record) bool {
			return !slices.ContainsFunc(came, func(r hub.Record) bool { return r.Model == of.Model && r.ExternalID == of.ExternalID })
		}
		if !slices.ContainsFunc(inside[ids[i]], lacks) {
			continue
		}
		one, err := oneCustomer(ctx, s, "cst_id", ids[i])
		switch {
		case err == nil && one != nil && untold(one, inside[ids[i]]):
			whole[i] = wholeOne{because: ", without a list in which something was"}
		case err == nil || connector.IsKind(err, connector.Malformed):
			whole[i] = wholeOne{raw: one}
		case ctx.Err() == nil && q.LeavesOut(err):
			whole[i] = wholeOne{because: ": " + err.Error()}
		default:
			return nil, err
		}
	}
	return whole, nil
}

// untold reports whether a customer comes without a list in which some of what was inside it was, which says nothing of that.
func untold(raw json.RawMessage, was []hub.Record) bool {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return false // it is told of as what cannot be read
	}
	if !o.tells(leadsOf) {
		return true
	}
	leads, _ := o.objects(leadsOf)
	return slices.ContainsFunc(leads, func(l object) bool {
		return !l.tells(jobsOf) && slices.ContainsFunc(was, func(r hub.Record) bool { return r.Model == hub.ModelOpportunity && r.Refs.Lead == l.id(leadID) })
	})
}

// wholeOne is a customer that was read alone, or why none came, where that is known.
type wholeOne struct {
	raw     json.RawMessage
	because string
}

// teller turns what the vendor tells into records.
type teller struct {
	zone *time.Location
	// owners are the ids of the reps, by how their names are compared.
	owners map[string]string
	// tenant is the first label of the web app's address.
	tenant string
	// tests says that what is told is of a server for tests.
	tests bool
}

// append appends a customer, or among the rejected what cannot be read or kept of one.
func (t *teller) append(page *connector.Page, raw json.RawMessage) {
	var o object
	err := json.Unmarshal(raw, &o)
	var records []hub.Record
	if err == nil {
		records, err = t.records(o)
	}
	for i := range records {
		if err == nil {
			err = records[i].Validate()
		}
	}
	if err != nil {
		page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: o.id(customerID), Reason: "the CRM sent a customer that cannot be kept: " + err.Error(), Raw: raw})
		return
	}
	page.Records = append(page.Records, records...)
}

// records are a customer and all that is inside it.
func (t *teller) records(o object) ([]hub.Record, error) {
	account := t.account(o)
	all := []hub.Record{account}
	leads, err := o.objects(leadsOf)
	if err != nil {
		return nil, err
	}
	for _, l := range leads {
		inside, err := t.lead(&account, l)
		if err != nil {
			return nil, err
		}
		for _, r := range inside {
			if !slices.ContainsFunc(all, func(known hub.Record) bool { return known.Model == r.Model && known.ExternalID == r.ExternalID }) {
				all = append(all, r)
			}
		}
	}
	return all, nil
}

func (t *teller) account(o object) hub.Record {
	r := hub.Record{Model: hub.ModelAccount, ExternalID: o.id(customerID), Details: hub.Details{FirstName: o.text(firstName), LastName: o.text(lastName), Email: o.text(email)}}
	r.Name = strings.TrimSpace(r.Details.FirstName + " " + r.Details.LastName)
	r.Details.Emails = some(r.Details.Email)
	a := hub.Address{Street: o.text(street), City: o.text(city), State: o.text(state), Zip: o.text(zip)}
	if a != (hub.Address{}) {
		r.Details.Addresses = []hub.Address{a}
	}
	if r.Name == "" {
		r.Name = a.Street
	}
	phones := []string{o.text(phone), o.text(phoneTwo)}
	others, _ := o.objects(altPhones) // what is no list of things has no phone
	for _, other := range others {
		phones = append(phones, other.text(phone))
	}
	r.Details.Phones = some(phones...)
	return r
}

// some is a list of the texts that are not empty, each once.
func some(texts ...string) []string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// own says who has a record, by the name: a rep who is listed, or else whoever is kept by that name, as one who has left is not listed any
// more. Nobody can tell which of two of one name it is.
func (t *teller) own(r *hub.Record, name string) {
	id, listed := t.owners[folded(name)]
	if r.Refs.Owner = id; !listed {
		r.OwnerName = folded(name)
	}
}
