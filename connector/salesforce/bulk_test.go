package salesforce_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/salesforce"
)

// bulkStandIn is a stand-in with 100 accounts, and a session that reads what has 40 rows by Bulk jobs.
func bulkStandIn(t *testing.T) (*simulator.Server, *simulated.Organization, *connector.Session) {
	t.Helper()
	crm, organization, session := standIn(t, simulator.Options{Records: 100}, nil)
	session.Values["bulkFrom"] = "40"
	return crm, organization, session
}

// accounts asks for a page of accounts behind another.
func accounts(t *testing.T, session *connector.Session, behind string) (connector.Page, error) {
	t.Helper()
	return salesforce.Connector{}.Fetch(t.Context(), session, connector.Query{Model: hub.ModelAccount, Limit: 3, Next: behind})
}

// pageOf is accounts where it cannot fail.
func pageOf(t *testing.T, session *connector.Session, behind string) connector.Page {
	t.Helper()
	page, err := accounts(t, session, behind)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestBulkJobs reads accounts by a job from its making to its deletion: waits are told, each place is good for one who knows
// nothing else, and the deleted rows that are in the bin are among the others.
func TestBulkJobs(t *testing.T) {
	for _, namedOnce := range []bool{false, true} {
		crm, organization, session := bulkStandIn(t)
		crm.Delete(hub.ModelAccount, 10)
		if namedOnce {
			organization.NameColumnsOnce()
		}
		first := pageOf(t, session, "")
		if len(first.Records) != 3 || first.Wait <= 0 || !first.More || first.AsOf.IsZero() || first.Note != "" {
			t.Fatalf("the page that asks for a job: %+v", first)
		}
		looked := pageOf(t, session, first.Next)
		if len(looked.Records) != 0 || looked.Wait <= 0 || looked.Next != first.Next {
			t.Fatalf("while the job is not done: %+v", looked)
		}
		found, deleted, parts := map[string]bool{}, 0, 0
		page := looked
		for page.More {
			if page = pageOf(t, session, page.Next); len(page.Records) == 0 {
				break
			}
			for _, r := range page.Records {
				found[r.ExternalID] = true
				if r.Deleted {
					deleted++
				}
			}
			parts++
		}
		there := 0
		for _, r := range crm.Records(hub.ModelAccount) {
			if !r.Deleted && !found[r.ExternalID] {
				t.Errorf("%s is missing", r.ExternalID)
			}
			if !r.Deleted {
				there++
			}
		}
		if deleted == 0 || len(found) != there+deleted || parts != 4 {
			t.Errorf("%d parts have %d accounts, %d of them deleted; there are %d", parts, len(found), deleted, there)
		}
		if made, gone, left := organization.Jobs(); page.More || made != 1 || gone != 1 || len(left) != 0 {
			t.Errorf("at the end: more %t, %d jobs made, %d deleted, left %v", page.More, made, gone, left)
		}
		for _, v := range crm.Violations() {
			t.Error(v)
		}
	}
}

// TestBulkThreshold asks for no job below the number of rows, in an increment, and where the setting says never.
func TestBulkThreshold(t *testing.T) {
	crm, organization, session := bulkStandIn(t)
	for _, test := range []struct {
		from  string
		since time.Time
		jobs  int
	}{{"101", time.Time{}, 0}, {"0", time.Time{}, 0}, {"40", time.Now().Add(-365 * 24 * time.Hour), 0}, {"100", time.Time{}, 1}} {
		session.Values["bulkFrom"] = test.from
		q := connector.Query{Model: hub.ModelAccount, Limit: 3, Since: test.since}
		if n := len(read(t, session, q)); test.since.IsZero() && n != len(crm.Records(hub.ModelAccount)) {
			t.Errorf("%+v: %d accounts", test, n)
		}
		if made, _, _ := organization.Jobs(); made != test.jobs {
			t.Errorf("%+v: %d jobs", test, made)
		}
	}
	session.Values["bulkFrom"] = "some"
	if _, err := (salesforce.Connector{}).Check(t.Context(), session); !connector.IsKind(err, connector.Refused) {
		t.Errorf("a number of rows that is none: %v", err)
	}
}

// TestNoBulk reads page by page where no job is to be had, where it comes to nothing and where it is not done in half a day,
// and says so.
func TestNoBulk(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*simulated.Organization)
		says  string
	}{
		"denied":  {func(o *simulated.Organization) { o.DenyBulk("API_DISABLED_FOR_ORG") }, "is not to be had, so it is read page by page"},
		"failed":  {func(o *simulated.Organization) { o.EndJobs("Failed") }, "was failed, so"},
		"aborted": {func(o *simulated.Organization) { o.EndJobs("Aborted") }, "was aborted, so"},
		"stuck":   {func(o *simulated.Organization) { o.StickJobs(true) }, "was not done within 12h"},
	} {
		t.Run(name, func(t *testing.T) {
			crm, organization, session := bulkStandIn(t)
			test.spoil(organization)
			found, notes := map[string]bool{}, ""
			for next, looks := "", 0; ; {
				page := pageOf(t, session, next)
				notes += page.Note
				for _, r := range page.Records {
					found[r.ExternalID] = true
				}
				if next = page.Next; !page.More {
					break
				}
				if page.Wait > 0 {
					if looks++; looks == 2 && name == "stuck" {
						crm.SetClockOffset(13 * time.Hour)
						token, err := salesforce.Connector{}.Authorize(t.Context(), session)
						if err != nil {
							t.Fatal(err)
						}
						session.Token = token.Value
					}
					if looks > 3 {
						t.Fatal("it waits for ever")
					}
				}
			}
			if len(found) != len(crm.Records(hub.ModelAccount)) || !strings.Contains(notes, test.says) || strings.Contains(notes, "SELECT") {
				t.Errorf("%d accounts; it says %q", len(found), notes)
			}
			if _, _, left := organization.Jobs(); len(left) != 0 {
				t.Errorf("jobs are left: %v", left)
			}
		})
	}
}

