package merge

import (
	"encoding/json"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// Tasks are engagements that are no appointments: what is to be done, and until when. They are the second list of their model.
const (
	tasksPath = "tasks"
	// taskPrefix stands before their ids, so that it is known in which list they are.
	taskPrefix = "task:"
	taskType   = "TASK"
)

// listOf is the list that a record is in, and its id there.
func listOf(m hub.Model, externalID string) (path, id string) {
	if id, ok := strings.CutPrefix(externalID, taskPrefix); ok && m == hub.ModelEngagement {
		return tasksPath, id
	}
	return paths[m], externalID
}

// task is the item as a task. When it is due is its end: it has no start, and so takes no time of anybody's.
func (i *item) task() hub.Record {
	externalID := ""
	if i.ID != "" {
		externalID = taskPrefix + string(i.ID)
	}
	return hub.Record{
		Model: hub.ModelEngagement, ExternalID: externalID, ModifiedAt: i.ModifiedAt.Time, Deleted: i.Deleted, Name: i.Subject, EndTime: i.DueDate.Time,
		Refs: hub.Refs{Account: string(i.Account), Opportunity: string(i.Opportunity), Contact: string(i.Contact), Owner: string(i.Owner)},
		Details: hub.Details{
			RemoteID: string(i.RemoteID), Subject: i.Subject, Content: i.Content, Status: i.Status, ActivityType: taskType, ClosedAt: i.CompletedDate.Wire(), URL: i.recordURL(),
		},
	}
}

// appendTasks appends rows of the list of tasks to the page.
func appendTasks(page *connector.Page, rows []json.RawMessage) {
	before := len(page.Rejected)
	connector.AppendItems(page, rows, func(i item) []hub.Record { return []hub.Record{i.task()} })
	for i := range page.Rejected[before:] {
		if r := &page.Rejected[before+i]; r.ExternalID != "" {
			r.ExternalID = taskPrefix + r.ExternalID
		}
	}
}
