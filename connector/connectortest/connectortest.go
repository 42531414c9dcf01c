// Package connectortest is the conformance kit of connectors: Run holds a connector against a stand-in of
// its vendor. What the kit finds, users of sync products have suffered from: rows lost at a page's edge,
// rows passed over because they changed while someone paged, notes written twice, errors taken for an
// empty answer. The engine's own tests run the same connectors through whole syncs.
package connectortest

import (
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/simulator"
)

// NewCRM makes a stand-in of the connector's vendor.
type NewCRM func(simulator.Options) *simulator.Server

// Again is Run for a connector that is run with another stand-in, too: it is left out where tests are to be short.
func Again(t *testing.T, c connector.Connector, crm NewCRM) {
	if testing.Short() {
		t.Skip("the kit runs with another stand-in")
	}
	Run(t, c, crm)
}

// Run holds the connector against all that a connector must do, or, where tests are to be short, against what is quickly seen.
func Run(t *testing.T, c connector.Connector, crm NewCRM) {
	t.Run("describes itself", func(t *testing.T) { describesItself(t, c, crm) })
	t.Run("checks credentials", func(t *testing.T) { checksCredentials(t, c, crm) })
	t.Run("reads everything", func(t *testing.T) { readsEverything(t, c, crm) })
	t.Run("loses no row of one instant", func(t *testing.T) { keepsRowsOfOneInstant(t, c, crm) })
	t.Run("reads times in any zone", func(t *testing.T) { readsAnyZone(t, c, crm) })
	t.Run("reads ids in any form", func(t *testing.T) { readsIDsInAnyForm(t, c, crm) })
	t.Run("reads numbers in text", func(t *testing.T) { readsNumbersInText(t, c, crm) })
	t.Run("rejects one bad record", func(t *testing.T) { rejectsOneBadRecord(t, c, crm) })
	t.Run("names each failure", func(t *testing.T) { namesFailures(t, c, crm) })
	t.Run("takes no answer without rows for an empty list", func(t *testing.T) { needsRows(t, c, crm) })
	t.Run("ends where pages repeat themselves", func(t *testing.T) { endsRepeatedPages(t, c, crm) })
	t.Run("tells one list that is refused alone", func(t *testing.T) { tellsOneRefusedList(t, c, crm) })
	t.Run("tells a place that is too old", func(t *testing.T) { tellsOldPlaces(t, c, crm) })
	t.Run("tells an outage from a refusal", func(t *testing.T) { tellsOutages(t, c, crm) })
	t.Run("takes what goes back in time", func(t *testing.T) { takesWhatGoesBack(t, c, crm) })
	t.Run("tells what turned into something else", func(t *testing.T) { tellsWhatTurned(t, c, crm) })
	t.Run("obeys a cancelled context", func(t *testing.T) { obeysCancellation(t, c, crm) })
	t.Run("writes a note once", func(t *testing.T) { writesNoteOnce(t, c, crm) })
	t.Run("finds its notes", func(t *testing.T) { findsNotes(t, c, crm) })
	t.Run("tells a note that is lost from one that is not taken", func(t *testing.T) { losesNoNote(t, c, crm) })
	t.Run("tells what a link rests on as it is now", func(t *testing.T) { confirmsLinks(t, c, crm) })
	t.Run("sets fields", func(t *testing.T) { setsFields(t, c, crm) })
	if testing.Short() { // what follows takes as long as all of that
		return
	}
	t.Run("reads everything of a team at work", func(t *testing.T) {
		readsEverything(t, c, func(o simulator.Options) *simulator.Server {
			o.Around = time.Now()
			return crm(o)
		})
	})
	t.Run("loses no row that changes meanwhile", func(t *testing.T) { keepsRowsThatChange(t, c, crm) })
	t.Run("reads only what changed", func(t *testing.T) { readsOnlyChanges(t, c, crm) })
	t.Run("takes nothing that is there for gone", func(t *testing.T) { deletesOnlyWhatIsGone(t, c, crm) })
	t.Run("loses nothing to odd answers", func(t *testing.T) { losesNothingToOddAnswers(t, c, crm) })
}
