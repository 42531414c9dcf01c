package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// TestWhatIsKnownOfAMapping: a sentence says it, and a mapping that was never put leaves the preset to count.
func TestWhatIsKnownOfAMapping(t *testing.T) {
	now := time.Now()
	own, standard := hub.Mapping{Preset: "own"}, hub.Mapping{Preset: "standard"}
	for want, m := range map[string]store.Mapping{
		"It has no mapping of its own: this is the preset that counts instead.":                                    {},
		"The CRM said that all of it is there.":                                                                    {Mapping: own, UpdatedAt: now, CheckedAt: now},
		"It cannot be read by: Lead has no such field.":                                                            {Mapping: own, UpdatedAt: now, Failed: "Lead has no such field"},
		"It is not checked yet, as the CRM could not be asked when it was put: it is checked before the next run.": {Mapping: own, UpdatedAt: now},
	} {
		sentence, counts := m.Explain(standard)
		if sentence != want || (counts.Preset == standard.Preset) != m.UpdatedAt.IsZero() {
			t.Errorf("%+v: %q, and %q counts", m, sentence, counts.Preset)
		}
	}
}
