package connector_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/leadperfection"
	"sirocco/connector/merge"
	"sirocco/connector/salesforce"
	"sirocco/connector/servicetitan"
	"sirocco/connector/spotio"
	"sirocco/hub"
)

// TestHowEachPlatformIsRead holds what each connector says of its vendor, in the order in which its models are read: the engine goes by
// that, and a word that is not so costs whole readings, deletions that nobody tells of, or a secret that is shown.
func TestHowEachPlatformIsRead(t *testing.T) {
	for _, test := range []struct {
		c    connector.Connector
		want string
	}{
		{companycam.Connector{}, `USER; OPPORTUNITY incremental with CONTACT OPPORTUNITY_USER; accessToken required secret; author; baseURL`},
		{leadperfection.Connector{}, `serial; notes read back; USER; ACCOUNT incremental with LEAD OPPORTUNITY ENGAGEMENT;
			clientId required; username required; password required secret; appKey required secret; timeZone required zone; baseURL`},
		{merge.Connector{}, `USER incremental deletes; ACCOUNT incremental deletes; CONTACT incremental deletes; LEAD incremental deletes; OPPORTUNITY incremental deletes; ENGAGEMENT_TYPE incremental;
			ENGAGEMENT incremental deletes; apiKey required secret; accountToken required secret; baseURL; idempotency`},
		{salesforce.Connector{}, `mapped; USER incremental deletes; ACCOUNT incremental; CONTACT incremental; LEAD incremental; OPPORTUNITY incremental; OPPORTUNITY_USER incremental; ENGAGEMENT incremental;
			ENGAGEMENT_USER incremental; baseURL required; clientId required; username; privateKey secret lines; refreshToken secret; clientSecret secret; authURL; budget; bulkFrom; noteField; namespace;
			isProd API; useProdEca API`},
		{servicetitan.Connector{}, `USER incremental deletes; ACCOUNT incremental deletes; LEAD incremental; OPPORTUNITY incremental; ENGAGEMENT incremental deletes; ENGAGEMENT_USER incremental deletes;
			clientId required; clientSecret required secret; appKey required secret; tenant account; baseURL; authURL`},
		{spotio.Connector{}, `USER; LEAD incremental deletes; ENGAGEMENT incremental around; clientId required; secret required secret; baseURL`},
	} {
		if diff := cmp.Diff(strings.Fields(test.want), strings.Fields(told(test.c.Info()))); diff != "" {
			t.Errorf("%s: %s", test.c.Info().Name, diff)
		}
	}
}

// told is what the flags of a platform say, in words.
func told(info hub.PlatformInfo) string {
	said := strings.Builder{}
	say := func(flag bool, word string) {
		if flag {
			said.WriteString(word)
		}
	}
	say(info.Serial, "serial; ")
	say(info.NotesReadBack, "notes read back; ")
	say(info.Mapping != nil, "mapped; ")
	for _, m := range info.Models {
		said.WriteString(string(m.Model))
		say(m.Incremental, " incremental")
		say(m.Around, " around")
		say(m.Durable, " durable")
		say(m.ReportsDeletes, " deletes")
		say(len(m.Also) > 0, " with")
		for _, also := range m.Also {
			said.WriteString(" " + string(also))
		}
		said.WriteString("; ")
	}
	for i, f := range info.Credentials {
		say(i > 0, "; ")
		said.WriteString(f.Name)
		say(f.Required, " required")
		say(f.Secret, " secret")
		say(f.Lines, " lines")
		say(f.Zone, " zone")
		say(f.Account, " account")
		say(f.APIAlone, " API")
	}
	return said.String()
}
