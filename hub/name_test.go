package hub

import (
	"strings"
	"testing"
)

func TestNameAndEmailKeys(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"Zo\u00eb M\u00fcller", "Zoe\u0308 Mu\u0308ller"},
		{"O'Neil", "O\u2019NEIL"},
		{"Anna\u00a0 Bell", " anna bell"},
		{"\uff21nn", "ann"},
		{"Wei\u00df", "WEISS"},
		{"Jean\u2011Luc", "jean-luc"},
		{"Ann\u200b Bell", "Ann Bell"},
		{"Zoe\u200d\u0308", "Zo\u00eb"},
		{"\u13e3\u13b3\u13a9", "\uabb3\uab83\uab79"},
	} {
		if x, y := NameKey(c.a), NameKey(c.b); x != y || x == "" {
			t.Errorf("%q is %q, %q is %q", c.a, x, c.b, y)
		}
	}
	for _, c := range []struct{ a, b string }{
		{"Ann@Example.com", " ann@example.com "},
		{"ann@example.com", "ann@example.com.. ."},
		{"ann@b\u00fccher.example", "ann@xn--bcher-kva.example"},
		{"zoe\u0308@example.com", "zo\u00eb@example.com"},
		{"o\u2019neil@example.com", "o'neil@EXAMPLE.COM."},
	} {
		if x, y := EmailKey(c.a), EmailKey(c.b); x != y || x == "" {
			t.Errorf("%q is %q, %q is %q", c.a, x, c.b, y)
		}
	}
	for _, of := range []string{"", " ", "\u200b"} {
		if NameKey(of) != "" || EmailKey(of) != "" {
			t.Errorf("%q has a key", of)
		}
	}
	if NameKey("Ann Bell") == NameKey("Anne Bell") {
		t.Error("two names are one")
	}
}

func TestNameLikeness(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want likeness
	}{
		{"Ann Bell", "ann bell", same},
		{"Bell, Ann", "Ann Bell", same},
		{"Mrs. Ann Bell", "Ann Bell", same},
		{"Bell", "The Bell Residence", same},
		{"Ann Bell", "Ann and Bob Bell", same},
		{"Ann Marden", "Ann Mardne", alike},
		{"An Marden", "Ann Marden", alike},
		{"A. Marden", "Ann Marden", alike},
		{"Marden", "Ann Marden", namesake},
		{"Bob Marden", "Ann Marden", namesake},
		{"Ann Marden", "Cleo Ford", unlike},
		{"", "Ann", unlike},
		{"—", "Ann", unlike},
	} {
		if got := nameLikeness(NameKey(c.a), NameKey(c.b)); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if x, y := nameLikeness(NameKey(c.a), NameKey(c.b)), nameLikeness(NameKey(c.b), NameKey(c.a)); x != y {
			t.Errorf("%q and %q: %d one way, %d the other", c.a, c.b, x, y)
		}
	}
}

func TestNumberKey(t *testing.T) {
	for _, c := range []struct {
		region string
		of     []string
	}{
		{"", []string{"+1 415 555 0102", "(415) 555-0102", "1-415-555-0102", "4155550102", "+1 (415) 555-0102 ext. 12", "415-555-0102 x7", "001 415 555 0102", "\u0664\u0661\u0665 \u0665\u0665\u0665 \u0660\u0661\u0660\u0662", "\uff0b\uff11 415 555 0102"}},
		{"US", []string{"+1 555 010 0103", "555-010-0103", "555-010-0103 x7", "+1 (555) 010-0103 ext. 12"}},
		{"US", []string{"+49 30 1234567", "0049 30 1234567", "011 49 30 1234567", "+49 (0)30 1234567"}},
		{"DE", []string{"+49 30 1234567", "030 1234567", "030/123 45 67", "0049 30 1234567"}},
		{"DE", []string{"+1 415 555 0102", "001 415 555 0102", "011 1 415 555 0102"}},
	} {
		for _, of := range c.of[1:] {
			if a, b := NumberKey(c.of[0], c.region), NumberKey(of, c.region); a != b || a == "" {
				t.Errorf("%s: %q is %q, %q is %q", c.region, c.of[0], a, of, b)
			}
		}
	}
	for _, of := range []string{"", " ", "none", "()"} {
		if key := NumberKey(of, ""); key != "" {
			t.Errorf("%q is %q", of, key)
		}
	}
	if NumberKey("415 555 0102", "") == NumberKey("415 555 0103", "") {
		t.Error("two numbers are one")
	}
	if !ValidRegion("DE") || ValidRegion("XX") || ValidRegion("") {
		t.Error("regions")
	}
}

// TestPlainEmailKeys holds that addresses which are read the short way have the key that the long one gives them.
func TestPlainEmailKeys(t *testing.T) {
	for _, email := range []string{
		"", "@", ".", "a", "a.", "Ann@Example.COM", "ann@example.com.", "ann@example.com...", "ann@.", "ann.", "ann@@example.com", "a@b@c.example.", "-a@-b-.example", "a_b%c+d@e_f",
		"a@b..c", "a@.b", "a@b+c%d", "a@" + strings.Repeat("x", 70) + ".example",
	} {
		if key, ok := plainEmailKey(email); !ok || key != anyEmailKey(email) {
			t.Errorf("%q: %q, %v, want %q", email, key, ok, anyEmailKey(email))
		}
	}
	for _, email := range []string{" a@example.com", "a@xn--bcher-kva.example", "a@XN--BCHER-KVA.example", "O'Neil@example.com", "a@b`.example", "ä@example.com", "a\u200db@example.com", "a@b.example\n"} {
		if key, ok := plainEmailKey(email); ok {
			t.Errorf("%q is read the short way, as %q", email, key)
		}
	}
}
