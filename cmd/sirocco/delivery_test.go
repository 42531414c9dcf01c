package main

import (
	"os/exec"
	"regexp"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestDeliveryCommands: an operator sees what could not be written back and why, and sends it again.
func TestDeliveryCommands(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, time.Now)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge)
		failed := func(recording string) string {
			id := hub.NewID()
			storetest.Exec(t, st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, note_id, error, created_at, updated_at)
				VALUES ($1, $2, $3, $4, 'ACCOUNT', 'acc-1', 'FAILED', 9, '', 'Merge: the service has a problem', 1, 1)`, org, conn.ID, id, recording)
			return id
		}
		recording := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Minute)
		storetest.Exec(t, st, `UPDATE recordings SET link_connection_id = $3, link_model = 'ACCOUNT', link_external_id = 'acc-1' WHERE organization_id = $1 AND id = $2`, org, recording, conn.ID)
		kept, gone := failed(recording), failed(hub.NewID())
		says := func(well bool, want string, args ...string) {
			t.Helper()
			text, err := exec.Command("sirocco", append([]string{"delivery"}, append(args, "--database", url)...)...).CombinedOutput()
			if (err == nil) != well || !regexp.MustCompile(want).Match(text) {
				t.Errorf("delivery %v: %v, it said\n%swant %s", args, err, text, want)
			}
		}
		says(true, kept+`  recording .*ACCOUNT acc-1  FAILED\n  It failed after 9 attempts.*\n  Merge: the service has a problem\n$`, "list", conn.ID)
		says(true, `^$`, "list", conn.ID, "--state", "sent")
		says(true, `^{"id":"`+gone+`".*"state":"FAILED","attempts":9,.*}\n$`, "list", conn.ID, "--json", "--limit", "1")
		says(true, gone+` stays as it is: The recording was deleted.*\n1 delivery is sent again\.\n$`, "replay", conn.ID)
		says(true, `^`+kept+` .*PENDING\n  It is due, and sent in its turn`, "list", conn.ID, "--state", "pending")
		says(true, `^It is due, and sent in its turn`, "replay", conn.ID, kept)
		says(false, `The recording was deleted`, "replay", conn.ID, gone)
		says(false, `there is no delivery "nothing"; sirocco delivery list `+conn.ID+` shows`, "replay", conn.ID, "nothing")
		says(false, `there is no connection "nothing"`, "list", "nothing")
	})
}
