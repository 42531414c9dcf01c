package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"sirocco/hub"
	"sirocco/store"
)

type syncCommand struct {
	connectionFlag
	From   time.Time `placeholder:"TIME" help:"Set the cursors back to this time first, as in 2026-01-31T00:00:00Z."`
	Follow bool      `help:"Show its progress until it ends; the end is 1 when it failed or was paused." env:"-"`
}

func (c *syncCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, conn hub.Connection) error {
		before, err := latestRun(ctx, st, conn)
		if err != nil {
			return err
		}
		var from *time.Time
		if !c.From.IsZero() {
			from = &c.From
		}
		err = st.RequestSync(ctx, conn.OrganizationID, conn.ID, nil, from)
		if errors.Is(err, hub.ErrDisabled) {
			return fmt.Errorf("the organization %s is disabled: set its disabled to false in the API first", conn.OrganizationID)
		}
		if errors.Is(err, hub.ErrPaused) {
			return fmt.Errorf("the connection is paused: sirocco connection resume %s", conn.ID)
		}
		if err != nil {
			return err
		}
		if !c.Follow {
			fmt.Println("Asked for; a running server begins at once. sirocco sync --follow shows its progress.")
			return nil
		}
		return follow(ctx, st, conn, before)
	})
}

func latestRun(ctx context.Context, st *store.Store, conn hub.Connection) (store.SyncRun, error) {
	runs, err := st.SyncRuns(ctx, conn.OrganizationID, conn.ID, "", 1)
	if err != nil || len(runs) == 0 {
		return store.SyncRun{}, err
	}
	return runs[0], nil
}

// unmoved is how long nothing may come in before follow says why that may be.
const unmoved = 10 * time.Second

// follow shows the runs after the one before, model by model, until none is due any more, or none can go on.
func follow(ctx context.Context, st *store.Store, conn hub.Connection, before store.SyncRun) error {
	bar := progressbar.NewOptions(len(conn.SyncStatus), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetWidth(30),
		progressbar.OptionSetDescription("waiting"), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	moved, last, told := time.Now(), store.SyncRun{}, false
	for {
		run, err := latestRun(ctx, st, conn)
		if err != nil {
			return err
		}
		conn, err := st.Connection(ctx, conn.OrganizationID, conn.ID)
		if err != nil {
			return err
		}
		sched, err := st.Schedule(ctx, conn.OrganizationID, conn.ID)
		if err != nil {
			return err
		}
		// A run that was under way when the sync was asked for is not the one asked for: that is still due.
		due := !sched.LeaseUntil.IsZero() || !sched.DueAt.IsZero() && !sched.DueAt.After(st.Now())
		ours := run.ID != "" && (run.ID != before.ID || before.EndedAt.IsZero())
		if run.ID != last.ID || run.Pages != last.Pages {
			moved, last = time.Now(), run
		}
		switch {
		case ours && !run.EndedAt.IsZero() && !due:
			all, err := runsSince(ctx, st, conn, before)
			if err != nil {
				return err
			}
			return errors.Join(bar.Finish(), report(all))
		case !conn.Active || sched.OrganizationDisabled:
			return errors.Join(bar.Clear(), errors.New(sched.Explain(conn, st.Now())))
		case ours:
			if err := showProgress(ctx, st, conn, run, bar); err != nil {
				return err
			}
		}
		if !told && time.Since(moved) > unmoved {
			told = true
			fmt.Fprintf(os.Stderr, "%s Is a server running on this database?\n", sched.Explain(conn, st.Now()))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func showProgress(ctx context.Context, st *store.Store, conn hub.Connection, run store.SyncRun, bar *progressbar.ProgressBar) error {
	states, err := st.SyncStates(ctx, conn.OrganizationID, conn.ID)
	if err != nil {
		return err
	}
	done := 0
	for _, s := range states {
		if s.CompletedRun == run.ID {
			done++
		}
	}
	bar.Describe(fmt.Sprintf("%d pages, %d records, %d new or changed", run.Pages, run.Created+run.Updated+run.Unchanged+run.Deleted, run.Created+run.Updated+run.Deleted))
	return bar.Set(done)
}

// runsSince returns the runs that were followed, the latest first: all after the one before, and that one too where it
// was still under way.
func runsSince(ctx context.Context, st *store.Store, conn hub.Connection, before store.SyncRun) ([]store.SyncRun, error) {
	var all []store.SyncRun
	for last := ""; ; {
		page, err := st.SyncRuns(ctx, conn.OrganizationID, conn.ID, last, listPage)
		if err != nil || len(page) == 0 {
			return all, err
		}
		for _, run := range page {
			if run.ID < before.ID || run.ID == before.ID && !before.EndedAt.IsZero() {
				return all, nil
			}
			all = append(all, run)
			last = run.ID
		}
	}
}

// report prints the summary of runs, the latest first, and fails where the latest did.
func report(runs []store.SyncRun) error {
	fmt.Println(summary(runs))
	if runs[0].Error != "" {
		return fmt.Errorf("the sync failed: %s", runs[0].Error)
	}
	return nil
}

// summary says what runs did, all together.
func summary(runs []store.SyncRun) string {
	var t store.RunTotals
	var took time.Duration
	for _, run := range runs {
		t.Add(run.RunTotals)
		took += run.EndedAt.Sub(run.StartedAt)
	}
	return fmt.Sprintf("%s, %s: %d created, %d updated, %d unchanged, %d deleted, %d into quarantine, %.1f MB, in %.1f s.", counted(len(runs), "run", "runs"),
		counted(t.Pages, "page", "pages"), t.Created, t.Updated, t.Unchanged, t.Deleted, t.Quarantined, float64(t.Bytes)/1e6, took.Seconds())
}
