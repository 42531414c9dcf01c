package hub

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestContactKeys(t *testing.T) {
	d := Details{
		Email: "Ann@Example.com", Emails: []string{"ann@example.COM", "", strings.Repeat("x", 400) + "@example.com", "info@bücher.example"},
		Phones: []string{"(602) 555-0142 ext. 7", "+1 602 555 0142", "none", "0151 23456789"},
	}
	if got, want := d.ContactKeys(), []string{"eann@example.com", "einfo@xn--bcher-kva.example", "p550142", "p456789"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for email, want := range map[string]bool{"ANN@example.com": true, "info@xn--bcher-kva.example": true, "ann@example.org": false, "": false} {
		if got := d.HasEmail(email); got != want {
			t.Errorf("%s: %v", email, got)
		}
	}
	for _, c := range []struct {
		phone, region string
		want          bool
	}{{"6025550142", "US", true}, {"602-555-0142", "", true}, {"+1 602 555 0142", "DE", true}, {"+1 151 23456789", "DE", false}, {"+49 151 23456789", "DE", true}, {"+49 151 23456789", "US", false}, {"", "US", false}, {"7025550142", "US", false}} {
		if got := d.HasPhone(c.phone, c.region); got != c.want {
			t.Errorf("%s in %s: %v", c.phone, c.region, got)
		}
	}
}

// TestContactKeysAreBounded has a record with more addresses than it is found by: it is by the first ones, and by no number any more.
func TestContactKeysAreBounded(t *testing.T) {
	d := Details{Phones: []string{"(602) 555-0142"}}
	var want []string
	for i := range 60 {
		email := fmt.Sprintf("ann%d@example.com", i)
		d.Emails, want = append(d.Emails, email), append(want, "e"+email)
	}
	if got := d.ContactKeys(); !slices.Equal(got, want[:50]) {
		t.Errorf("%d keys, %q", len(got), got)
	}
}

// TestPhoneKeysKnowNoRegion holds that a number has one key wherever it is read.
func TestPhoneKeysKnowNoRegion(t *testing.T) {
	for _, phone := range []string{"(602) 555-0142", "0151 23456789", "0049 151 23456789", "011 49 151 23456789", "020 7946 0958", "06 12 34 56 78", "123456", "555-0142 x12", "1-800-FLOWERS"} {
		want := ContactKeyOfPhone(phone, "US")
		if known := strings.TrimPrefix(NumberKey(phone, "US"), "+"); !strings.HasSuffix(known, strings.TrimPrefix(want, "p")) {
			t.Errorf("%s is %q, and known as %q", phone, want, known)
		}
		for _, region := range []string{"", "DE", "GB", "FR", "AU", "MX", "BR"} {
			if got := ContactKeyOfPhone(phone, region); got != want || want == "" {
				t.Errorf("%s is %q in %s and %q in the US", phone, got, region, want)
			}
		}
	}
}
