package spotio

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	activityPath, feedPath = "/api/v2/activities/", "/api/v2/activities/feed"
	day                    = 24 * time.Hour
	// An increment reads what takes place from daysBack days before now until daysAhead days after.
	daysBack, daysAhead = 14, 90
	// yearsAhead is how far after now a whole reading ends.
	yearsAhead = 2
	// sliceDays is how many days of what is earlier are read as one scroll.
	sliceDays = 183
	// daysMost is how many days an entry of whole days has at most.
	daysMost = 366
	// mostAgain is how often one slice is begun again because its scroll has aged.
	mostAgain = 5
)

// firstDay is before the first activity of any customer: the vendor began later.
var firstDay = time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC)

// activity is an activity of the vendor, as the feed has it.
type activity struct {
	ID         id               `json:"id"`
	TemplateID id               `json:"activityTemplateId"`
	OwnerID    id               `json:"ownerId"`
	Title      string           `json:"title"`
	Notes      string           `json:"notes"`
	Date       moment           `json:"date"`
	Seconds    connector.Number `json:"durationSeconds"`
	AllDay     bool             `json:"allDay"`
	ResultID   id               `json:"resultId"`
	Access     string           `json:"access"`
	CreatedAt  connector.Stamp  `json:"createdAt"`
	UpdatedAt  connector.Stamp  `json:"updatedAt"`
	DataObject *struct {
		ID      id               `json:"id"`
		Address string           `json:"address"`
		Lat     connector.Number `json:"lat"`
		Lng     connector.Number `json:"lng"`
	} `json:"dataObject"`
}

// moment is a time of the vendor's.
type moment struct {
	connector.Time
	// none says that it is null, and not only left out.
	none bool
}

// UnmarshalJSON reads a time.
func (m *moment) UnmarshalJSON(b []byte) error {
	m.none = string(b) == "null"
	return m.Time.UnmarshalJSON(b)
}

func (a *activity) record(t template) hub.Record {
	r := hub.Record{
		Model: hub.ModelEngagement, ExternalID: string(a.ID), ModifiedAt: a.UpdatedAt.Time, Deleted: strings.EqualFold(a.Access, "Ghost"),
		Name: cmp.Or(strings.TrimSpace(a.Title), t.name), StartTime: a.Date.Time.Time, Refs: hub.Refs{Owner: string(a.OwnerID)},
		Details: hub.Details{
			ActivityType: "APPOINTMENT", Content: a.Notes, Status: t.results[a.ResultID], AllDay: a.AllDay, CreatedAt: a.CreatedAt.Wire(), UpdatedAt: a.UpdatedAt.Wire(),
		},
	}
	r.Details.Subject = r.Name
	switch has := a.Seconds.Float != nil && *a.Seconds.Float > 0; {
	case !has, a.Date.IsZero():
	case a.AllDay: // it lasts for the entirety of its date, or of several
		r.EndTime = a.Date.AddDate(0, 0, int(min(max(1, math.Round(*a.Seconds.Float/day.Seconds())), daysMost)))
	default:
		r.EndTime = a.Date.Add(time.Duration(*a.Seconds.Float * float64(time.Second)))
	}
	if o := a.DataObject; o != nil {
		r.Refs.Lead = string(o.ID)
		if street := strings.TrimSpace(o.Address); street != "" {
			r.Details.Addresses = []hub.Address{{Street: street}}
		}
		r.Details.Latitude, r.Details.Longitude = connector.Coordinates(o.Lat, o.Lng)
	}
	return r
}

// begin is where the reading of activities begins: with what takes place around now. An increment reads no more, unless
// since is earlier; a whole reading goes on with what is later, and then back to the first day.
func begin(since, now time.Time) place {
	from, to := now.Add(-daysBack*day).Truncate(day), now.Add((daysAhead+1)*day).Truncate(day)
	p := place{From: from.Unix(), To: to.Unix(), Back: from.Unix(), Floor: firstDay.Unix()}
	if since.IsZero() {
		p.Ahead = to.AddDate(yearsAhead, 0, 0).Unix()
	} else {
		p.Floor = max(p.Floor, since.Truncate(day).Unix())
	}
	return p
}

