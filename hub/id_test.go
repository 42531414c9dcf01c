package hub

import (
	"testing"
	"uuid"
)

// TestNameID: the ids of names are those that RFC 9562 gives for them in its appendix A.4, so they stay what they are.
func TestNameID(t *testing.T) {
	dns := uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	if got := nameID(dns, "www.example.com"); got != "2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Errorf("the id is %s", got)
	}
	if got := nameID(dns, "www.example.com"); !ValidID(got) {
		t.Errorf("%s is not an id", got)
	}
}

func TestNewID(t *testing.T) {
	before := ""
	for range 1000 {
		id := NewID()
		if !ValidID(id) || id[14] != '7' || id <= before {
			t.Fatalf("%s after %s", id, before)
		}
		before = id
	}
}

// TestMobileEventID: the same name of the same user is one event, and every other is another.
func TestMobileEventID(t *testing.T) {
	seen := map[string]bool{}
	for _, of := range [][2]string{{"u", "a"}, {"u", "b"}, {"v", "a"}, {"ua", ""}, {"", "ua"}} {
		id := MobileEventID(of[0], of[1])
		if seen[id] || !ValidID(id) || MobileEventID(of[0], of[1]) != id {
			t.Errorf("%q has the id %s", of, id)
		}
		seen[id] = true
	}
}
