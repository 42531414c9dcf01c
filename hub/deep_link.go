package hub

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// DeepLinkHost is where the recording app's links lead, unless a setting names another host.
const DeepLinkHost = "app.siro.ai"

// DeepLink is a link that lets the recording app begin a recording, linked from the start to CRM records.
type DeepLink struct {
	// Host is where it leads; DeepLinkHost when empty.
	Host string
	// Title is the recording's; ConversationType the id of its type, RedirectURL where the app goes afterwards. Each may be
	// empty.
	Title, ConversationType, RedirectURL string
	ConnectionID                         string
	Objects                              []RecordRef
}

// Validate reports all that is wrong with what a client asked the link to say, under the names by which it was asked, or nil. A
// conversation type may be any text: of one that it does not know the app takes the rep's default.
func (l DeepLink) Validate(title, conversationType, redirectURL string) error {
	var issues []Issue
	if n := utf8.RuneCountInString(l.Title); n > MaxNameLength {
		issues = append(issues, Issue{title, fmt.Sprintf("has %d characters", n), fmt.Sprintf("at most %d", MaxNameLength)})
	}
	for _, said := range [][2]string{{title, l.Title}, {conversationType, l.ConversationType}} {
		if !IsStorable(said[1]) {
			issues = append(issues, Issue{said[0], "is no text in UTF-8", "text"})
		}
	}
	if scheme, _ := addressParts(l.RedirectURL); l.RedirectURL != "" && scheme == "" {
		issues = append(issues, Issue{redirectURL, "has no scheme", wantedAddress})
	}
	return invalidOrNil(appendAddress(issues, redirectURL, l.RedirectURL, RedirectMost))
}

// objectTypes are the contract's words for what a link names, by model.
var objectTypes = map[Model]string{ModelAccount: "Account", ModelContact: "Contact", ModelLead: "Lead", ModelOpportunity: "Opportunity", ModelEngagement: "Engagement"}

// URL is the link.
func (l DeepLink) URL() string {
	host := l.Host
	if host == "" {
		host = DeepLinkHost
	}
	q := url.Values{"action": {"start"}}
	for name, value := range map[string]string{"title": l.Title, "conversationType": l.ConversationType, "redirectUrl": l.RedirectURL} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(l.Objects) > 0 {
		type object struct {
			Type string `json:"objectType"`
			ID   string `json:"objectId"`
		}
		objects := make([]object, len(l.Objects))
		for i, ref := range l.Objects {
			objects[i] = object{objectTypes[ref.Model], ref.ExternalID}
		}
		text, err := json.Marshal(objects)
		if err != nil {
			panic("hub: texts are always marshalable: " + err.Error())
		}
		q.Set("crmObjects", string(text))
		q.Set("integrationConnectionId", l.ConnectionID)
	}
	// An app reads a link by the rules of addresses, where a plus is a plus; by those of forms %20 is a blank, too.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	return (&url.URL{Scheme: "https", Host: host, Path: "/record", RawQuery: query}).String()
}
