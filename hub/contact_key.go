package hub

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// contactKeyMost is how many bytes a key of an e-mail address has at most: what is longer is no address.
	contactKeyMost = 320
	// contactKeysMost is by how many keys a record is found at most.
	contactKeysMost = 50
	// phoneTail is how many of the last digits of a telephone number its key has.
	phoneTail = 6
)

// ContactKeys are the keys by which a record is found, of its e-mail addresses and its telephone numbers, each once.
func (d *Details) ContactKeys() []string {
	var keys []string
	add := func(key string) {
		if key != "" && len(keys) < contactKeysMost && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	add(ContactKeyOfEmail(d.Email))
	for _, e := range d.Emails {
		add(ContactKeyOfEmail(e))
	}
	for _, p := range d.Phones {
		add(ContactKeyOfPhone(p, ""))
	}
	return keys
}

// ContactKeyOfEmail is the key of an e-mail address among ContactKeys; empty for none.
func ContactKeyOfEmail(email string) string {
	key := EmailKey(email)
	if key == "" || len(key) > contactKeyMost || !utf8.ValidString(key) {
		return ""
	}
	return "e" + key
}

// ContactKeyOfPhone is the key of a telephone number among ContactKeys; empty for none. It has the last digits alone, which are
// the same wherever a number is from that does not say: another region of the organization changes no key, and whether two
// numbers with one key are the same says HasPhone.
func ContactKeyOfPhone(phone, region string) string {
	digits, plain := plainDigits(phone)
	if !plain || len(digits) < phoneTail {
		digits = strings.TrimPrefix(NumberKey(phone, region), "+")
	}
	if digits == "" {
		return ""
	}
	return "p" + digits[max(0, len(digits)-phoneTail):]
}

// plainDigits are the digits of a text, and whether it has nothing else than what numbers are written with: no extension, no
// letters for digits. The last digits of such a number are known without knowing numbers, which takes its time.
func plainDigits(text string) (digits string, plain bool) {
	if len(text) > 30 {
		return "", false
	}
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			b.WriteByte(c)
		case !strings.ContainsRune(" +-.()", rune(c)):
			return "", false
		}
	}
	return b.String(), true
}

// HasEmail reports whether one of the e-mail addresses is this one, however either is spelled.
func (d *Details) HasEmail(email string) bool {
	key := EmailKey(email)
	same := func(of string) bool { return EmailKey(of) == key }
	return key != "" && (same(d.Email) || slices.ContainsFunc(d.Emails, same))
}

// HasPhone reports whether one of the telephone numbers is this one, however either is spelled; those that do not say where they
// are from are from the region, as in NumberKey.
func (d *Details) HasPhone(phone, region string) bool {
	key := NumberKey(phone, region)
	return key != "" && slices.ContainsFunc(d.Phones, func(of string) bool { return NumberKey(of, region) == key })
}
