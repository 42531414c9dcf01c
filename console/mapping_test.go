package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// salesforce is a platform of tests whose objects differ, and asked its CRM: it has no object of another name than Lead and
// Deal__c.
var salesforce = hub.PlatformInfo{
	Platform: hub.PlatformSalesforce, Name: "Salesforce", Models: []hub.ModelInfo{{Model: hub.ModelLead}, {Model: hub.ModelOpportunity}},
	Mapping: &hub.MappingInfo{
		Parts: []string{"name", "email"},
		Presets: []hub.Mapping{
			{Preset: "standard", Sources: map[hub.Model]hub.Source{hub.ModelLead: {Object: "Lead", Fields: map[string]string{"name": "Name"}}}},
			{Preset: "deals", Sources: map[hub.Model]hub.Source{hub.ModelOpportunity: {Object: "Deal__c", Fields: map[string]string{"name": "Name"}}}},
		},
	},
}

func askedMapping(_ context.Context, _ hub.Connection, given hub.GivenMapping) (hub.Mapping, error) {
	m, err := salesforce.CompleteMapping(given)
	if err != nil {
		return m, err
	}
	for model, src := range m.Sources {
		if src.Object != "Lead" && src.Object != "Deal__c" {
			return m, hub.Invalid("models."+string(model)+".object", "is "+hub.Quoted(src.Object)+", which the CRM does not have", "Lead or Deal__c")
		}
	}
	return m, nil
}

// TestMappingIsChanged shows and changes from which objects a connection is read, in a real browser: as text, whose mistakes
// are said in words and left to be mended, and by a preset.
func TestMappingIsChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		var silent atomic.Bool // the CRM
		s := serveOn(t, databaseURL, withMerge, func(o *Options) {
			o.Platforms[hub.PlatformSalesforce] = salesforce
			o.CheckMapping = func(ctx context.Context, c hub.Connection, given hub.GivenMapping) (hub.Mapping, error) {
				m, err := askedMapping(ctx, c, given)
				if err == nil && silent.Load() {
					err = &hub.UnavailableError{Who: "Salesforce"}
				}
				return m, err
			}
		})
		organization := s.organization("Cedar Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformSalesforce, hub.ModelLead, hub.ModelOpportunity)
		b := s.operator(organization)
		at := "/connections/" + c.ID + "/mapping"
		seen := b.version(at)
		for name, wrong := range map[string][2]string{
			"an object that is not there": {`{"models": {"LEAD": {"object": "Leed"}}}`, "which the CRM does not have"},
			"no JSON":                     {"{\n  \"models\": nothing\n}", "in its line 2"},
			"a number for a name":         {"{\n  \"models\": {\n    \"LEAD\": {\"object\": 4}\n  }\n}", "in its line 3"},
			"an unknown word":             {`{"model": {}}`, "unknown field"},
			"a word in another case":      {`{"MODELS": {"LEAD": {"object": "Lead"}}}`, "unknown field"},
			"one in another case within":  {`{"models": {"LEAD": {"OBJECT": "Lead"}}}`, "unknown field"},
			"a model twice":               {`{"models": {"LEAD": {"object": "Lead"}, "LEAD": {"object": "Account"}}}`, "duplicate"},
			"a model that is not read":    {`{"models": {"CONTACT": {"object": "Lead"}}}`, "is not read from Salesforce"},
		} {
			a := b.do(http.MethodPost, at, url.Values{"version": {seen}, "mapping": {wrong[0]}})
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, wrong[1]) || !strings.Contains(a.body, "<textarea") {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		viewer := s.viewer(organization)
		if page := viewer.get(at); strings.Contains(page, "<textarea") || !strings.Contains(page, "Lead") {
			t.Error("a viewer is shown what they may not press, or nothing")
		}
		mapping := func() store.Mapping {
			t.Helper()
			m, err := s.store.Mapping(t.Context(), organization, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}

		ctx := chromium(t)
		signedIn(t, ctx, b)
		s.navigate(ctx, "/connections/"+c.ID)
		var shown string
		act(t, ctx, chromedp.Click(`#mapping`))
		browse(t, ctx, chromedp.Value(`#mapping-text`, &shown))
		if !strings.Contains(shown, `"object": "Lead"`) {
			t.Errorf("%s", shown)
		}
		picture(t, ctx, "mapping")
		keep := func(text string) string {
			t.Helper()
			var said string
			browse(t, ctx, chromedp.SetValue(`#mapping-text`, text))
			act(t, ctx, chromedp.Click(`form:has(#mapping-text) button`))
			browse(t, ctx, chromedp.Text(`p.lead`, &said), chromedp.WaitVisible(`.notice.good`))
			return said
		}
		said := keep(strings.Replace(shown, `"name": "Name"`, `"name": "Name", "email": "Email"`, 1))
		if m := mapping(); m.Sources[hub.ModelLead].Fields["email"] != "Email" || m.CheckedAt.IsZero() || !strings.Contains(said, "all of it is there") {
			t.Errorf("%+v, %s", m, said)
		}
		browse(t, ctx, chromedp.SetValue(`#preset`, "deals"))
		act(t, ctx, chromedp.Click(`form:has(#preset) button`))
		browse(t, ctx, chromedp.Value(`#mapping-text`, &shown))
		if m := mapping(); m.Preset != "deals" || m.Sources[hub.ModelOpportunity].Object != "Deal__c" || !strings.Contains(shown, "Deal__c") {
			t.Errorf("%+v, %s", m, shown)
		}

		// A CRM that does not answer is asked later: what is written is kept until then.
		silent.Store(true)
		said = keep(strings.Replace(shown, `"name": "Name"`, `"name": "Title"`, 1))
		if m := mapping(); m.Sources[hub.ModelOpportunity].Fields["name"] != "Title" || !m.CheckedAt.IsZero() || !strings.Contains(said, "not checked yet") {
			t.Errorf("%+v, %s", m, said)
		}
		if a := b.do(http.MethodPost, at, url.Values{"version": {seen}, "preset": {"standard"}}); a.status != http.StatusPreconditionFailed {
			t.Errorf("a stale one: %d", a.status)
		}
	})
}
