package hub_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"sirocco/hub"
)

func TestRecordsAreValidated(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(*hub.Record)
		want   string
	}{
		"as it is":                  {func(*hub.Record) {}, ""},
		"no model":                  {func(r *hub.Record) { r.Model = "" }, "model"},
		"no id":                     {func(r *hub.Record) { r.ExternalID = "" }, "externalId"},
		"the longest id":            {func(r *hub.Record) { r.ExternalID = strings.Repeat("é", 256) }, ""},
		"a longer id":               {func(r *hub.Record) { r.ExternalID = strings.Repeat("é", 256) + "x" }, "externalId"},
		"a moment":                  {func(r *hub.Record) { r.StartTime, r.EndTime = noon, noon }, ""},
		"ends before it starts":     {func(r *hub.Record) { r.StartTime, r.EndTime = noon, noon.Add(-1) }, "endTime"},
		"no end":                    {func(r *hub.Record) { r.StartTime = noon }, ""},
		"no start":                  {func(r *hub.Record) { r.EndTime = noon }, ""},
		"no share":                  {func(r *hub.Record) { r.Details.ShareOfSale = new(0.0) }, ""},
		"the whole":                 {func(r *hub.Record) { r.Details.ShareOfSale = new(1.0) }, ""},
		"less than nothing":         {func(r *hub.Record) { r.Details.ShareOfSale = new(-0.01) }, "shareOfSale"},
		"more than the whole":       {func(r *hub.Record) { r.Details.ShareOfSale = new(1.01) }, "shareOfSale"},
		"an amount that is none":    {func(r *hub.Record) { r.Details.Amount = new(math.NaN()) }, "amount"},
		"an endless latitude":       {func(r *hub.Record) { r.Details.Latitude = new(math.Inf(1)) }, "latitude"},
		"an endless longitude":      {func(r *hub.Record) { r.Details.Longitude = new(math.Inf(-1)) }, "longitude"},
		"a share that is none":      {func(r *hub.Record) { r.Details.ShareOfSale = new(math.NaN()) }, "shareOfSale"},
		"NUL in the id":             {func(r *hub.Record) { r.ExternalID = "a\x00" }, "externalId"},
		"NUL in a name":             {func(r *hub.Record) { r.Name = "a\x00b" }, "name"},
		"a name that is not UTF-8":  {func(r *hub.Record) { r.Name = "a\xff" }, "name"},
		"NUL in mergedInto":         {func(r *hub.Record) { r.MergedInto = "\x00" }, "mergedInto"},
		"NUL in an account":         {func(r *hub.Record) { r.Refs.Account = "\x00" }, "accountId"},
		"NUL in a contact":          {func(r *hub.Record) { r.Refs.Contact = "\x00" }, "contactId"},
		"NUL in a lead":             {func(r *hub.Record) { r.Refs.Lead = "\x00" }, "leadId"},
		"NUL in an opportunity":     {func(r *hub.Record) { r.Refs.Opportunity = "\x00" }, "opportunityId"},
		"NUL in an engagement":      {func(r *hub.Record) { r.Refs.Engagement = "\x00" }, "engagementId"},
		"NUL in an engagement type": {func(r *hub.Record) { r.Refs.EngagementType = "\x00" }, "engagementTypeId"},
		"NUL in a user":             {func(r *hub.Record) { r.Refs.User = "\x00" }, "userId"},
		"NUL in an owner":           {func(r *hub.Record) { r.Refs.Owner = "\x00" }, "ownerId"},
		"NUL in an e-mail address":  {func(r *hub.Record) { r.Details.Email = "\x00" }, "email"},
		"NUL in what JSON escapes":  {func(r *hub.Record) { r.Details.Content = "\x00" }, ""},
	} {
		r := hub.Record{Model: hub.ModelEngagement, ExternalID: "1", Name: "Visit"}
		c.change(&r)
		if got := fields(t, r.Validate()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestStorableText(t *testing.T) {
	for text, want := range map[string]string{"": "", "é": "é", "a\x00b": "a\uFFFDb", "a\xff\xfeb\x00": "a\uFFFDb\uFFFD"} {
		if got := hub.Storable(text); got != want || hub.IsStorable(text) != (text == want) {
			t.Errorf("%q: %q, storable %v", text, got, hub.IsStorable(text))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		kept := hub.Storable(text)
		if !hub.IsStorable(kept) || !utf8.ValidString(kept) || hub.IsStorable(text) && kept != text {
			t.Fatalf("%q is kept as %q", text, kept)
		}
	})
}

// variants are one record and others that differ from it in one thing each.
func variants() (record hub.Record, others map[string]func(*hub.Record)) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	record = hub.Record{
		Model: hub.ModelEngagement, ExternalID: "1", Name: "Visit", StartTime: noon, EndTime: noon.Add(time.Hour), Refs: hub.Refs{Account: "a", Contact: "b"},
		Details: hub.Details{Subject: "Roof", Emails: []string{"a@example.com"}, Amount: new(1.5)},
	}
	return record, map[string]func(*hub.Record){
		"model":           func(r *hub.Record) { r.Model = hub.ModelLead },
		"externalId":      func(r *hub.Record) { r.ExternalID = "2" },
		"name":            func(r *hub.Record) { r.Name = "Visits" },
		"mergedInto":      func(r *hub.Record) { r.MergedInto = "9" },
		"deleted":         func(r *hub.Record) { r.Deleted = true },
		"startTime":       func(r *hub.Record) { r.StartTime = noon.Add(-1) },
		"endTime":         func(r *hub.Record) { r.EndTime = noon.Add(time.Hour + 1) },
		"account":         func(r *hub.Record) { r.Refs.Account = "c" },
		"lead":            func(r *hub.Record) { r.Refs.Lead = "c" },
		"opportunity":     func(r *hub.Record) { r.Refs.Opportunity = "c" },
		"engagement":      func(r *hub.Record) { r.Refs.Engagement = "c" },
		"type":            func(r *hub.Record) { r.Refs.EngagementType = "c" },
		"user":            func(r *hub.Record) { r.Refs.User = "c" },
		"owner":           func(r *hub.Record) { r.Refs.Owner = "c" },
		"where they part": func(r *hub.Record) { r.Refs.Account, r.Refs.Contact = "ab", "" },
		"subject":         func(r *hub.Record) { r.Details.Subject = "Roofs" },
		"emails":          func(r *hub.Record) { r.Details.Emails = []string{"a@example.com", "b@example.com"} },
		"amount":          func(r *hub.Record) { r.Details.Amount = new(1.6) },
	}
}

func TestWhatARecordsHashIsMadeOf(t *testing.T) {
	record, others := variants()
	same := record
	same.ModifiedAt, same.Details.Amount = time.Now(), new(1.5)
	same.StartTime = record.StartTime.In(time.FixedZone("", 3600))
	if same.Hash() != record.Hash() {
		t.Error("what was only touched, or tells its time in another zone, has another hash")
	}
	seen := map[[32]byte]string{record.Hash(): "as it is"}
	for name, change := range others {
		r, _ := variants()
		change(&r)
		details, hash := r.Content()
		if hash != r.Hash() || len(details) == 0 || details[0] != '{' {
			t.Errorf("%s: %s", name, details)
		}
		if other, known := seen[hash]; known {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[hash] = name
	}
}

func TestChangesOfARecord(t *testing.T) {
	before, others := variants()
	changed := map[string][]string{ // by the change, the names beside model and externalId
		"model": {}, "externalId": {}, "mergedInto": {}, "name": {"name"}, "deleted": {"deleted"}, "startTime": {"endTime", "startTime"}, "endTime": {"endTime", "startTime"},
		"account": {"refersTo"}, "lead": {"refersTo"}, "opportunity": {"refersTo"}, "engagement": {"refersTo"}, "type": {"refersTo"}, "user": {"refersTo"}, "owner": {"refersTo"},
		"where they part": {"refersTo"}, "subject": {"subject"}, "emails": {"emailAddresses"}, "amount": {"amount"},
	}
	others["nothing"], changed["nothing"] = func(r *hub.Record) { r.StartTime = r.StartTime.In(time.FixedZone("", 3600)) }, []string{}
	for name, change := range others {
		r, _ := variants()
		change(&r)
		changes := r.ChangesFrom(&before)
		if changes["model"] != r.Model || changes["externalId"] != r.ExternalID {
			t.Errorf("%s: %v", name, changes)
		}
		delete(changes, "model")
		delete(changes, "externalId")
		names := make([]string, 0, len(changes))
		for n := range changes {
			names = append(names, n)
		}
		if slices.Sort(names); !slices.Equal(names, changed[name]) {
			t.Errorf("%s: %v, want %v", name, names, changed[name])
		}
	}
	r, _ := variants()
	r.Name, r.Deleted, r.Refs.Lead, r.EndTime, r.Details.Subject = "V", true, "l", r.StartTime, "S"
	want := map[string]any{
		"model": r.Model, "externalId": "1", "name": "V", "deleted": true, "refersTo": r.Refs, "startTime": r.StartTime, "endTime": r.StartTime, "subject": "S",
	}
	if got := r.ChangesFrom(&before); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestWhetherTheRuleMayLink(t *testing.T) {
	for name, c := range map[string]struct {
		r    hub.Recording
		want bool
	}{
		"new":            {hub.Recording{}, true},
		"by the rule":    {hub.Recording{Link: hub.Link{By: hub.LinkedByMatching}}, true},
		"by a person":    {hub.Recording{Link: hub.Link{By: hub.LinkedByHand}}, false},
		"by the upload":  {hub.Recording{Link: hub.Link{By: hub.LinkedByUpload}}, false},
		"written back":   {hub.Recording{WrittenAt: time.Now()}, false},
		"deleted":        {hub.Recording{DeletedAt: time.Now()}, false},
		"only processed": {hub.Recording{ProcessedAt: time.Now()}, true},
	} {
		if got := c.r.MayBeMatched(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if r := (hub.Recording{}); r.Processed() || r.Linked() {
		t.Error("a new recording is processed, or linked")
	}
	if r := (hub.Recording{ProcessedAt: time.Now(), Link: hub.Link{ExternalID: "1"}}); !r.Processed() || !r.Linked() {
		t.Error("a processed, linked recording is not")
	}
}

func TestLinksToTheSameRecord(t *testing.T) {
	link := hub.Link{ConnectionID: "c", Model: hub.ModelLead, ExternalID: "1", Reason: "a"}
	for name, c := range map[string]struct {
		other hub.Link
		want  bool
	}{
		"the same for another reason": {hub.Link{ConnectionID: "c", Model: hub.ModelLead, ExternalID: "1", By: hub.LinkedByHand}, true},
		"another connection":          {hub.Link{ConnectionID: "d", Model: hub.ModelLead, ExternalID: "1"}, false},
		"another model":               {hub.Link{ConnectionID: "c", Model: hub.ModelContact, ExternalID: "1"}, false},
		"another record":              {hub.Link{ConnectionID: "c", Model: hub.ModelLead, ExternalID: "2"}, false},
		"none":                        {hub.Link{}, false},
	} {
		if link.SameRecord(c.other) != c.want || c.other.SameRecord(link) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
	if !(hub.Link{}).SameRecord(hub.Link{Reason: "nothing fits"}) {
		t.Error("two links to none differ")
	}
}

func TestTheMostSpecificRecord(t *testing.T) {
	ref := func(m hub.Model, id string) hub.RecordRef { return hub.RecordRef{Model: m, ExternalID: id} }
	if main, also := hub.MostSpecific(nil); main != (hub.RecordRef{}) || also != nil {
		t.Errorf("of nothing: %v, %v", main, also)
	}
	given := []hub.RecordRef{ref(hub.ModelAccount, "a"), ref(hub.ModelContact, "c"), ref(hub.ModelLead, "l"), ref(hub.ModelOpportunity, "2"), ref(hub.ModelOpportunity, "1"), ref(hub.ModelEngagement, "e")}
	kept := slices.Clone(given)
	main, also := hub.MostSpecific(given)
	want := []hub.RecordRef{ref(hub.ModelOpportunity, "2"), ref(hub.ModelOpportunity, "1"), ref(hub.ModelLead, "l"), ref(hub.ModelContact, "c"), ref(hub.ModelAccount, "a")}
	if main != ref(hub.ModelEngagement, "e") || !slices.Equal(also, want) {
		t.Errorf("%v, then %v", main, also)
	}
	if !slices.Equal(given, kept) {
		t.Error("it changed what it was given")
	}
}

func TestPlatforms(t *testing.T) {
	all, made := hub.Platforms(), hub.CreatablePlatforms()
	if len(all) != 15 || len(made) != 7 || !slices.Equal(all[:7], made) || slices.Contains(made, hub.PlatformSalesforce) {
		t.Errorf("%v; creatable %v", all, made)
	}
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(all) {
		t.Errorf("one is there twice: %v", all)
	}
}

func TestMadeKeysAreDistinct(t *testing.T) {
	if a, b := hub.JoinID("J", "K:L"), hub.JoinID("J:K", "L"); a == b {
		t.Errorf("two pairs have the key %s", a)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9a:]{0,6}`)
		a, b, c, d := text.Draw(t, "of"), text.Draw(t, "user"), text.Draw(t, "other"), text.Draw(t, "other user")
		if same := a == c && b == d; (hub.JoinID(a, b) == hub.JoinID(c, d)) != same {
			t.Fatalf("%q + %q and %q + %q are %q and %q", a, b, c, d, hub.JoinID(a, b), hub.JoinID(c, d))
		}
	})
	if err := hub.ValidateID("engagementType.externalId", hub.ModelEngagementType, hub.TypeID("MEETING", "Visit")); fields(t, err) != "engagementType.externalId" {
		t.Errorf("a pushed type may have the key of one that was made: %v", err)
	}
}

func TestKeysHaveALength(t *testing.T) {
	long, longest := strings.Repeat("x", 513), strings.Repeat("é", 256)
	for field, set := range map[string]func(r *hub.Record, text string){
		"externalId": func(r *hub.Record, x string) { r.ExternalID = x }, "mergedInto": func(r *hub.Record, x string) { r.MergedInto = x },
		"accountId": func(r *hub.Record, x string) { r.Refs.Account = x }, "contactId": func(r *hub.Record, x string) { r.Refs.Contact = x },
		"leadId": func(r *hub.Record, x string) { r.Refs.Lead = x }, "opportunityId": func(r *hub.Record, x string) { r.Refs.Opportunity = x },
		"engagementId": func(r *hub.Record, x string) { r.Refs.Engagement = x }, "userId": func(r *hub.Record, x string) { r.Refs.User = x },
		"ownerId": func(r *hub.Record, x string) { r.Refs.Owner = x }, "remoteId": func(r *hub.Record, x string) { r.Details.RemoteID = x },
		"otherContacts[1]": func(r *hub.Record, x string) { r.Details.OtherContacts = []string{"c", x} },
	} {
		for text, want := range map[string]string{long: field, longest: ""} {
			r := hub.Record{Model: hub.ModelEngagement, ExternalID: "1"}
			set(&r, text)
			if got := fields(t, r.Validate()); got != want {
				t.Errorf("%s of %d bytes: %q, want %q", field, len(text), got, want)
			}
		}
	}
	for name, c := range map[string]struct {
		r    hub.Record
		want string
	}{
		"a long name of what is matched by none": {hub.Record{Model: hub.ModelOpportunity, Name: strings.Repeat("x", 9000)}, ""},
		"the name of a user":                     {hub.Record{Model: hub.ModelUser, Name: strings.Repeat("x", 1025)}, "name"},
		"a name that is matched by a long one":   {hub.Record{Model: hub.ModelUser, Name: strings.Repeat("\uFDFA", 100)}, "name"},
		"the e-mail address of a user":           {hub.Record{Model: hub.ModelUser, Details: hub.Details{Email: strings.Repeat("x", 1025)}}, "email"},
		"a join of the longest ids":              {hub.Record{Model: hub.ModelEngagementUser, ExternalID: hub.JoinID(longest, longest)}, ""},
	} {
		if c.r.ExternalID == "" {
			c.r.ExternalID = "1"
		}
		if got := fields(t, c.r.Validate()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAnEndBeforeTheStartIsUnknown(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for end, want := range map[time.Time]time.Time{{}: {}, noon: noon, noon.Add(1): noon.Add(1), noon.Add(-1): {}} {
		r := hub.Record{Model: hub.ModelEngagement, ExternalID: "1", StartTime: noon, EndTime: end}
		if r.Mend(); !r.EndTime.Equal(want) || r.Validate() != nil {
			t.Errorf("%s is kept as %s", end, r.EndTime)
		}
	}
}

// TestOnlyPagesAreLinks keeps of what a CRM tells as a record's page what a browser may be sent to.
func TestOnlyPagesAreLinks(t *testing.T) {
	for told, want := range map[string]string{
		"https://crm.example/deals/1":           "https://crm.example/deals/1",
		"HTTP://crm.example/#/Job/1":            "HTTP://crm.example/#/Job/1",
		"javascript:alert(document.cookie)":     "",
		" javascript://crm.example/%0aalert(1)": "",
		"JavaScript://crm.example/%0aalert(1)":  "",
		"data:text/html,<script>":               "",
		"//crm.example/deals/1":                 "",
		"/deals/1":                              "",
		"https:///deals/1":                      "",
		"https://crm.example/\x01":              "",
		"":                                      "",
	} {
		r := hub.Record{Model: hub.ModelOpportunity, ExternalID: "1", Details: hub.Details{URL: told}}
		if r.Mend(); r.Details.URL != want {
			t.Errorf("%q is kept as %q", told, r.Details.URL)
		}
	}
}

// TestAnEntryOfWholeDaysEnds has entries of whole days whose end the CRM does not tell, or tells as their beginning.
func TestAnEntryOfWholeDaysEnds(t *testing.T) {
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for end, want := range map[time.Time]time.Time{{}: start.AddDate(0, 0, 1), start: start.AddDate(0, 0, 1), start.AddDate(0, 0, 3): start.AddDate(0, 0, 3)} {
		r := hub.Record{Model: hub.ModelEngagement, ExternalID: "1", StartTime: start, EndTime: end, Details: hub.Details{AllDay: true}}
		if r.Mend(); !r.EndTime.Equal(want) {
			t.Errorf("one that is told to end at %s ends at %s", end, r.EndTime)
		}
	}
	r := hub.Record{Model: hub.ModelEngagement, ExternalID: "1", Details: hub.Details{AllDay: true}}
	if r.Mend(); !r.EndTime.IsZero() {
		t.Errorf("one without a beginning ends at %s", r.EndTime)
	}
}
