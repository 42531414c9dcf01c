package leadperfection

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"sirocco/connector"
	"sirocco/hub"
)

// reps reads the sales reps, whom the vendor lists whole.
func reps(ctx context.Context, s *connector.Session) ([]json.RawMessage, time.Time, error) {
	raw, date, err := call(ctx, s, repsPath, url.Values{})
	if err != nil {
		return nil, date, err
	}
	items, err := rows(repsPath, raw)
	return items, date, err
}

func fetchUsers(ctx context.Context, s *connector.Session) (connector.Page, error) {
	items, date, err := reps(ctx, s)
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{AsOf: date}
	appendUsers(&page, items)
	return page, nil
}

// appendUsers appends the reps. What the list tells was not seen: where it has no ids at all, each is known by the name.
func appendUsers(page *connector.Page, items []json.RawMessage) {
	read := make([]object, len(items))
	named := true
	for i, raw := range items {
		if json.Unmarshal(raw, &read[i]) == nil && read[i].has(repID) {
			named = false
		}
	}
	met := map[string]bool{}
	for i, raw := range items {
		r := rep(read[i], named)
		if err := r.Validate(); err != nil {
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: r.ExternalID, Reason: "the CRM sent a sales rep that cannot be kept: " + err.Error(), Raw: raw})
			continue
		}
		if !met[r.ExternalID] {
			met[r.ExternalID] = true
			page.Records = append(page.Records, r)
		}
	}
}

func rep(o object, named bool) hub.Record {
	first, last := o.text(firstName), o.text(lastName)
	r := hub.Record{
		Model: hub.ModelUser, ExternalID: o.id(repID), Name: cmp.Or(o.text(repFullName), strings.TrimSpace(first+" "+last)),
		Details: hub.Details{FirstName: first, LastName: last, Email: o.text(repEmail), Emails: some(o.text(repEmail))},
	}
	if named && r.Name != "" {
		r.ExternalID = "name:" + folded(r.Name)
	}
	if text := strings.ToLower(o.text(repActive)); text == "true" || text == "false" {
		r.Details.Active = new(text == "true")
	}
	return r
}

// readOwners are the ids of the reps by their names, by which leads and jobs tell who has them. Where the reps may not be
// read, nobody has them, and a note says so.
func readOwners(ctx context.Context, s *connector.Session) (owners map[string]string, note string, err error) {
	items, _, err := reps(ctx, s)
	if connector.IsKind(err, connector.Forbidden) {
		return nil, "Who has a lead or an appointment is not known, as the API user may not execute ListSalesReps.", nil
	}
	if err != nil {
		return nil, "", err
	}
	var page connector.Page
	appendUsers(&page, items)
	owners = map[string]string{}
	for i := range page.Records {
		name := folded(page.Records[i].Name)
		if _, twice := owners[name]; twice {
			owners[name] = "" // nobody can tell which
		} else {
			owners[name] = page.Records[i].ExternalID
		}
	}
	delete(owners, "")
	return owners, "", nil
}

// folded is a name as names are compared: in one case, with single blanks, and what looks alike alike. Of a name that is
// written as "last, first" the parts change places.
func folded(name string) string {
	if last, first, comma := strings.Cut(name, ","); comma {
		name = first + " " + last
	}
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(name))), " ")
}
