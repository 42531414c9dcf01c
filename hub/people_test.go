package hub_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sirocco/hub"
)

func TestUsersAreValidated(t *testing.T) {
	long := strings.Repeat("x", hub.MaxNameLength)
	for name, c := range map[string]struct {
		user hub.User
		want string
	}{
		"only an address":  {hub.User{Email: "ann@example.com"}, ""},
		"all":              {hub.User{Email: "ann@example.com", Phone: "+1 555", FirstName: long, LastName: "B", ExternalID: "7"}, ""},
		"no address":       {hub.User{}, "email"},
		"no host":          {hub.User{Email: "ann@"}, "email"},
		"a name before it": {hub.User{Email: "Ann <ann@example.com>"}, "email"},
		"the longest":      {hub.User{Email: strings.Repeat("a", 256-len("@example.com")) + "@example.com"}, ""},
		"one letter more":  {hub.User{Email: strings.Repeat("a", 257-len("@example.com")) + "@example.com"}, "email"},
		"all too long":     {hub.User{Email: "ann@example.com", Phone: long + "x", FirstName: long + "x", LastName: long + "x", ExternalID: long + "x"}, "phoneNumber firstName lastName externalId"},
		"address and name": {hub.User{Email: "ann", FirstName: " "}, "email firstName"},
	} {
		if got := fields(t, c.user.Validate()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAUserIsPatched(t *testing.T) {
	before := hub.User{
		Email: "a@example.com", Phone: "1", FirstName: "A", LastName: "B", TeamID: "t", Billable: true,
		Contact: &hub.ContactSettings{SuppressEmails: new(true)}, UpdatedAt: day.UTC().Truncate(time.Millisecond),
	}
	for name, c := range map[string]struct {
		patch   hub.UserPatch
		change  func(*hub.User)
		changes map[string]any
	}{
		"nothing": {hub.UserPatch{}, nil, map[string]any{}},
		"what it is": {hub.UserPatch{
			Email: new("a@example.com"), Phone: new("1"), FirstName: new("A"), LastName: new("B"), TeamID: new("t"), Disabled: new(false), Billable: new(true),
			Contact: &hub.ContactSettings{SuppressEmails: new(true)},
		}, nil, map[string]any{}},
		"texts": {hub.UserPatch{Email: new("b@example.com"), Phone: new("2"), FirstName: new("C"), LastName: new("D"), TeamID: new("u")}, func(u *hub.User) {
			u.Email, u.Phone, u.FirstName, u.LastName, u.TeamID = "b@example.com", "2", "C", "D", "u"
		}, map[string]any{"email": "b@example.com", "phoneNumber": "2", "firstName": "C", "lastName": "D", "memberTeamId": "u"}},
		"cleared":  {hub.UserPatch{Phone: new("")}, func(u *hub.User) { u.Phone = "" }, map[string]any{"phoneNumber": ""}},
		"disabled": {hub.UserPatch{Disabled: new(true)}, func(u *hub.User) { u.Disabled = true }, map[string]any{"disabled": true}},
		"billable": {hub.UserPatch{Billable: new(false)}, func(u *hub.User) { u.Billable = false }, map[string]any{"billable": false}},
		"mails": {hub.UserPatch{Contact: &hub.ContactSettings{SuppressEmails: new(false)}}, func(u *hub.User) {
			u.Contact = &hub.ContactSettings{SuppressEmails: new(false)}
		}, map[string]any{"contactSettings": &hub.ContactSettings{SuppressEmails: new(false)}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := before, before
			changes := c.patch.Apply(&got, day.Add(time.Hour))
			if c.change != nil {
				c.change(&want)
				want.UpdatedAt = day.Add(time.Hour).UTC().Truncate(time.Millisecond)
			}
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(changes, c.changes) {
				t.Errorf("changes %v\ngot  %+v\nwant %+v", changes, got, want)
			}
		})
	}
	fresh := hub.User{}
	if changes := (&hub.UserPatch{Contact: &hub.ContactSettings{}}).Apply(&fresh, day); len(changes) != 1 || fresh.Contact == nil {
		t.Errorf("a user without settings gets %v", changes)
	}
}

func TestWhatAUserIsMadeOf(t *testing.T) {
	for name, c := range map[string]struct {
		user hub.User
		want map[string]any
	}{
		"little": {hub.User{Email: "a@example.com"}, map[string]any{"email": "a@example.com", "isAdmin": false, "billable": false}},
		"all": {
			hub.User{Email: "a@example.com", Admin: true, Billable: true, Phone: "1", FirstName: "A", LastName: "B", TeamID: "t", ExternalID: "x", CoachOf: []string{"u"}},
			map[string]any{
				"email": "a@example.com", "isAdmin": true, "billable": true, "phoneNumber": "1", "firstName": "A", "lastName": "B", "memberTeamId": "t", "externalId": "x",
				"coachTeamIds": []string{"u"},
			},
		},
	} {
		if got := c.user.Fields(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for want, u := range map[string]hub.User{
		"Ann Lee": {FirstName: "Ann", LastName: "Lee", Email: "a@example.com"}, "Ann": {FirstName: "Ann"}, "Lee": {LastName: "Lee"}, "a@example.com": {Email: "a@example.com"},
	} {
		if got := u.Name(); got != want {
			t.Errorf("called %q, want %q", got, want)
		}
	}
}

func TestATeamIsPatched(t *testing.T) {
	before := hub.Team{Name: "West", Coaches: []string{"a", "b"}, Members: []string{"c"}, ConversationTypes: []string{"y", "x"}, UpdatedAt: day.UTC().Truncate(time.Millisecond)}
	for name, c := range map[string]struct {
		patch   hub.TeamPatch
		change  func(*hub.Team)
		changes map[string]any
	}{
		"nothing": {hub.TeamPatch{}, nil, map[string]any{}},
		"what it is, in another order": {
			hub.TeamPatch{Name: new("West"), Coaches: &[]string{"b", "a", "b"}, Members: &[]string{"c", "c"}, ConversationTypes: &[]string{"y", "x"}, BetaFeatures: &[]string{}},
			nil, map[string]any{},
		},
		"name":    {hub.TeamPatch{Name: new("East")}, func(t *hub.Team) { t.Name = "East" }, map[string]any{"name": "East"}},
		"coaches": {hub.TeamPatch{Coaches: &[]string{"z", "a", "z"}}, func(t *hub.Team) { t.Coaches = []string{"a", "z"} }, map[string]any{"coachUids": []string{"a", "z"}}},
		"members": {hub.TeamPatch{Members: &[]string{"d", "c"}}, func(t *hub.Team) { t.Members = []string{"c", "d"} }, map[string]any{"memberUids": []string{"c", "d"}}},
		"nobody":  {hub.TeamPatch{Members: &[]string{}}, func(t *hub.Team) { t.Members = nil }, map[string]any{"memberUids": []string{}}},
		"types, kept in order": {hub.TeamPatch{ConversationTypes: &[]string{"x", "y"}}, func(t *hub.Team) { t.ConversationTypes = []string{"x", "y"} },
			map[string]any{"newUserDefaultConversationTypes": []string{"x", "y"}}},
		"features": {hub.TeamPatch{BetaFeatures: &[]string{"f"}}, func(t *hub.Team) { t.BetaFeatures = []string{"f"} }, map[string]any{"betaFeatures": []string{"f"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := before, before
			changes := c.patch.Apply(&got, day.Add(time.Hour))
			if c.change != nil {
				c.change(&want)
				want.UpdatedAt = day.Add(time.Hour).UTC().Truncate(time.Millisecond)
			}
			if len(got.Members) == 0 {
				got.Members = nil
			}
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(changes, c.changes) {
				t.Errorf("changes %v\ngot  %+v\nwant %+v", changes, got, want)
			}
		})
	}
}

func TestAnOrganizationIsPatched(t *testing.T) {
	before := hub.Organization{Name: "Acme", Details: hub.OrganizationDetails{Owner: "o", Admins: []string{"b", "a"}}}
	for name, c := range map[string]struct {
		patch   hub.OrganizationPatch
		want    hub.Organization
		changes map[string]any
	}{
		"nothing":    {hub.OrganizationPatch{}, before, map[string]any{}},
		"what it is": {hub.OrganizationPatch{Name: new("Acme"), Disabled: new(false), Owner: new("o"), Admins: &[]string{"b", "a"}, Industries: &[]string{}}, before, map[string]any{}},
		"all": {
			hub.OrganizationPatch{Name: new("B"), Disabled: new(true), Owner: new("p"), Admins: &[]string{"a"}, Industries: &[]string{"i", "h", "i"}},
			hub.Organization{Name: "B", Disabled: true, Details: hub.OrganizationDetails{Owner: "p", Admins: []string{"a"}, Industries: []string{"i", "h"}}},
			map[string]any{"name": "B", "disabled": true, "ownerUid": "p", "adminUids": []string{"a"}, "industryIds": []string{"i", "h"}},
		},
	} {
		got := before
		if changes := c.patch.Apply(&got); !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(changes, c.changes) {
			t.Errorf("%s: changes %v\ngot  %+v\nwant %+v", name, changes, got, c.want)
		}
	}
}

func TestPeoplesKeys(t *testing.T) {
	for given, want := range map[string]string{" Ann@Example.com\n": "ann@example.com", "": "", "  ": ""} {
		if got := hub.EmailKey(given); got != want {
			t.Errorf("e-mail %q: %q", given, got)
		}
	}
	for given, want := range map[string]string{" Ann\t LEE ": "ann lee", "Ann Lee": "ann lee", "": "", " ": ""} {
		if got := hub.NameKey(given); got != want {
			t.Errorf("name %q: %q", given, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		for name, key := range map[string]func(string) string{"e-mail": hub.EmailKey, "name": hub.NameKey} {
			if once := key(text); key(once) != once {
				t.Fatalf("the key of the key of a %s, %q, is another", name, once)
			}
			if key(" "+text+"\t") != key(text) {
				t.Fatalf("white space around a %s counts", name)
			}
		}
	})
}

func TestWhatCRMUsersAreMatchedBy(t *testing.T) {
	for what, c := range map[string]struct {
		record      hub.Record
		email, name string
	}{
		"nothing":             {hub.Record{}, "", ""},
		"address and name":    {hub.Record{Name: " Ann LEE", Details: hub.Details{Email: "Ann@example.com", Emails: []string{"b@example.com"}, FirstName: "X"}}, "ann@example.com", "ann lee"},
		"first of the list":   {hub.Record{Details: hub.Details{Emails: []string{"B@example.com", "c@example.com"}}}, "b@example.com", ""},
		"first and last name": {hub.Record{Name: " ", Details: hub.Details{FirstName: "Ann", LastName: "Lee"}}, "", "ann lee"},
	} {
		if email, name := c.record.UserKeys(); email != c.email || name != c.name {
			t.Errorf("%s: %q and %q", what, email, name)
		}
	}
}

func TestWhoSeesARecording(t *testing.T) {
	own, teams, others := hub.Recording{UserID: "me", TeamID: "t"}, hub.Recording{UserID: "you", TeamID: "t"}, hub.Recording{UserID: "you"}
	open := hub.Recording{UserID: "you", Discoverable: true}
	for name, c := range map[string]struct {
		viewer hub.Viewer
		sees   [4]bool // own, the team's, another's without a team, another's to be discovered
		keeps  [4]bool
	}{
		"a rep":                       {hub.Viewer{UserID: "me", TeamID: "t"}, [4]bool{true, false, false, true}, [4]bool{true, false, false, false}},
		"a coach":                     {hub.Viewer{UserID: "me", CoachOf: []string{"s", "t"}}, [4]bool{true, true, false, true}, [4]bool{true, true, false, false}},
		"a coach of another team":     {hub.Viewer{UserID: "me", CoachOf: []string{"s"}}, [4]bool{true, false, false, true}, [4]bool{true, false, false, false}},
		"a coach of what has no name": {hub.Viewer{UserID: "me", CoachOf: []string{""}}, [4]bool{true, false, false, true}, [4]bool{true, false, false, false}},
		"an administrator":            {hub.Viewer{UserID: "me", Admin: true}, [4]bool{true, true, true, true}, [4]bool{true, true, true, true}},
	} {
		for i, r := range []hub.Recording{own, teams, others, open} {
			if got := c.viewer.Sees(&r); got != c.sees[i] {
				t.Errorf("%s sees recording %d: %v", name, i, got)
			}
			if got := c.viewer.Keeps(r.UserID, r.TeamID); got != c.keeps[i] {
				t.Errorf("%s keeps recording %d: %v", name, i, got)
			}
		}
	}
}
