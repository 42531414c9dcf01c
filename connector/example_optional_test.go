package connector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// leased is tiny for a vendor that wants a short-lived access token.
type leased struct{ tiny }

func (leased) Authorize(_ context.Context, s *connector.Session) (connector.Token, error) {
	// A real one posts the secret to the vendor and reads the token from its answer.
	return connector.Token{Value: "token for " + s.Values["key"], Expires: s.Now().Add(15 * time.Minute)}, nil
}

func ExampleAuthorizer() {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	session := &connector.Session{Values: map[string]string{"key": "k"}, Now: func() time.Time { return noon }}
	token, err := leased{}.Authorize(context.Background(), session)
	fmt.Println(token.Value, token.Expires.Format(time.TimeOnly), err)
	// Output: token for k 12:15:00 <nil>
}

// searching is tiny for a vendor whose lists may pass over a record.
type searching struct{ tiny }

func (searching) Find(_ context.Context, _ *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	there := map[string]string{"1": "Ada"} // a real one asks the vendor for each
	var page connector.Page
	for _, id := range externalIDs {
		if name, ok := there[id]; ok {
			page.Records = append(page.Records, hub.Record{Model: m, ExternalID: id, Name: name})
		}
	}
	return page, nil
}

func ExampleFinder() {
	page, err := searching{}.Find(context.Background(), nil, hub.ModelContact, []string{"1", "2"})
	fmt.Println(len(page.Records), page.Records[0].Name, err) // 2 is gone
	// Output: 1 Ada <nil>
}

// settable is tiny for a vendor with one field that can be set.
type settable struct{ tiny }

func (settable) SetFields(_ context.Context, _ *connector.Session, f connector.Fields) error {
	for name := range f.Values {
		if name != "budget" {
			return connector.Fail(connector.Refused, "Tiny CRM", "%s has no field %q that can be set", f.Target, name)
		}
	}
	return nil
}

func ExampleFieldSetter() {
	fields := connector.Fields{Target: hub.ModelContact, ExternalID: "1", Values: map[string]any{"hobby": "sailing"}}
	err := settable{}.SetFields(context.Background(), nil, fields)
	fmt.Println(connector.IsKind(err, connector.Refused), err)
	// Output: true Tiny CRM: CONTACT has no field "hobby" that can be set
}

func ExampleAppendItems() {
	items := []json.RawMessage{json.RawMessage(`{"id":"1","name":"Ada"}`), json.RawMessage(`{"id":"2","name":false}`)}
	var page connector.Page
	connector.AppendItems(&page, items, func(p person) []hub.Record {
		return []hub.Record{{Model: hub.ModelContact, ExternalID: p.ID, Name: p.Name}}
	})
	fmt.Println(page.Records[0].Name)
	fmt.Println(page.Rejected[0].ExternalID, page.Rejected[0].Reason)
	// Output:
	// Ada
	// 2 the CRM sent an item that cannot be read: its field name has another type than expected
}

func ExampleHasMarker() {
	text := connector.NoteText(connector.Note{Title: "Call", Body: "They want a roof.", Marker: "sirocco:1"})
	fmt.Println(connector.HasMarker(text, "sirocco:1"), connector.HasMarker(text, "sirocco:12"))
	// Output: true false
}

func ExampleStatus() {
	err := &connector.Error{Kind: connector.RateLimited, Status: http.StatusTooManyRequests, Message: "Tiny CRM: too many requests"}
	fmt.Println(connector.Status(err), connector.IsKind(err, connector.RateLimited))
	// Output: 429 true
}
