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
		{"O\u00b4Neil", "O'Neil"},
		{"O\uff07Neil", "O'Neil"},
		{"Ka\u02bbahumanu", "Ka\u2018ahumanu"},
		{"\u0391\u03bd\u03b4\u03c1\u03ad\u03b1\u03c2", "\u0391\u039d\u0394\u03a1\u0388\u0391\u03a3"},
		{"\u0418\u0432\u0430\u043d \u0419\u043e\u0444\u0444\u0435", "\u0418\u0412\u0410\u041d \u0418\u0306\u041e\u0424\u0424\u0415"},
		{"\uff94\uff8f\uff80\uff9e \uff80\uff9b\uff73", "\u30e4\u30de\u30c0\u3000\u30bf\u30ed\u30a6"},
		{"\uae40\ubbfc\uc900", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u110c\u116e\u11ab"},
		{"\u200f\u05d3\u05d5\u05d3 \u05dc\u05d5\u05d9", "\u05d3\u05d5\u05d3 \u05dc\u05d5\u05d9"},
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
		{"ann@B\u00dcCHER.example", "ann@XN--BCHER-KVA.example"},
		{"ann@bu\u0308cher\u3002example", "ann@b\u00fccher.example"},
		{"ann@stra\u00dfe.example", "ann@xn--strae-oqa.example"},
		{"ann@\u4f8b\u3048.example", "Ann@xn--r8jz45g.example"},
		{"ann\uff20example.com", "ann@example.com"},
		{"ann@\u03c3\u03bf\u03c6\u03cc\u03c2.example", "ann@xn--0xagbn4a.example"},
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
	if EmailKey("ann@stra\u00dfe.example") == EmailKey("ann@strasse.example") {
		t.Error("two domains are one")
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
		{"\u5c71\u7530\u592a\u90ce", "\u5c71\u7530\u3000\u592a\u90ce", same},
		{"Jean-Luc Bell", "Jean Luc Bell", same},
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
		{"US", []string{"+1 415 555 0102", "tel:+1-415-555-0102;ext=12", "+1.415.555.0102", "415.555.0102 ext12", "415-555-0102 extension 12", "415-555-0102 #12", "00 1 415 555 0102", "\uff14\uff11\uff15\uff0d\uff15\uff15\uff15\uff0d\uff10\uff11\uff10\uff12", "\u202a+1 (415) 555\u20110102\u202c", "+1\u00a0415\u00a0555\u00a00102"}},
		{"GB", []string{"+44 20 7946 0018", "020 7946 0018", "+44 (0)20 7946 0018", "0044 20 7946 0018", "(020) 7946 0018 x12"}},
		{"FR", []string{"+33 1 23 45 67 89", "01 23 45 67 89", "0033 1 23 45 67 89", "01.23.45.67.89"}},
		{"AU", []string{"+61 2 5550 1234", "(02) 5550 1234", "0011 61 2 5550 1234", "0061 2 5550 1234"}},
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
