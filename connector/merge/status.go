package merge

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// lookBack is how far increments reach back before the end of Merge's last sync: a row shows after its modified time, by up
// to as long as a sync takes.
const lookBack = time.Hour

// modelNames are the vendor's names of the models in what it tells of its syncs.
var modelNames = map[hub.Model]string{
	hub.ModelUser: "User", hub.ModelAccount: "Account", hub.ModelContact: "Contact", hub.ModelLead: "Lead",
	hub.ModelOpportunity: "Opportunity", hub.ModelEngagementType: "EngagementType", hub.ModelEngagement: "Engagement",
}

// syncStatus is how Merge's own sync of a model with the CRM stands.
type syncStatus struct {
	Name       string         `json:"model_name"`
	ID         string         `json:"model_id"`
	Status     string         `json:"status"`
	Result     string         `json:"last_sync_result"`
	Initial    bool           `json:"is_initial_sync"`
	FinishedAt connector.Time `json:"last_sync_finished"`
}

// taskName is the vendor's name of tasks there.
const taskName = "Task"

// syncStatuses are all that Merge tells of its syncs.
type syncStatuses []syncStatus

// of is the status of what the vendor calls so; the zero one where Merge tells nothing of it.
func (all syncStatuses) of(name string) syncStatus {
	for _, one := range all {
		if one.ID == "crm."+name || one.ID == "" && one.Name == name {
			return one
		}
	}
	return syncStatus{}
}

// readSyncStatuses returns the statuses; none where Merge has no such list, or it is not for these credentials to see: what it
// would say of the models is no reason not to read them.
func readSyncStatuses(ctx context.Context, s *connector.Session) (syncStatuses, error) {
	var all syncStatuses
	for found, err := range items[syncStatus](ctx, s, "sync-status", url.Values{}) {
		if status := connector.Status(err); status == http.StatusNotFound || status == http.StatusForbidden {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	return all, nil
}

// asOf is up to when Merge's copy has all: the end of its last sync. Before the first one ended that is never, so that nothing
// is passed over which it brings in later with earlier times. It is zero where Merge tells nothing.
func (t *syncStatus) asOf() time.Time {
	if t.FinishedAt.IsZero() && t.unfinished() {
		return time.Unix(0, 0).UTC()
	}
	return t.FinishedAt.Time
}

func (t *syncStatus) unfinished() bool {
	return t.Status != "" && t.Status != "DISABLED" && t.FinishedAt.IsZero()
}

// neverWorked says that no sync has ended, and none goes on that would.
func (t *syncStatus) neverWorked() bool { return t.unfinished() && t.Status != "SYNCING" }

// note says for people what of Merge's copy of a list keeps it from being up to date; empty where nothing does.
func (t *syncStatus) note(list string) string {
	state := t.Status
	if state == "SYNCING" && t.Result != "" && !t.unfinished() { // what it last came to is what counts meanwhile
		state = t.Result
	}
	say := func(text string) string { return service + ": " + text }
	switch {
	case state == "PAUSED":
		return say("it has paused its sync of " + list + ", as it does when nobody asked for them, or it failed, for two weeks; resume it at Merge.")
	case state == "FAILED":
		return say("its last sync of " + list + " with the CRM failed; what it has is older.")
	case state == "PARTIALLY_SYNCED":
		return say("its last sync of " + list + " with the CRM brought only a part of them.")
	case state == "DISABLED":
		return say("its sync of " + list + " is switched off.")
	case t.unfinished():
		return say("it has not finished its first sync of " + list + " with the CRM.")
	}
	return ""
}

// Check implements connector.Connector.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	var details struct {
		ID          string `json:"id"`
		Integration string `json:"integration"`
		Name        string `json:"end_user_organization_name"`
		Category    string `json:"category"`
		Status      string `json:"status"`
	}
	if _, err := connector.GetJSON(ctx, s, request(s, "account-details", nil), &details); err != nil {
		return connector.Account{}, err
	}
	if details.ID == "" && details.Integration == "" && details.Category == "" { // it is no linked account's
		return connector.Account{}, connector.Fail(connector.Malformed, service, "account-details was answered without saying whose account it is")
	}
	account := connector.Account{ID: details.ID, Name: details.Name}
	if details.Category != "" && details.Category != "crm" {
		return account, connector.Fail(connector.Refused, service, "the linked account is of the category %q, and not a CRM", details.Category)
	}
	switch details.Status {
	case "RELINK_NEEDED":
		account.Note = service + ": the linked account must be linked again at Merge: until then its copy of the CRM stays as it is, and nothing is written."
	case "INCOMPLETE":
		account.Note = service + ": the linked account has not been linked to the end at Merge."
	}
	return account, nil
}
