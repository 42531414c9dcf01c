package hub

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// NameKey is what the spellings of one person's name have in common: case, white space, width, the kind of apostrophe or
// hyphen, and how an accent is encoded do not count. It is empty for no name.
func NameKey(name string) string { return strings.Join(strings.Fields(fold(name)), " ") }

// EmailKey is what the spellings of one e-mail address have in common; empty for no address. A domain in letters of its
// own and the same in ASCII are one.
func EmailKey(email string) string {
	if key, ok := plainEmailKey(email); ok {
		return key
	}
	return anyEmailKey(email)
}

// plainEmailKey is EmailKey of an address in letters, digits and signs of ASCII alone, which most are; ok is false for another, at no
// time to speak of.
func plainEmailKey(email string) (key string, ok bool) {
	for i := range len(email) {
		switch c := email[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("@.-_+%", c) >= 0:
		default:
			return "", false
		}
	}
	key = strings.ToLower(email)
	if strings.Contains(key, "xn--") {
		return "", false
	}
	if at := strings.LastIndexByte(key, '@'); at >= 0 {
		key = key[:at+1] + strings.TrimRight(key[at+1:], ".")
	}
	return key, true
}

func anyEmailKey(email string) string {
	key := strings.TrimSpace(fold(email))
	at := strings.LastIndexByte(key, '@')
	if at < 0 {
		return key
	}
	ends := func(r rune) bool { return r == '.' || unicode.IsSpace(r) }
	domain := strings.TrimRightFunc(key[at+1:], ends)
	// What a domain's letters are says IDNA: where case folding makes two of one, as of ß, they are another domain's.
	told := norm.NFKC.String(seen(email))
	if ascii, err := idna.Lookup.ToASCII(strings.TrimRightFunc(told[strings.LastIndexByte(told, '@')+1:], ends)); err == nil {
		domain = ascii
	}
	return key[:at+1] + domain
}

// fold is the text without what differs between spellings of the same: compatible characters, case, kinds of apostrophes
// and hyphens, and what is not seen.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(apostrophes, r):
			return '\''
		case strings.ContainsRune("‐‑‒–—−", r):
			return '-'
		case unicode.Is(unicode.Cherokee, r): // whose letters cases.Fold swaps: each small one for its capital, and back
			return unicode.ToUpper(r)
		}
		return r
	}, norm.NFKC.String(cases.Fold().String(norm.NFKC.String(seen(text)))))
}

// apostrophes are what people write for one.
const apostrophes = "‘’‛ʻʼʹ′`´׳"

// seen is the text without what is not seen: soft hyphens, joiners, marks of direction. An accent that stands alone is an apostrophe,
// before NFKC makes a blank and a mark of it.
func seen(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00ad' || unicode.Is(unicode.Cf, r):
			return -1
		case r == '´':
			return '\''
		}
		return r
	}, text)
}

// likeness is how far one name is another.
type likeness int

// The likenesses, the weaker before the stronger.
const (
	unlike   likeness = iota
	namesake          // a name in common, such as the family's
	alike             // but for a slip, or an initial
	same
)

// nameLikeness compares two names as NameKey has them. The order of their words does not count, nor do forms of address.
func nameLikeness(a, b string) likeness {
	x, y := nameWords(a), nameWords(b)
	if len(x) == 0 || len(y) == 0 {
		return unlike
	}
	if strings.Join(x, "") == strings.Join(y, "") { // some are written with blanks and without
		return same
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	exact, near, letters, used := 0, 0, 0, make([]bool, len(y))
	for _, word := range x {
		best, at := 3, -1
		for i, other := range y {
			if d := wordDistance(word, other); !used[i] && d < best {
				best, at = d, i
			}
		}
		if at < 0 {
			continue
		}
		used[at] = true
		if near++; best == 0 {
			exact++
			letters = max(letters, len(word))
		}
	}
	switch {
	case exact == len(x) && (len(x) > 1 || len(y) == 1):
		return same
	case near == len(x) && len(x) > 1 && (exact > 0 || len(x) == len(y)):
		return alike
	case near == len(x) && len(x) == len(y):
		return alike
	case exact > 0 && letters >= 3:
		return namesake
	}
	return unlike
}

// courtesies are words of a name that do not say who it is.
var courtesies = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "miss": true, "dr": true, "and": true, "the": true, "family": true, "residence": true, "household": true, "home": true,
}

func nameWords(key string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(key, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\''
	}) {
		if !courtesies[w] {
			words = append(words, w)
		}
	}
	return words
}

// wordDistance is how many slips turn one word into the other: letters left out, put in, changed or swapped; an initial
// is one. Words that are not alike have 3.
func wordDistance(a, b string) int {
	const far = 3
	if a == b {
		return 0
	}
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 1 && x[0] == y[0] {
		return 1
	}
	most := 1
	if len(y) >= 7 {
		most = 2
	}
	if len(y)-len(x) > most || len(x) < 2 || len(y) > 64 {
		return far
	}
	before, last, row := []int(nil), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(y)+1)
	}
	if d := last[len(y)]; d <= most {
		return d
	}
	return far
}
