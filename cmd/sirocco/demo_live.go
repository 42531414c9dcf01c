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
		if err := d.call("PATCH", crm.connection+"/sync", map[string]any{"intervalSeconds": demoInterval}, nil); err != nil {
			return d.unlessEnded(fmt.Errorf("letting %s sync often: %w", crm.Platform(), err))
		}
	}
	tick := time.NewTicker(demoPace)
	defer tick.Stop()
	for {
		select {
		case <-d.ctx.Done():
			return nil
		case <-tick.C:
			crm := d.crms[rand.IntN(len(d.crms))] //nolint:gosec // whose people work is no secret
			crm.Update(crm.main, 1+rand.IntN(3))  //nolint:gosec // nor is how much
		}
	}
}

// unlessEnded is the error, and nil where it is only that the demo ended.
func (d *demo) unlessEnded(err error) error {
	if d.ctx.Err() != nil {
		return nil
	}
	return err
}
