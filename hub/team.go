package hub

import (
	"slices"
	"time"
)

// Team is some users of an organization under their coaches.
type Team struct {
	ID             string
	OrganizationID string
	Name           string
	// Coaches and Members are users' ids, in order. A user is a member of one team at most.
	Coaches, Members []string
	// ConversationTypes are those that a new member's recordings begin with.
	ConversationTypes    []string
	BetaFeatures         []string
	CreatedAt, UpdatedAt time.Time
}

// TeamPatch is a change to a team; nil leaves a field as it is.
type TeamPatch struct {
	Name                                              *string
	Coaches, Members, ConversationTypes, BetaFeatures *[]string
}

// Validate reports all that is wrong with p, as an *InvalidError, or nil.
func (p *TeamPatch) Validate() error {
	var issues []Issue
	if p.Name != nil {
		issues = appendText(issues, "name", *p.Name)
	}
	issues = appendTexts(issues, "newUserDefaultConversationTypes", p.ConversationTypes)
	return invalidOrNil(appendTexts(issues, "betaFeatures", p.BetaFeatures))
}

// Apply changes t as p says, at now, and returns the new values of what is different, by the contract's names. If
// nothing is, UpdatedAt stays too.
func (p *TeamPatch) Apply(t *Team, now time.Time) map[string]any {
	changes := map[string]any{}
	if set(&t.Name, p.Name) {
		changes["name"] = t.Name
	}
	if p.Coaches != nil {
		setList(changes, "coachUids", &t.Coaches, slices.Compact(slices.Sorted(slices.Values(*p.Coaches))))
	}
	if p.Members != nil {
		setList(changes, "memberUids", &t.Members, slices.Compact(slices.Sorted(slices.Values(*p.Members))))
	}
	if p.ConversationTypes != nil {
		setList(changes, "newUserDefaultConversationTypes", &t.ConversationTypes, *p.ConversationTypes)
	}
	if p.BetaFeatures != nil {
		setList(changes, "betaFeatures", &t.BetaFeatures, *p.BetaFeatures)
	}
	if len(changes) > 0 {
		t.UpdatedAt = NextVersion(t.UpdatedAt, now)
	}
	return changes
}

// setList sets a list of names to src, each once, in the order in which they first stand there, and notes a change by its name.
func setList(changes map[string]any, name string, dst *[]string, src []string) {
	once := make([]string, 0, len(src))
	given := make(map[string]bool, len(src))
	for _, s := range src {
		if !given[s] {
			given[s] = true
			once = append(once, s)
		}
	}
	if !slices.Equal(*dst, once) {
		*dst = once
		changes[name] = slices.Clone(once)
	}
}
