package store

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"sirocco/database"
)

// TestWhatAnUpgradeWaitsForIsLogged: who upgrades a database is told what for it waits, where somebody reads that, and nobody else.
func TestWhatAnUpgradeWaitsForIsLogged(t *testing.T) {
	var log bytes.Buffer
	for _, logger := range []*slog.Logger{nil, slog.New(slog.NewTextHandler(&log, nil))} {
		prepare := func(db database.DB, ctx context.Context, m database.Migrations) error {
			if logged := m.Waiting != nil; logged != (logger != nil) {
				t.Errorf("with %v it is logged: %v", logger, logged)
			} else if logged {
				m.Waiting("waiting for somebody")
			}
			return db.Migrate(ctx, m)
		}
		st, err := open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "sirocco.db"), Options{Logger: logger}, prepare, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
	if strings.Count(log.String(), `level=WARN msg="waiting for somebody"`) != 1 {
		t.Error(log.String())
	}
}
