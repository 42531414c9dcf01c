package servicetitan

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// contactsOf is the list of contacts as it is asked for those of some customers: it wants a time in any case.
var contactsOf = list{api: contacts.api, path: contacts.path, right: contacts.right, what: contacts.what, query: url.Values{"modifiedOnOrAfter": {"2000-01-01T00:00:00Z"}}}

// customer is a row of the list of customers.
type customer struct {
	ID         number   `json:"id"`
	Active     *bool    `json:"active"`
	Name       string   `json:"name"`
	MergedToID number   `json:"mergedToId"`
	Address    *address `json:"address"`
	stamps
}

// contact is a way to reach a customer.
type contact struct {
	ID         number `json:"id"`
	CustomerID number `json:"customerId"`
	Type       string `json:"type"`
	Value      string `json:"value"`
}

// readCustomers reads customers with their contacts. The address is for bills: it says nothing of where work is, so its
// coordinates are left out.
func readCustomers(ctx context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	var ids []string
	for _, c := range decodeEach[customer](rows) {
		if c.ID != 0 && !inactive(c.Active) {
			ids = append(ids, id(c.ID))
		}
	}
	reached, denied, err := contactsByCustomer(ctx, s, ids)
	if err != nil {
		return err
	}
	contactsOf.mayNotRead(page, denied)
	connector.AppendItems(page, rows, func(c customer) []hub.Record {
		r := c.record(s)
		if denied != nil {
			r.Unread = hub.UnreadReach
		}
		for _, by := range reached[c.ID] {
			by.addTo(&r.Details)
		}
		return []hub.Record{r}
	})
	return nil
}

func (c *customer) record(s *connector.Session) hub.Record {
	return hub.Record{
		Model: hub.ModelAccount, ExternalID: id(c.ID), Name: c.Name, ModifiedAt: c.ModifiedOn.Time, MergedInto: id(c.MergedToID),
		Deleted: inactive(c.Active) && c.MergedToID == 0,
		Details: hub.Details{
			Addresses: c.Address.list(), URL: recordURL(s, hub.ModelAccount, id(c.ID)), CreatedAt: c.CreatedOn.Wire(), UpdatedAt: c.ModifiedOn.Wire(),
		},
	}
}

// readCustomersOfContacts reads the customers anew whose contacts the rows are.
func readCustomersOfContacts(ctx context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	var ids []string
	for _, c := range decodeEach[contact](rows) {
		ids = append(ids, id(c.CustomerID))
	}
	return readByIDs(ctx, s, page, hub.ModelAccount, customers, ids, readCustomers)
}

// readMerged reads what of the feed of customers the list does not have: those that were merged into others.
func readMerged(_ context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	connector.AppendItems(page, rows, func(c customer) []hub.Record {
		if c.MergedToID == 0 || has(page, hub.ModelAccount, id(c.ID)) {
			return nil
		}
		return []hub.Record{c.record(s)}
	})
	return nil
}

// contactsByCustomer asks for the contacts of customers. The vendor answers with a conflict where one of them has become
// inactive: then each is asked for alone, and that one goes without. denied is why the app may not read them; they are not known then.
func contactsByCustomer(ctx context.Context, s *connector.Session, ids []string) (all map[number][]contact, denied, err error) {
	all = map[number][]contact{}
	for some := range slices.Chunk(ids, idsMost) {
		rows, err := askByIDs(ctx, s, contactsOf, "customerIds", some)
		switch {
		case connector.IsKind(err, connector.Forbidden):
			return nil, err, nil
		case conflict(err) && len(some) == 1:
			continue
		case conflict(err):
			for _, one := range some {
				alone, denied, err := contactsByCustomer(ctx, s, []string{one})
				if denied != nil || err != nil {
					return nil, denied, err
				}
				maps.Copy(all, alone)
			}
			continue
		case err != nil:
			return nil, nil, err
		}
		for _, c := range decodeEach[contact](rows) {
			if c.CustomerID != 0 && slices.Contains(some, id(c.CustomerID)) {
				all[c.CustomerID] = append(all[c.CustomerID], c)
			}
		}
	}
	for _, contacts := range all { // in one order, whatever the list's is
		slices.SortFunc(contacts, func(a, b contact) int { return cmp.Compare(a.ID, b.ID) })
	}
	return all, nil, nil
}

// conflict reports whether the vendor said that a customer is not active.
func conflict(err error) bool {
	return connector.IsKind(err, connector.Refused) && connector.Status(err) == http.StatusConflict
}

func (c contact) addTo(d *hub.Details) {
	value := strings.TrimSpace(c.Value)
	switch {
	case value == "":
	case c.Type == "Email" && !slices.Contains(d.Emails, value):
		d.Emails = append(d.Emails, value)
		d.Email = d.Emails[0]
	case (c.Type == "Phone" || c.Type == "MobilePhone") && !slices.Contains(d.Phones, value):
		d.Phones = append(d.Phones, value)
	}
}

// readByIDs reads rows of a list by their ids, but for those that are on the page.
func readByIDs(ctx context.Context, s *connector.Session, page *connector.Page, m hub.Model, l list, ids []string,
	read func(context.Context, *connector.Session, *connector.Page, []json.RawMessage) error,
) error {
	var missing []string
	for _, id := range ids {
		if id != "" && !slices.Contains(missing, id) && !has(page, m, id) {
			missing = append(missing, id)
		}
	}
	rows, err := askByIDs(ctx, s, l, "ids", missing)
	if err != nil {
		return err
	}
	if err := allAsked(l, rows, missing); err != nil {
		return err
	}
	return read(ctx, s, page, rows)
}

// has reports whether a record is on the page.
func has(page *connector.Page, m hub.Model, externalID string) bool {
	return slices.ContainsFunc(page.Records, func(r hub.Record) bool { return r.Model == m && r.ExternalID == externalID })
}

// decodeEach reads the rows that can be read; what is wrong with the others is told where they become records.
func decodeEach[T any](rows []json.RawMessage) []T {
	all := make([]T, 0, len(rows))
	for _, raw := range rows {
		var item T
		if json.Unmarshal(raw, &item) == nil {
			all = append(all, item)
		}
	}
	return all
}
