package hub

import (
	"testing"
	"time"
	"uuid"
)

// TestIDsOfAnotherTime moves ids by hours and fractions of milliseconds: they sort by the time that they were moved to.
func TestIDsOfAnotherTime(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour, time.Microsecond, -time.Microsecond, 1500 * time.Microsecond, -time.Millisecond} {
		id := uuid.MustParse("01a21070-6a6b-7001-8f40-f64aba6b1603")
		moved := id
		shiftID(&moved, by)
		if sign := moved.Compare(id); sign > 0 != (by > 0) || !ValidID(moved.String()) || moved[6]>>4 != 7 || moved[8] != id[8] {
			t.Errorf("%v: %s becomes %s", by, id, moved)
		}
		shiftID(&moved, -by)
		if moved != id {
			t.Errorf("%v there and back: %s becomes %s", by, id, moved)
		}
	}
}
