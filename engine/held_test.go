package engine_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestWhatIsHeldIsNotReadForEver lets half of a model wait for a person for a day: the model is read whole at its own interval, and
// in between the CRM is asked for some of what waits, by id, now and then.
func TestWhatIsHeldIsNotReadForEver(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(100), true)
		f.crm.hide(numbers(50)...)
		f.after(t, day)
		if n, _ := f.held(t); n != 50 {
			t.Fatalf("%d are held", n)
		}
		f.crm.mu.Lock()
		firsts, asked := f.crm.firsts, f.crm.askedFor
		f.crm.mu.Unlock()
		for range 48 {
			f.after(t, 20*time.Minute)
		}
		f.crm.mu.Lock()
		firsts, asked = f.crm.firsts-firsts, f.crm.askedFor-asked
		f.crm.mu.Unlock()
		if firsts > 1 {
			t.Errorf("in 16 hours it was read whole %d times", firsts)
		}
		if asked < 20 || asked > 2*48*5 {
			t.Errorf("%d records were asked for by their ids", asked)
		}
		if n, _ := f.held(t); n != 50 {
			t.Errorf("%d are held", n)
		}
	})
}

// TestWhatIsHeldIsMetAgain shows again what waits for a person: the model is read whole without waiting for its own interval.
func TestWhatIsHeldIsMetAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(100), true)
		show := f.crm.hide(numbers(50)...)
		f.after(t, day)
		show()
		f.after(t, 16*time.Minute)
		if n, text := f.held(t); n != 0 {
			t.Errorf("%d are held: %s", n, text)
		}
	})
}

// TestWhatIsShownAndNotListedIsNotReadForEver has a CRM that shows records by their ids and does not list them, more than are asked
// for one by one: the readings that do not meet them come ever more seldom.
func TestWhatIsShownAndNotListedIsNotReadForEver(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	const many = 5100
	storetest.Needs(t, "sqlite")
	f := newLater(t, storetest.SQLite(t), newCRM(many+500), true)
	f.crm.mu.Lock()
	f.crm.unlisted = map[string]hub.Record{}
	for _, id := range numbers(many) {
		f.crm.unlisted[id] = f.crm.rows[id]
	}
	f.crm.mu.Unlock()
	f.crm.hide(numbers(many)...)
	f.after(t, day)
	if n, _ := f.held(t); n != many {
		t.Fatalf("%d are held", n)
	}
	f.crm.mu.Lock()
	before := f.crm.firsts
	f.crm.mu.Unlock()
	for range 36 {
		f.after(t, 20*time.Minute)
	}
	f.crm.mu.Lock()
	defer f.crm.mu.Unlock()
	if n := f.crm.firsts - before; n < 2 || n > 6 {
		t.Errorf("in 12 hours it was read whole %d times", n)
	}
}
