package salesforce_test

import (
	"testing"

	"sirocco/connector/salesforce"
)

// TestFormAsksForOneWayToSignIn holds what a form asks for: a user and a key, or else a refresh token, and nothing that only the
// API's clients know.
func TestFormAsksForOneWayToSignIn(t *testing.T) {
	for _, f := range (salesforce.Connector{}).Info().Credentials {
		switch f.Name {
		case "username", "privateKey":
			if f.Unless != "refreshToken" || f.Missing == "" || f.Required {
				t.Errorf("%+v", f)
			}
		case "isProd", "useProdEca":
			if !f.APIAlone {
				t.Errorf("a form asks for %s", f.Name)
			}
		default:
			if f.Unless != "" || f.APIAlone {
				t.Errorf("%+v", f)
			}
		}
	}
}
