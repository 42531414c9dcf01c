package hub_test

import (
	"errors"
	"strings"
	"testing"

	"sirocco/hub"
)

// fields are the fields that an error says are wrong, in its order, with one space between; empty for no error.
func fields(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var invalid *hub.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("%v is no *InvalidError", err)
	}
	if len(invalid.Issues) == 0 {
		t.Errorf("%#v says that nothing is wrong", err)
	}
	var names []string
	for _, issue := range invalid.Issues {
		if issue.Problem == "" || issue.Want == "" {
			t.Errorf("%+v does not say what is wrong, or what would be right", issue)
		}
		names = append(names, issue.Field)
	}
	return strings.Join(names, " ")
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	cause := errors.New("disk full")
	for want, err := range map[string]error{
		"name is empty; expected a text":                                   hub.Invalid("name", "is empty", "a text"),
		"name is empty; expected a text, size is 0; expected 1 or greater": &hub.InvalidError{Issues: []hub.Issue{{"name", "is empty", "a text"}, {"size", "is 0", "1 or greater"}}},
		"there are 2 already":                                              hub.Conflict("there are %d already", 2),
		"organization is disabled: connection is paused":                   hub.ErrDisabled,
		"no room is left":                                                  &hub.UnavailableError{Reason: "no room is left", Err: cause},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if !errors.Is(hub.ErrDisabled, hub.ErrPaused) {
		t.Error("a connection of a disabled organization does not count as paused")
	}
	if !errors.Is(&hub.UnavailableError{Err: cause}, cause) {
		t.Error("an unavailable database does not tell its cause")
	}
	if _, ok := errors.AsType[*hub.ConflictError](hub.Conflict("x")); !ok {
		t.Error("a conflict is no *ConflictError")
	}
}

func TestNames(t *testing.T) {
	longest := strings.Repeat("é", hub.MaxNameLength) // characters count, not bytes
	for name, problem := range map[string]string{
		"Acme": "", " Acme ": "", "é": "", longest: "",
		"":              "is empty",
		" \t\n":         "has only white space",
		longest + "é":   "has 257 characters",
		"Ac\nme":        "has a control character",
		"Ac\x00me":      "has a control character",
		"Ac\xffme":      "is not valid UTF-8",
		"\u00a0\u2003 ": "has only white space",
	} {
		for what, err := range map[string]error{
			"name": hub.ValidateName("label", name), "organization": (&hub.OrganizationPatch{Name: &name}).Validate(),
			"team": (&hub.TeamPatch{Name: &name}).Validate(), "connection": (&hub.ConnectionPatch{Name: &name}).Validate(),
		} {
			if (err == nil) != (problem == "") || err != nil && !strings.Contains(err.Error(), " "+problem+"; expected a text of 1 to 256 characters") {
				t.Errorf("%s %q: %v, want %q", what, name, err, problem)
			}
		}
	}
	for what, err := range map[string]error{
		"organization": (&hub.OrganizationPatch{}).Validate(), "team": (&hub.TeamPatch{}).Validate(), "connection": (&hub.ConnectionPatch{}).Validate(),
	} {
		if err != nil {
			t.Errorf("a patch of a %s that leaves the name alone: %v", what, err)
		}
	}
	if got := fields(t, hub.ValidateName("label", "")); got != "label" {
		t.Errorf("the field is called %q", got)
	}
	if got := fields(t, (&hub.NewConnection{}).Validate()); got != "name externalAccountId" {
		t.Errorf("a new connection without anything: %q", got)
	}
	for want, n := range map[string]hub.NewConnection{
		"": {Name: "n", ExternalAccountID: "a"}, "name": {ExternalAccountID: "a"}, "externalAccountId": {Name: "n", ExternalAccountID: " "},
	} {
		if got := fields(t, n.Validate()); got != want {
			t.Errorf("%+v: %q, want %q", n, got, want)
		}
	}
	for want, app := range map[string][2]string{"": {"app", "owner"}, "appName": {"", "owner"}, "owner": {"app", "\n"}, "appName owner": {}} {
		if got := fields(t, hub.ValidateOAuthApp(app[0], app[1])); got != want {
			t.Errorf("the app %q: %q, want %q", app, got, want)
		}
	}
}

// TestQuoted: of a long text no more than the start is shown, and that it goes on.
func TestQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"": `""`, "a\nb": `"a\nb"`, strings.Repeat("é", 40): `"` + strings.Repeat("é", 40) + `"`, strings.Repeat("é", 41): `"` + strings.Repeat("é", 40) + `…"`,
	} {
		if got := hub.Quoted(text); got != want {
			t.Errorf("%q is shown as %s", text, got)
		}
	}
}
