package main

import (
	"strings"
	"testing"
)

// TestStandInsByTheirNames finds a stand-in by what the command line calls it, and by its platform's name as the pages have it.
func TestStandInsByTheirNames(t *testing.T) {
	for given, want := range map[string]string{
		"merge": "merge", "SERVICE_TITAN": "servicetitan", "lead_perfection": "leadperfection", "Company-Cam": "companycam", "invented_number": "invented-number", "INVENTED-LINK": "invented-link",
	} {
		c := simulateCommand{Platform: given}
		if err := c.Validate(); err != nil || c.Platform != want {
			t.Errorf("%s is %s: %v", given, c.Platform, err)
		}
	}
	for want, c := range map[string]simulateCommand{
		"must be one of merge, ": {Platform: "ingage"},
		"--records is -1":        {Platform: "merge", Records: -1},
		"--fault-rate is 2":      {Platform: "merge", FaultRate: 2},
		"--change is -1s":        {Platform: "merge", Change: -1e9},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
