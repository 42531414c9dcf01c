package main

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

// TestDemoWaitsForWhatGoesOn: how long a sync may take depends on how much there is, not on a clock.
func TestDemoWaitsForWhatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &demo{ctx: t.Context()}
		began := time.Now()
		if err := d.until("it ends", func() (bool, error) {
			d.moved = time.Now()
			return time.Since(began) > 20*demoStep, nil
		}); err != nil {
			t.Error(err)
		}
		if err := d.until("it ends", func() (bool, error) { return false, nil }); err == nil {
			t.Error("it waited for what stands still")
		}
	})
}

// TestDemoLeast: with demoLeast accounts there is a rep to record, with one less there is none, whatever day of the week it is.
func TestDemoLeast(t *testing.T) {
	at := slices.IndexFunc(platforms, func(p platform) bool { return p.connector.Info().Platform == hub.PlatformServiceTitan })
	for day := range 7 {
		now := time.Date(2027, 2, 26+day, 23, 30, 0, 0, time.UTC)
		found := func(records int) error {
			options := simulator.Options{Seed: uint64(1 + at), Records: records, Around: now, Now: func() time.Time { return now }}
			_, err := appointments(&demoCRM{Server: platforms[at].simulator(options)}, 2)
			return err
		}
		if err := found(demoLeast); err != nil {
			t.Errorf("on a %s: %v", now.Weekday(), err)
		}
		if found(demoLeast-1) == nil {
			t.Errorf("on a %s %d are not the least", now.Weekday(), demoLeast)
		}
	}
}
