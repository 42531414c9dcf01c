package simulator

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"sirocco/hub"
)

// IDs is the form of a vendor's ids. An id tells the row's number, so no index of ids is kept.
type IDs int

const (
	// UUIDs look like random ones.
	UUIDs IDs = iota
	// Numbers are whole numbers of ten digits, distinct between models.
	Numbers
	// Objects are 24 hexadecimal digits, distinct between models; but those of users are Numbers.
	Objects
	// Prefixed are eighteen characters, of which the first three say what it is and the last three which of the others are
	// capitals.
	Prefixed
)

// affixes are what Prefixed ids of a model begin and end with.
var affixes = map[hub.Model]struct{ before, after string }{
	hub.ModelUser: {"005", "AAA"}, hub.ModelAccount: {"001", "AAA"}, hub.ModelContact: {"003", "AAA"}, hub.ModelLead: {"00Q", "EAA"},
	hub.ModelOpportunity: {"006", "AAA"}, hub.ModelEngagement: {"00U", "EAA"}, hub.ModelOpportunityUser: {"00q", "AAA"},
	hub.ModelEngagementUser: {"0RE", "GAA"}, hub.ModelEngagementType: {"012", "AAA"}, noteModel: {"00T", "EAA"}, fieldModel: {"00N", "EAA"},
}

// numbersPerModel is how many rows of one model can have an id that is a Number.
const numbersPerModel = 100_000_000

// ordinals give each model its own range of Numbers.
var ordinals = map[hub.Model]int{
	hub.ModelUser: 10, hub.ModelAccount: 11, hub.ModelContact: 12, hub.ModelLead: 13, hub.ModelOpportunity: 14,
	hub.ModelEngagementType: 15, hub.ModelEngagement: 16, hub.ModelOpportunityUser: 17, hub.ModelEngagementUser: 18,
	Location: 19, Estimate: 20, Employee: 21, Event: 22,
}

// noteModel marks the ids of notes, which are no model of the hub.
const noteModel hub.Model = "NOTE"

func (f IDs) of(m hub.Model, n int) string {
	switch {
	case f == Objects && m != hub.ModelUser:
		return ObjectID(m, n)
	case f == Prefixed:
		return fmt.Sprintf("%s%012d%s", affixes[m].before, n, affixes[m].after)
	case f != UUIDs:
		return strconv.Itoa((ordinals[m]+1)*numbersPerModel + n)
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d", m, n)
	x := h.Sum64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", x>>32, x>>16&0xffff, x>>4&0xfff, x&0xfff, n)
}

// number is the inverse of of; it returns -1 for an id that of never gives.
func (f IDs) number(m hub.Model, id string) int {
	n := int64(-1)
	switch {
	case f == Objects && m != hub.ModelUser:
		if x, err := strconv.ParseInt(id[min(objectHead, len(id)):], 16, 64); err == nil {
			n = x
		}
	case f == Prefixed:
		if len(id) == 18 {
			if x, err := strconv.ParseInt(id[3:15], 10, 64); err == nil {
				n = x
			}
		}
	case f != UUIDs:
		if x, err := strconv.ParseInt(id, 10, 64); err == nil {
			n = x - int64(ordinals[m]+1)*numbersPerModel
		}
	default:
		if _, after, ok := strings.CutLast(id, "-"); ok {
			if x, err := strconv.ParseInt(after, 16, 64); err == nil {
				n = x
			}
		}
	}
	if n < 0 || f.of(m, int(n)) != id {
		return -1
	}
	return int(n)
}

func compareIDs(a, b string) int { return cmp.Compare(a, b) }

// FirstNumber is the id of a model's first row where ids are Numbers.
func FirstNumber(m hub.Model) int64 { return int64(ordinals[m]+1) * numbersPerModel }

// objectHead is how many digits of an id among Objects are those of its model.
const objectHead = 8

// ObjectID is the id of row n of a model where ids are Objects.
func ObjectID(m hub.Model, n int) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(m))
	return fmt.Sprintf("%08x%016x", h.Sum32(), n)
}
