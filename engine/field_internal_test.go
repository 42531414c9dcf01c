package engine

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// fieldCRM takes all fields but some, and counts how often it is asked.
type fieldCRM struct {
	bad    []string
	status int
	asked  int
	took   time.Duration
}

func (c *fieldCRM) SetFields(_ context.Context, _ *connector.Session, f connector.Fields) error {
	c.asked++
	for name := range f.Values {
		if slices.Contains(c.bad, name) {
			return &connector.Error{Kind: connector.Refused, Status: c.status, Message: "no " + name}
		}
	}
	return nil
}

func TestRefusedFieldsAreFoundByHalves(t *testing.T) {
	all := map[string]any{}
	var names []string
	for i := range 512 {
		names = append(names, fmt.Sprintf("field%03d", i))
		all[names[i]] = i
	}
	for what, test := range map[string]struct {
		crm    fieldCRM
		most   int // requests
		failed int
		fails  bool
	}{
		"none":                {fieldCRM{}, 1, 0, false},
		"two":                 {fieldCRM{bad: []string{"field007", "field100"}, status: http.StatusBadRequest}, 1 + 2*2*9, 2, false},
		"the record is gone":  {fieldCRM{bad: names[:1], status: http.StatusNotFound}, 1, 512, false},
		"all, at a slow rate": {fieldCRM{bad: names, status: http.StatusBadRequest, took: time.Second}, int(fieldsTimeout / time.Second), 0, true},
	} {
		t.Run(what, func(t *testing.T) {
			began := time.Now()
			clock := func() time.Time { return began.Add(time.Duration(test.crm.asked) * test.crm.took) }
			s := &deliveryAttempt{deliveryWorker: &deliveryWorker{engine: &Engine{Clock: clock}, session: &session{}}}
			problems := map[string]string{}
			f := connector.Fields{Target: hub.ModelAccount, ExternalID: "1", Values: all}
			err := s.setOrSplit(t.Context(), &test.crm, f, began.Add(fieldsTimeout), problems)
			if connector.IsKind(err, connector.Temporary) != test.fails || test.crm.asked > test.most || !test.fails && len(problems) != test.failed {
				t.Errorf("%v after %d requests, with %d problems", err, test.crm.asked, len(problems))
			}
		})
	}
}
