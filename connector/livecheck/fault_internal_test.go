package livecheck

import (
	"context"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// sinceCRM answers a whole reading, and an increment with an error.
type sinceCRM struct {
	connector.Connector
	err error
}

func (c sinceCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Name: "CRM", Models: []hub.ModelInfo{{Model: hub.ModelContact, Incremental: true}}}
}

func (c sinceCRM) Fetch(_ context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	if q.Since.IsZero() {
		return connector.Page{}, nil
	}
	return connector.Page{}, c.err
}

// TestAFaultIsOfItsPageAlone puts faults on pages of a connector that asks nobody for them: none is left for what is asked next.
func TestAFaultIsOfItsPageAlone(t *testing.T) {
	told := 0
	k := &check{c: sinceCRM{}, proxy: &proxy{}, seen: map[hub.Model][]hub.Record{hub.ModelContact: {{}}}, o: Options{Tell: func(Finding) { told++ }}}
	k.faults(t.Context())
	if f := k.proxy.take("GET"); f != nil || told != len(faults) || k.failed != told {
		t.Errorf("%d of %d were told, %d failed, and left is %+v", told, len(faults), k.failed, f)
	}
}

// TestIncrementsThatCannotBeAskedFor says of a model by which name it failed, or was not looked at.
func TestIncrementsThatCannotBeAskedFor(t *testing.T) {
	for name, test := range map[string]struct {
		model hub.ModelInfo
		want  Finding
	}{
		"each run reads all":  {hub.ModelInfo{Model: hub.ModelContact}, Finding{"CONTACT is asked for by its change", Unchecked, "each run reads all"}},
		"what is around":      {hub.ModelInfo{Model: hub.ModelContact, Incremental: true, Around: true}, Finding{"CONTACT is asked for by its change", Unchecked, "each run reads all"}},
		"a feed":              {hub.ModelInfo{Model: hub.ModelContact, Incremental: true, Durable: true}, Finding{"CONTACT is asked for by its change", Unchecked, "each run reads all"}},
		"an increment failed": {hub.ModelInfo{Model: hub.ModelContact, Incremental: true}, Finding{"CONTACT is asked for by its change", Failed, "CRM: it is away"}},
	} {
		var told []Finding
		k := &check{c: sinceCRM{err: connector.Fail(connector.Temporary, "CRM", "it is away")}, s: &connector.Session{Now: time.Now}, o: Options{Tell: func(f Finding) { told = append(told, f) }}}
		k.increments(t.Context(), test.model)
		if len(told) != 1 || told[0] != test.want {
			t.Errorf("%s: %+v", name, told)
		}
	}
}
