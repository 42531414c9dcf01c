package hub

// RecordPatch is what a customer pushes of one record. What it does not name stays as it is.
type RecordPatch struct {
	Model      Model
	ExternalID string
	// Field is where the client's body names the record, for what is wrong with it; empty for the body itself.
	Field string
	// Change puts what is named into the record; nil where nothing is.
	Change func(*Record)
	// Delete deletes the record or brings it back; nil leaves it as it is, or as Lives says.
	Delete *bool
	// Lives brings a deleted record back where Delete says nothing of it. One that was merged stays so: a CRM may go on naming it
	// for a while.
	Lives bool
	// MergedTo is the survivor of a merge; references to this record move there.
	MergedTo string
	// MergedFrom are records that this one survives.
	MergedFrom []string
	// Create makes the record even when nothing is said of it; otherwise such a patch only points at one.
	Create bool
	// CopyFrom is the engagement whose account, contact and users the opportunity takes over.
	CopyFrom string
}
