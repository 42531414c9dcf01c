package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"sirocco/hub"
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
		if err != nil && d.ctx.Err() == nil && !d.excused(err) { // else only the demo has ended
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

// excused says that something announced is not true because somebody has acted in the console meanwhile, and reports
// whether that is so: then the demo goes on with what comes next.
func (d *demo) excused(err error) bool {
	if !d.watched || d.ctx.Err() != nil {
		return false
	}
	who := d.visitor()
	if who != "" {
		fmt.Printf("  %s has acted in the console meanwhile, so this came otherwise (%v). It goes on.\n", who, err)
	}
	return who != ""
}

// visitor is who has acted in the console, empty where nobody has.
func (d *demo) visitor() string {
	var log struct {
		Data []struct {
			Actor struct {
				Kind hub.ActorKind `json:"kind"`
				Name string        `json:"name"`
			} `json:"actor"`
		} `json:"data"`
	}
	if d.call("GET", "/v1/audit?pageSize=1000", nil, &log) != nil {
		return ""
	}
	for _, entry := range log.Data {
		if entry.Actor.Kind == hub.ActorConsole {
			return entry.Actor.Name
		}
	}
	return ""
}
