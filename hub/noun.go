package hub

// Noun returns what people call a record of the model, such as "CRM user".
func (m Model) Noun() string {
	switch m {
	case ModelAccount:
		return "account"
	case ModelOpportunity:
		return "opportunity"
	case ModelOpportunityUser:
		return "opportunity user"
	case ModelEngagement:
		return "engagement"
	case ModelEngagementUser:
		return "engagement user"
	case ModelUser:
		return "CRM user"
	}
	return "record"
}
