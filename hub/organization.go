package hub

import "time"

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

// OrganizationPatch is a change to an organization; nil leaves a field as it is.
type OrganizationPatch struct {
	Name               *string
	Disabled           *bool
	Owner              *string
	Admins, Industries *[]string
}

// Validate reports all that is wrong with p, as an *InvalidError, or nil.
func (p *OrganizationPatch) Validate() error {
	if p.Name == nil {
		return nil
	}
	return ValidateName("name", *p.Name)
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
