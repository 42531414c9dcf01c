package hub

import (
	"cmp"
	"strings"
	"time"
	_ "time/tzdata" // zones are known whatever the machine has
)

// Organization is a tenant: everything else belongs to exactly one.
type Organization struct {
	ID   string
	Name string
	// Disabled says that nothing is done for it in the background, and that its users' access tokens count for nothing.
	Disabled  bool
	Details   OrganizationDetails
	CreatedAt time.Time
}

// OrganizationDetails are what nothing looks an organization up by. The JSON names are those of storage.
type OrganizationDetails struct {
	// Admins and Owner are users' ids.
	Admins     []string `json:"adminUids,omitempty"`
	Owner      string   `json:"ownerUid,omitempty"`
	Industries []string `json:"industryIds,omitempty"`
	// TimeZone is the IANA name of where the organization's days begin, UTC where it is empty; PhoneRegion is where its
	// telephone numbers are from that do not say, US where it is empty.
	TimeZone    string `json:"timeZone,omitempty"`
	PhoneRegion string `json:"phoneRegion,omitempty"`
}

// Zone is where the organization's days begin; UTC where the name says nothing to this machine.
func (d *OrganizationDetails) Zone() *time.Location {
	zone, err := time.LoadLocation(d.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Region is where the organization's telephone numbers are from that do not say.
func (d *OrganizationDetails) Region() string { return cmp.Or(d.PhoneRegion, DefaultRegion) }

// OrganizationPatch is a change to an organization; nil leaves a field as it is.
type OrganizationPatch struct {
	Name               *string
	Disabled           *bool
	Owner              *string
	Admins, Industries *[]string
	// TimeZone and PhoneRegion are as in OrganizationDetails; an empty text is the default.
	TimeZone, PhoneRegion *string
}

// Validate reports all that is wrong with p, as an *InvalidError, or nil.
func (p *OrganizationPatch) Validate() error {
	var issues []Issue
	if p.Name != nil {
		issues = appendText(issues, "name", *p.Name)
	}
	if p.TimeZone != nil && !validZone(*p.TimeZone) {
		issues = append(issues, Issue{Field: "timeZone", Problem: "names no time zone", Want: "an IANA name such as America/Chicago, or an empty text for UTC"})
	}
	if p.PhoneRegion != nil && *p.PhoneRegion != "" && !ValidRegion(*p.PhoneRegion) {
		issues = append(issues, Issue{Field: "phoneRegion", Problem: "names no region with telephone numbers", Want: "two capital letters such as DE, or an empty text for " + DefaultRegion})
	}
	return invalidOrNil(appendTexts(issues, "industryIds", p.Industries))
}

// validZone reports whether a text is the IANA name of a time zone, or empty. "Local" is whatever a machine is set to.
func validZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && !strings.EqualFold(name, "Local")
}

// Apply changes o as p says and returns the new values of what is different, by the contract's names.
func (p *OrganizationPatch) Apply(o *Organization) map[string]any {
	changes := map[string]any{}
	if set(&o.Name, p.Name) {
		changes["name"] = o.Name
	}
	if set(&o.Disabled, p.Disabled) {
		changes["disabled"] = o.Disabled
	}
	if set(&o.Details.Owner, p.Owner) {
		changes["ownerUid"] = o.Details.Owner
	}
	if set(&o.Details.TimeZone, p.TimeZone) {
		changes["timeZone"] = o.Details.TimeZone
	}
	if set(&o.Details.PhoneRegion, p.PhoneRegion) {
		changes["phoneRegion"] = o.Details.PhoneRegion
	}
	if p.Admins != nil {
		setList(changes, "adminUids", &o.Details.Admins, *p.Admins)
	}
	if p.Industries != nil {
		setList(changes, "industryIds", &o.Details.Industries, *p.Industries)
	}
	return changes
}

// ValidateName reports what is wrong with the name of an organization, group or token, or nil.
func ValidateName(field, name string) error {
	return invalidOrNil(appendText(nil, field, name))
}
