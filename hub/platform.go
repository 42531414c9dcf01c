package hub

import (
	"slices"
	"strings"
)

// Platform names the kind of CRM on the other end of a connection, spelled as the published contract spells it.
type Platform string

// The platforms of the contract. The first seven can be created through the API; the rest only
// appear in the list filter, because they are made by other means.
const (
	PlatformMerge          Platform = "MERGE"
	PlatformCustomInput    Platform = "SIRO_CUSTOM_INPUT"
	PlatformServiceTitan   Platform = "SERVICE_TITAN"
	PlatformCompanyCam     Platform = "COMPANY_CAM"
	PlatformIngage         Platform = "INGAGE"
	PlatformLeadPerfection Platform = "LEAD_PERFECTION"
	PlatformSpotio         Platform = "SPOTIO"

	PlatformSalesforce         Platform = "SALESFORCE"
	PlatformSolutionView       Platform = "SOLUTION_VIEW"
	PlatformCalendarOnly       Platform = "CALENDAR_ONLY"
	PlatformAuthenticom        Platform = "AUTHENTICOM"
	PlatformFortellis          Platform = "FORTELLIS"
	PlatformYardiSeniorHousing Platform = "YARDI_SENIOR_HOUSING"
	PlatformFunnel             Platform = "FUNNEL"
	PlatformKnock              Platform = "KNOCK"
)

// CreatablePlatforms returns the platforms a client may name when it creates a connection, in the contract's order.
func CreatablePlatforms() []Platform {
	return []Platform{
		PlatformMerge, PlatformCustomInput, PlatformServiceTitan, PlatformCompanyCam,
		PlatformIngage, PlatformLeadPerfection, PlatformSpotio,
	}
}

// Platforms returns every platform a connection can have, in the contract's order.
func Platforms() []Platform {
	return append(CreatablePlatforms(),
		PlatformSalesforce, PlatformSolutionView, PlatformCalendarOnly, PlatformAuthenticom,
		PlatformFortellis, PlatformYardiSeniorHousing, PlatformFunnel, PlatformKnock,
	)
}

// PlatformNames lists platforms for people.
func PlatformNames(platforms []Platform) string {
	names := make([]string, len(platforms))
	for i, p := range platforms {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

// listOnlyPlatforms are those that the contract's list filter knows and nothing is pulled from: an operator makes their
// connections, and the customer pushes the records.
func listOnlyPlatforms() []Platform {
	return []Platform{
		PlatformSolutionView, PlatformCalendarOnly, PlatformAuthenticom, PlatformFortellis,
		PlatformYardiSeniorHousing, PlatformFunnel, PlatformKnock,
	}
}

// OperatorPlatforms returns the platforms of which an operator may create a connection by the command line.
func OperatorPlatforms() []Platform { return append(CreatablePlatforms(), listOnlyPlatforms()...) }

// AddsCredentials reports whether credentials come by more than one operation, so that what one leaves out stays.
func (p Platform) AddsCredentials() bool { return p == PlatformSalesforce }

// Pushed reports whether the records of the platform are pushed by the customer: nothing is pulled from it, and there is
// no CRM to write to.
func (p Platform) Pushed() bool {
	return p == PlatformCustomInput || slices.Contains(listOnlyPlatforms(), p)
}

// Inbound reports whether the platform itself posts its records to the hub: nothing is pulled from it, and what it posts
// goes beside the appointments of other platforms, which it competes with nowhere.
func (p Platform) Inbound() bool { return p == PlatformIngage }

// Calls reports whether a connection of the platform has an inbound address: for its records, or for its webhooks.
func (p Platform) Calls() bool {
	return p.Inbound() || p == PlatformCompanyCam || p == PlatformSpotio
}

const (
	// InboundPath begins the paths that platforms post to, each followed by its connection's id.
	InboundPath = "/inbound/"
	// InboundHeader carries the secret of an inbound address.
	InboundHeader = "X-Sirocco-Secret"
)
