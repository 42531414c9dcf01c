package engine

import (
	"os"
	"strconv"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
)

// monthVariable is how many days TestMonth lives; three without it. make month sets it, and a zone whose clocks change in that month.
const monthVariable = "SIROCCO_MONTH"

// TestMonth lives days of changing CRMs of every platform that fail in every way, an outage of hours every third day, refused
// credentials, pauses and a disabled organization among them, with rows that show long after their time, whose time goes back
// or that change many at one instant, and clocks that go wrong, in virtual time: after two quiet days the hub has what the
// CRMs have, record by record, and every run has ended.
func TestMonth(t *testing.T) {
	days := 3
	if text := os.Getenv(monthVariable); text != "" {
		var err error
		if days, err = strconv.Atoi(text); err != nil {
			t.Fatal(monthVariable, err)
		}
	}
	connectors := map[hub.Platform]connector.Connector{}
	for _, s := range standIns {
		connectors[s.connector.Info().Platform] = s.connector
	}
	lives(t, connectors, func(l *life) {
		var crms []*simulator.Server
		for i, s := range standIns {
			crm := s.crm(simulator.Options{Seed: uint64(40 + i), Records: 60, Counts: map[hub.Model]int{hub.ModelUser: 12}, ValidateEvery: 50})
			crms = append(crms, crm)
			c := l.meet(s.connector, crm)
			if err := l.st.SetSyncInterval(l.t.Context(), c.OrganizationID, c.ID, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		usual := func() {
			for _, crm := range crms {
				crm.Faults.Stop()
				crm.Faults.Random(0.05,
					simulator.Fault{Kind: simulator.ServerError}, simulator.Fault{Kind: simulator.Unavailable, RetryAfter: "90"},
					simulator.Fault{Kind: simulator.RateLimited}, simulator.Fault{Kind: simulator.RateLimited, RetryAfter: "600"},
					simulator.Fault{Kind: simulator.Unauthorized}, simulator.Fault{Kind: simulator.Forbidden}, simulator.Fault{Kind: simulator.BadRequest},
					simulator.Fault{Kind: simulator.Gone}, simulator.Fault{Kind: simulator.HTMLPage}, simulator.Fault{Kind: simulator.Hang},
					simulator.Fault{Kind: simulator.Drop}, simulator.Fault{Kind: simulator.Truncated}, simulator.Fault{Kind: simulator.Malformed},
					simulator.Fault{Kind: simulator.WrongType}, simulator.Fault{Kind: simulator.NoRows}, simulator.Fault{Kind: simulator.NullRows},
					simulator.Fault{Kind: simulator.RepeatCursor, Match: "/"}, simulator.Fault{Kind: simulator.OddZones}, simulator.Fault{Kind: simulator.BadRecord},
					simulator.Fault{Kind: simulator.Conflict}, simulator.Fault{Kind: simulator.Locked}, simulator.Fault{Kind: simulator.TooEarly})
			}
		}
		usual()
		for day := range days {
			for i, crm := range crms {
				shown := crm.Models()[day%len(crm.Models())]
				m, _ := crm.Row(shown, crm.Records(shown)[0].ExternalID)
				crm.Restore(m, 2, time.Duration(day%5)*20*time.Hour+3*time.Minute)
				crm.Together(m, 8)
				crm.SetClockOffset(time.Duration((day+i)%3-1) * 4 * time.Minute)
			}
			for hour := 0; hour < 24; hour += 2 {
				for i, crm := range crms {
					crm.Churn(4)
					c := l.conns[i]
					if (day*12+hour/2+i*5)%17 == 0 { // paused for a while
						active := false
						l.patch(c, active)
						l.pass(20 * time.Minute)
						l.patch(c, !active)
					}
				}
				l.pass(100 * time.Minute)
			}
			if day%3 == 1 {
				for i, kind := range []simulator.FaultKind{simulator.Unavailable, simulator.Unauthorized, simulator.Hang} {
					crms[(day+i)%len(crms)].Faults.Always(simulator.Fault{Kind: kind})
				}
				l.pass(7 * time.Hour)
				usual()
				l.disable(l.conns[day%len(l.conns)], true)
				l.pass(3 * time.Hour)
				l.disable(l.conns[day%len(l.conns)], false)
			}
		}
		for _, crm := range crms {
			crm.Faults.Stop()
			crm.SetClockOffset(0)
		}
		l.pass(8 * 24 * time.Hour) // two whole readings of each model, and what COMPANY_CAM reads of a project once a week
		for i, crm := range crms {
			l.equal(crm, l.conns[i])
			l.ended(l.conns[i])
			if run := l.runs(l.conns[i])[0]; run.Outcome != store.RunDone {
				t.Errorf("%s at the end: %+v", crm.Platform(), run)
			}
			for _, v := range crm.Violations() {
				t.Errorf("%s: %s", crm.Platform(), v)
			}
		}
		t.Logf("%s was lived", time.Since(virtualStart))
	})
}

func (l *life) patch(c hub.Connection, active bool) {
	l.t.Helper()
	if _, err := l.st.PatchConnection(l.t.Context(), c.OrganizationID, c.ID, hub.ConnectionPatch{Active: &active}); err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) disable(c hub.Connection, disabled bool) {
	l.t.Helper()
	if _, err := l.st.UpdateOrganization(l.t.Context(), c.OrganizationID, "", hub.OrganizationPatch{Disabled: &disabled}); err != nil {
		l.t.Fatal(err)
	}
}
