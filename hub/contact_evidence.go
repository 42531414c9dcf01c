package hub

import (
	"math"
	"strings"
	"unicode"
)

// How often what is said of a customer is right, and how often it is another's.
const (
	// nameRight of the names that uploaders give are those of the CRM, nameSlipped are but for a slip, nameWrong are
	// another customer's of the same day, and nameStrange of none of them, or misspelt beyond knowing.
	nameRight, nameSlipped, nameWrong, nameStrange = 0.84, 0.10, 0.04, 0.03
	// chanceSame, chanceAlike and chanceFamily are how often two people have a name, nearly have it, or share a part.
	chanceSame, chanceAlike, chanceFamily = 0.0005, 0.003, 0.02
	phoneRight, phoneWrong, phoneStrange  = 0.95, 0.02, 0.01
	chancePhone                           = 1e-5
	// spokenChance is how often a customer's name or street is in the words, spokenElse how often another's of the day
	// is, or a word that is one.
	spokenChance, spokenElse = 0.50, 0.03
)

// clues are what a recording says of its customer.
type clues struct {
	name, phone string
	words       string
}

func cluesOf(t Talk, region string) clues {
	c := clues{name: NameKey(t.Recording.ContactName), phone: NumberKey(t.Recording.ContactPhone, region)}
	if len(t.Words) > 0 {
		c.words = spaced(strings.Join(t.Words, " "))
	}
	return c
}

// spaced is folded text of words with one space around each.
func spaced(text string) string {
	return " " + strings.Join(strings.FieldsFunc(fold(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\''
	}), " ") + " "
}

// known is what an appointment's parties are known by.
type known struct {
	names, phones, spoken []string
}

func knownOf(a *Appointment, region string) known {
	var k known
	for _, p := range a.Parties {
		if name := NameKey(p.Name); name != "" {
			k.names = append(k.names, name)
			if words := nameWords(name); len(words) > 0 {
				if last := words[len(words)-1]; len([]rune(last)) >= 3 {
					k.spoken = append(k.spoken, " "+last+" ")
				}
			}
		}
		for _, phone := range p.Phones {
			if key := NumberKey(phone, region); key != "" {
				k.phones = append(k.phones, key)
			}
		}
		if street := strings.TrimSpace(spaced(p.Street)); strings.Contains(street, " ") {
			k.spoken = append(k.spoken, " "+street+" ")
			if number, rest, found := strings.Cut(street, " "); found && strings.Contains(rest, " ") && strings.IndexFunc(number, unicode.IsDigit) == 0 {
				k.spoken = append(k.spoken, " "+rest+" ")
			}
		}
	}
	return k
}

// told is what a recording's clues say of one appointment.
type told struct {
	name          likeness
	phone, spoken bool
	// nameAsked and phoneAsked say that both have one, spokenAsked that there are words and something to find in them.
	nameAsked, phoneAsked, spokenAsked bool
	// called and heard are the name and the word that are alike.
	called, heard string
}

func (c clues) about(k known) told {
	var t told
	if c.name != "" {
		for _, name := range k.names {
			t.nameAsked = true
			if l := nameLikeness(c.name, name); l > t.name {
				t.name, t.called = l, name
			}
		}
	}
	if c.phone != "" {
		for _, phone := range k.phones {
			t.phoneAsked = true
			t.phone = t.phone || phone == c.phone
		}
	}
	if c.words != "" {
		for _, word := range k.spoken {
			t.spokenAsked = true
			if strings.Contains(c.words, word) {
				t.spoken, t.heard = true, strings.TrimSpace(word)
			}
		}
	}
	return t
}

// Naming tells of recordings whether the customer that the uploader named may be one of some parties, who are read once. Telephone
// numbers that do not begin with a country are of the region.
func Naming(parties []Party, region string) func(*Recording) bool {
	known := knownOf(&Appointment{Parties: parties}, region)
	return func(r *Recording) bool {
		t := cluesOf(Talk{Recording: r}, region).about(known)
		return t.name > unlike || t.phone
	}
}

// asked reports whether the clues could say anything of the appointment's customer.
func (t told) asked() bool { return t.nameAsked || t.phoneAsked }

// contactEvidence are, for each of the appointments that the clues were held against, the logarithm of how much more probable
// the clues are if the recording is of it than if it is of somebody whom the CRM does not have that day.
func contactEvidence(c clues, about []told) []float64 {
	best, phones := unlike, false
	count := 1.0
	for _, t := range about {
		best = max(best, t.name)
		phones = phones || t.phone
		if t.asked() {
			count++
		}
	}
	evidence := make([]float64, len(about))
	for i, t := range about {
		if t.nameAsked {
			chance := chanceSame
			right := nameRight
			switch best {
			case alike:
				chance, right = chanceAlike, nameSlipped
			case namesake:
				chance, right = chanceFamily, nameSlipped/2
			case unlike, same:
			}
			other := chance + nameWrong/count
			switch {
			case best == unlike:
				evidence[i] += math.Log(nameStrange)
			case t.name == best:
				evidence[i] += math.Log((right + other) / other)
			case t.name > unlike:
				evidence[i] += math.Log((nameSlipped*0.1 + other) / other)
			default:
			}
		}
		if t.phoneAsked {
			other := chancePhone + phoneWrong/count
			switch {
			case !phones:
				evidence[i] += math.Log(phoneStrange)
			case t.phone:
				evidence[i] += math.Log((phoneRight + other) / other)
			default:
			}
		}
		if t.spokenAsked {
			if t.spoken {
				evidence[i] += math.Log((spokenChance + spokenElse) / spokenElse)
			} else {
				evidence[i] += math.Log((1 - spokenChance) / (1 - spokenElse))
			}
		}
	}
	return evidence
}
