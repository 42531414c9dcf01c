package leadperfection

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rowsFrom are the ids of rows from a to b of a list, both included.
func rowsFrom(a, b int) part {
	var p part
	for n := a; n <= b; n++ {
		p.ids = append(p.ids, strconv.Itoa(n))
		p.rows = append(p.rows, json.RawMessage(`{}`))
	}
	return p
}

// TestTheEndIsProven reads a list in pages of 16, which overlap by 2: its end is where nothing but the overlap comes, a short
// page is none, and what does not go on is begun again some times and then an error.
func TestTheEndIsProven(t *testing.T) {
	const size = 16
	read := func(p place, got part) (place, []int, bool) {
		t.Helper()
		next, fresh, more, err := p.after(got, size)
		if err != nil {
			t.Fatal(err)
		}
		return next, fresh, more
	}
	first, fresh, more := read(place{Start: 1}, rowsFrom(1, 16))
	if !more || len(fresh) != 16 || first.Start != 15 {
		t.Fatalf("%+v %v %t", first, fresh, more)
	}
	second, fresh, more := read(first, rowsFrom(15, 20)) // a short page
	if !more || len(fresh) != 4 || second.Start != 19 {
		t.Fatalf("%+v %v %t", second, fresh, more)
	}
	if _, fresh, more := read(second, rowsFrom(19, 20)); more || len(fresh) > 0 {
		t.Errorf("nothing but the overlap is not the end: %v", fresh)
	}
	if _, _, more := read(second, rowsFrom(18, 20)); more {
		t.Error("one row that moved in before is not the end")
	}
	for name, got := range map[string]part{"nothing": {}, "the first page again": rowsFrom(1, 16), "rows far behind": rowsFrom(40, 50)} {
		at := first
		for tries := 0; ; tries++ {
			next, fresh, more, err := at.after(got, size)
			if err != nil {
				if tries != mostAgain {
					t.Errorf("%s: it was begun again %d times", name, tries)
				}
				break
			}
			if !more || len(fresh) > 0 || next.Start != 1 {
				t.Fatalf("%s is taken for the end, or for rows: %+v %v", name, next, fresh)
			}
			at, _, _ = read(next, rowsFrom(1, 16))
		}
	}
	// A list of one row, from a server that knows StartIndex and from one that does not.
	one, _, _ := read(place{Start: 1}, rowsFrom(1, 1))
	if _, _, more := read(one, part{}); more {
		t.Error("one row alone has no end")
	}
	if next, _, more := read(one, rowsFrom(1, 1)); !more || next.Again != 1 {
		t.Error("the same row once more is the end")
	}
}

// TestSlicesCoverAllDays goes through slices with and without rows: they touch, and end with the first day.
func TestSlicesCoverAllDays(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 10, 500} {
		at, count := begin(time.Time{}, now, time.UTC), 1
		if at.To != dayOf(now, time.UTC)+1 {
			t.Errorf("it begins with %s", wireDay(at.To))
		}
		for {
			at.Rows = n
			next, more := at.nextSlice(100)
			if !more {
				break
			}
			if next.To != at.From-1 || next.From > next.To || next.Start != 1 {
				t.Fatalf("%+v comes after %+v", next, at)
			}
			at, count = next, count+1
		}
		if at.From != firstDay {
			t.Errorf("with %d rows each it ends with %s", n, wireDay(at.From))
		}
		if n == 0 && count > 20 {
			t.Errorf("without rows there are %d slices", count)
		}
	}
}

// TestThePageNamesWhatIsUnproven holds docs/platforms/lead_perfection.md against the spellings that nobody was seen to read.
func TestThePageNamesWhatIsUnproven(t *testing.T) {
	text, err := os.ReadFile("../../docs/platforms/lead_perfection.md")
	if err != nil {
		t.Fatal(err)
	}
	_, open, _ := strings.Cut(string(text), "## What is unproven")
	for _, f := range all {
		for _, name := range f.unproven {
			if !strings.Contains(open, "`"+name+"`") {
				t.Errorf("the page does not say that %s is unproven", name)
			}
		}
		if len(f.names()) == 0 {
			t.Error("a field has no name")
		}
	}
}
