package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// demoInterval is how often connections sync, in seconds, once all is shown: as often as they may.
	demoInterval = 10
	// demoPace is how often somebody in some CRM changes something.
	demoPace = 2 * time.Second
)

// live lets people work in the CRMs until the demo ends, so that the console has something to show.
func (d *demo) live() error {
	for _, crm := range d.crms {
		err := d.call("PATCH", crm.connection+"/sync", map[string]any{"intervalSeconds": demoInterval}, nil)
		if err != nil && d.ctx.Err() == nil { // else only the demo has ended
			return fmt.Errorf("letting %s sync often: %w", crm.Platform(), err)
		}
	}
	tick := time.NewTicker(demoPace)
	defer tick.Stop()
	for {
		select {
		case <-d.ctx.Done():
			return nil
		case <-tick.C:
			crm := d.crms[rand.IntN(len(d.crms))]
			crm.Update(crm.main, 1+rand.IntN(3))
		}
	}
}
