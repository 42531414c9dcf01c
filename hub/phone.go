package hub

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// DefaultRegion is where telephone numbers are from where the organization does not say.
const DefaultRegion = "US"

// ValidRegion reports whether telephone numbers of the region are known: two letters, such as US or DE.
func ValidRegion(region string) bool { return phonenumbers.GetSupportedRegions()[region] }

// NumberKey is what the spellings of one telephone number have in common; empty for no number. The region, US where it is
// empty, says where a number is from that does not begin with a country; extensions do not count.
func NumberKey(phone, region string) string {
	if region == "" {
		region = DefaultRegion
	}
	if len(phone) > 250 {
		return ""
	}
	text := asciiDigits(phone)
	spellings := []string{text}
	// Some write 00 or 011 for the plus wherever they are.
	for _, abroad := range []string{"00", "011"} {
		if rest, found := strings.CutPrefix(strings.TrimLeft(text, " (."), abroad); found {
			spellings = append(spellings, "+"+rest)
		}
	}
	first := ""
	for _, spelling := range spellings {
		number, err := phonenumbers.Parse(spelling, region)
		if err != nil {
			continue
		}
		number.Extension = nil
		key := phonenumbers.Format(number, phonenumbers.E164)
		if phonenumbers.IsValidNumber(number) {
			return key
		}
		if first == "" {
			first = key
		}
	}
	if first != "" {
		return first
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// asciiDigits is the text with the digits of all scripts as 0 to 9.
func asciiDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 || !unicode.IsDigit(r) {
			return r
		}
		zero := r
		for r-zero < 9 && unicode.IsDigit(zero-1) {
			zero--
		}
		return '0' + (r - zero)
	}, fold(text))
}
