package spotio

import (
	"context"
	"strings"

	"sirocco/connector"
)

// id is an id that the vendor writes as a number in one place and as a text in another.
type id = connector.ID

// stage is a stage of a type of data objects, with what it says of these.
type stage struct{ name, disposition string }

// kind is a type of data objects.
type kind struct {
	name   string
	stages map[id]stage
	// roles are those that the vendor knows of the fields.
	roles map[id]string
}

// The roles of fields.
const (
	roleCompany = "Company"
	roleFirst   = "FirstName"
	roleLast    = "LastName"
	rolePhone   = "Phone"
	roleEmail   = "Email"
)

// workflow reads the customer's types of data objects.
func workflow(ctx context.Context, s *connector.Session) (map[id]kind, error) {
	type stages struct {
		Stages []struct {
			ID   id     `json:"id"`
			Name string `json:"name"`
		} `json:"stages"`
	}
	var all []struct {
		ID     id     `json:"id"`
		Name   string `json:"name"`
		Fields []struct {
			ID   id     `json:"id"`
			Role string `json:"systemRole"`
		} `json:"fields"`
		Stages *struct {
			Active stages `json:"active"`
			Won    stages `json:"won"`
			Lost   stages `json:"lost"`
		} `json:"stages"`
	}
	const path = "/api/workflow/dataObjects/full"
	if _, err := connector.GetJSON(ctx, s, request(s, path, nil), &all); err != nil {
		return nil, err
	}
	if len(all) == 0 { // without it no lead could be read
		return nil, connector.Fail(connector.Malformed, service, "%s was answered without any type of data objects", path)
	}
	kinds := map[id]kind{}
	for _, d := range all {
		if d.Stages == nil { // every type has them: its leads would lose what they came to
			return nil, connector.Fail(connector.Malformed, service, "%s was answered with a type of data objects without its stages", path)
		}
		k := kind{name: d.Name, stages: map[id]stage{}, roles: map[id]string{}}
		for _, f := range d.Fields {
			k.roles[f.ID] = f.Role
		}
		for disposition, group := range map[string]stages{"OPEN": d.Stages.Active, "WON": d.Stages.Won, "LOST": d.Stages.Lost} {
			for _, one := range group.Stages {
				k.stages[one.ID] = stage{one.Name, disposition}
			}
		}
		kinds[d.ID] = k
	}
	return kinds, nil
}

// template is a kind of activity.
type template struct {
	name        string
	appointment bool
	// results are what may come of an activity.
	results map[id]string
}

// templates reads the customer's kinds of activities. Appointments are those that the vendor calls so, and those events
// that the customer made beside what the vendor has names for.
func templates(ctx context.Context, s *connector.Session) (map[id]template, error) {
	var all []struct {
		ID      id     `json:"id"`
		Name    string `json:"name"`
		Role    string `json:"systemRole"`
		Type    string `json:"type"`
		Results []struct {
			ID   id     `json:"id"`
			Name string `json:"name"`
		} `json:"activityResults"`
	}
	const path = "/api/workflow/activityTemplates"
	if _, err := connector.GetJSON(ctx, s, request(s, path, nil), &all); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, connector.Fail(connector.Malformed, service, "%s was answered without any template", path)
	}
	found := map[id]template{}
	for _, a := range all {
		if a.ID == "" { // whatever is of it would pass for what is of none
			return nil, connector.Fail(connector.Malformed, service, "%s was answered with a template that has no id", path)
		}
		t := template{name: a.Name, results: map[id]string{}}
		t.appointment = strings.EqualFold(a.Role, "Appointment") || a.Role == "" && strings.EqualFold(a.Type, "Event")
		for _, r := range a.Results {
			t.results[r.ID] = r.Name
		}
		found[a.ID] = t
	}
	return found, nil
}