// nextSlice moves the place to the slice after the one that was read; more is false where there is none.
func (p place) nextSlice() (next place, more bool) {
	p.Again = 0
	switch {
	case p.Ahead > 0:
		p.From, p.To, p.Ahead = p.To, p.Ahead, 0
	case p.Back > p.Floor:
		p.To = p.Back
		p.From = max(p.Floor, p.To-int64((sliceDays*day).Seconds()))
		p.Back = p.From
	default:
		return p, false
	}
	return p, true
}

// beginAgain moves the place to the beginning of its slice, where err says that its scroll has aged; not more than some
// times, as what is refused may be something else.
func (p place) beginAgain(err error) (next place, again bool) {
	if p.Scroll == "" || p.Again >= mostAgain || !connector.IsKind(err, connector.Refused) {
		return p, false
	}
	p.Scroll, p.Given = "", 0
	p.Again++
	p.Page++
	return p, true
}

// feed asks for what takes place in the slice of the place, also where it is gone.
func (p place) feed() url.Values {
	wire := func(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
	q := url.Values{"StartDate": {wire(p.From)}, "EndDate": {wire(p.To)}, "IncludeGhosts": {"true"}}
	if p.Scroll != "" {
		q.Set("ScrollId", p.Scroll)
	}
	return q
}

// fetchAppointments reads slices of the feed until there is enough for a page.
func fetchAppointments(ctx context.Context, s *connector.Session, q connector.Query, at place) (connector.Page, error) {
	if at.To == 0 {
		at = begin(q.Since, s.Now())
	}
	known, err := templates(ctx, s)
	if err != nil {
		return connector.Page{}, err
	}
	var page connector.Page
	for requests := 1; ; requests++ {
		got, err := list(ctx, s, feedPath, "items", at.feed())
		if err = at.error(err, s.Now()); err != nil {
			begun, again := at.beginAgain(err)
			if !again && requests > 1 && ctx.Err() == nil && !connector.AsksToWait(err) { // what was read is kept; the next page meets the error
				page.Next, page.More = connector.WritePlace(at), true
				return page, nil
			}
			if !again || requests >= maxRequests {
				return connector.Page{}, err
			}
			at = begun
			continue
		}
		if page.AsOf.IsZero() {
			page.AsOf = got.date
		}
		if err := appendAppointments(ctx, &page, q, got.items, known); err != nil {
			return connector.Page{}, err
		}
		var more bool
		if at, more = at.after(got, s.Now()); !more {
			if at, more = at.nextSlice(); !more {
				return page, nil
			}
		}
		if len(page.Records)+len(page.Rejected) >= q.Limit || requests >= maxRequests {
			page.Next, page.More = connector.WritePlace(at), true
			return page, nil
		}
	}
}

// appendAppointments appends those of the items that are appointments; the others passed, and are something else where their
// template is known, as one of an appointment without a date is, whose date is null. Where it is not known, that says nothing of what
// they are: what the hub keeps as an appointment is told of.
func appendAppointments(ctx context.Context, page *connector.Page, q connector.Query, items []json.RawMessage, known map[id]template) error {
	unknown := map[string]json.RawMessage{}
	var ids []string
	for _, raw := range items {
		var head struct {
			ID         id `json:"id"`
			TemplateID id `json:"activityTemplateId"`
			// Date is as it came: one that cannot be read says nothing.
			Date json.RawMessage `json:"date"`
		}
		err := json.Unmarshal(raw, &head)
		of, listed := known[head.TemplateID]
		if err != nil || head.ID == "" || of.appointment && string(head.Date) != "null" {
			connector.AppendItems(page, []json.RawMessage{raw}, func(a activity) []hub.Record { return []hub.Record{a.record(known[a.TemplateID])} })
			continue
		}
		page.Passed = append(page.Passed, string(head.ID))
		if listed {
			page.Others = append(page.Others, string(head.ID))
			continue
		}
		ids, unknown[string(head.ID)] = append(ids, string(head.ID)), raw
	}
	if q.Kept == nil || len(ids) == 0 {
		return nil
	}
	kept, err := q.Kept(ctx, ids)
	for i := range kept {
		if kept[i].Model == hub.ModelEngagement {
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: kept[i].ExternalID, Reason: unknownTemplate, Raw: unknown[kept[i].ExternalID]})
		}
	}
	return err
}

// unknownTemplate is why an appointment that the hub has cannot be read.
const unknownTemplate = "the CRM does not list the activity's template, so that what it is now is not known"