// TestBulkLimits: a used-up day is a wait and not the end of Bulk jobs, and what was made is gone on with.
func TestBulkLimits(t *testing.T) {
	_, organization, session := bulkStandIn(t)
	organization.DenyBulk("REQUEST_LIMIT_EXCEEDED")
	if _, err := accounts(t, session, ""); !connector.IsKind(err, connector.RateLimited) {
		t.Errorf("the day's calls are used up: %v", err)
	}
	organization.DenyBulk("")
	first := pageOf(t, session, "")
	organization.Use(90, 100)
	for range 2 {
		if _, err := accounts(t, session, first.Next); !connector.IsKind(err, connector.RateLimited) {
			t.Errorf("the share of the day's calls is used up: %v", err)
		}
	}
	organization.Use(0, 100)
	if page := pageOf(t, session, first.Next); len(page.Records) == 0 {
		t.Errorf("the job is not gone on with: %+v", page)
	}
}

// TestBulkJobsEnd forgets jobs as the vendor does after seven days: their places are refused, whatever they are about.
func TestBulkJobsEnd(t *testing.T) {
	_, organization, session := bulkStandIn(t)
	first := pageOf(t, session, "")
	pageOf(t, session, first.Next)
	part := pageOf(t, session, first.Next)
	last := pageOf(t, session, pageOf(t, session, pageOf(t, session, part.Next).Next).Next)
	if last.Wait <= 0 || !last.More {
		t.Fatalf("behind the last part: %+v", last)
	}
	organization.ExpireJobs()
	for _, next := range []string{first.Next, part.Next} {
		if _, err := accounts(t, session, next); !connector.IsKind(err, connector.Refused) {
			t.Errorf("a job that is gone: %v", err)
		}
	}
	if page := pageOf(t, session, last.Next); page.More || len(page.Records) != 0 {
		t.Errorf("a job that is gone before it is deleted: %+v", page)
	}
}

// TestBulkFaults puts each fault on a part: none brings fewer rows than there are.
func TestBulkFaults(t *testing.T) {
	crm, _, session := bulkStandIn(t)
	first := pageOf(t, session, "")
	pageOf(t, session, first.Next)
	part := pageOf(t, session, first.Next)
	for kind, kinds := range map[simulator.FaultKind][]connector.Kind{
		simulator.Drop: {connector.Temporary}, simulator.Truncated: {connector.Malformed}, simulator.Malformed: {connector.Malformed},
		simulator.WrongType: {connector.Malformed}, simulator.NoRows: {connector.Malformed}, simulator.ServerError: {connector.Temporary},
	} {
		crm.Faults.Script(simulator.Fault{Kind: kind})
		page, err := accounts(t, session, part.Next)
		e, _ := err.(*connector.Error) //nolint:errorlint // it is what a connector fails with
		if e == nil || !slices.Contains(kinds, e.Kind) || len(page.Records) > 0 || !strings.HasPrefix(e.Error(), "Salesforce: ") {
			t.Errorf("%s: %d records and %v", kind, len(page.Records), err)
		}
	}
	crm.Faults.Script(simulator.Fault{Kind: simulator.OddZones})
	if page := pageOf(t, session, part.Next); len(page.Records) != 30 || len(page.Rejected) != 0 {
		t.Errorf("%d records, %+v rejected", len(page.Records), page.Rejected)
	}
}
