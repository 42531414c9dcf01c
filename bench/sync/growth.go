package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"sirocco/bench/rig"
	"sirocco/store"
)

// growthSteps is in how many equal parts a growing sync is told.
const growthSteps = 5

// growth syncs one large CRM into each database and writes what the parts of it cost, one after another.
func growth(w io.Writer, databases []rig.Database, records int) error {
	fmt.Fprintf(w, `
## As it grows

One sync of %s records in pages of 500, told in %d parts.

| | records so far | records/s in this part | memory, in all |
|---|---:|---:|---:|
`, rig.Thousands(records), growthSteps)
	for _, db := range databases {
		if err := grow(w, db, records); err != nil {
			return fmt.Errorf("%s: %w", db.Name, err)
		}
	}
	return nil
}

func grow(w io.Writer, db rig.Database, records int) (err error) {
	ctx := context.Background()
	crm := newFeed(records, 500)
	defer crm.close()
	st, e, err := hubOn(db.URL, crm, 500)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	c, err := connect(ctx, st, crm)
	if err != nil {
		return err
	}
	runtime.GC()
	if err := e.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Stop(ctx)) }()

	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(20 * time.Minute)
	var from int
	var began time.Time
	for step := 1; step <= growthSteps; {
		select {
		case <-ticker.C:
		case <-deadline:
			return errors.New("the sync did not end in 20 minutes")
		}
		runs, err := st.SyncRuns(ctx, c.OrganizationID, c.ID, "", 1)
		if err != nil {
			return err
		}
		run := store.SyncRun{}
		if len(runs) == 1 {
			run = runs[0]
		}
		if began.IsZero() {
			began = run.StartedAt
		}
		if run.Created < step*records/growthSteps {
			continue
		}
		memory, err := resident()
		if err != nil {
			return err
		}
		now := time.Now()
		fmt.Fprintf(w, "| %s | %s | %s | %d MiB |\n", db.Name, rig.Thousands(run.Created), rig.Thousands(int(float64(run.Created-from)/now.Sub(began).Seconds())), memory>>20)
		from, began = run.Created, now
		step++
	}
	return nil
}
