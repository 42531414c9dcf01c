package hub

import (
	"slices"
	"strings"
)

// MappedValue is a value found in a recording and the field of a CRM record that it goes to.
type MappedValue struct {
	// Model is the kind of record as the mapping names it, in capitals; it may be one that no CRM has.
	Model Model
	Field string
	// Extraction is the id of the extraction that it is part of.
	Extraction string
	// Value is a text, a float64, a boolean, or a list of these.
	Value any
}

// MappedValues are the values that are to be written to fields of the CRM, in the order they were found. A mapping of
// a whole extraction counts where it has one value: else it would not say which.
func (r *Recording) MappedValues() []MappedValue {
	var found []MappedValue
	for _, extraction := range r.Analysis.Finished() {
		for _, v := range extraction.Values {
			if ValueText(v.Value) == "" {
				continue
			}
			mappings := v.Mappings
			if len(mappings) == 0 && len(extraction.Values) == 1 {
				mappings = extraction.Mappings
			}
			for _, m := range mappings {
				if m.Model != "" && m.Field != "" {
					found = append(found, MappedValue{Model: Model(strings.ToUpper(m.Model)), Field: m.Field, Extraction: extraction.ID, Value: v.Value})
				}
			}
		}
	}
	return found
}

// Finished are the extractions that ended well: what is still under way, or failed, says nothing of the conversation yet.
func (a *Analysis) Finished() []EntityExtraction {
	var finished []EntityExtraction
	for _, e := range a.Extractions {
		if e.Status != ExtractionUnderWay && e.Status != ExtractionFailed {
			finished = append(finished, e)
		}
	}
	return finished
}

// SummaryDone reports whether the summary is there.
func (a *Analysis) SummaryDone() bool { return len(a.Summary) > 0 }

// ExtractionDone reports whether extractions were told, which may be none, and none of them is still under way.
func (a *Analysis) ExtractionDone() bool {
	underWay := func(e EntityExtraction) bool { return e.Status == ExtractionUnderWay }
	return a.Extractions != nil && !slices.ContainsFunc(a.Extractions, underWay)
}

// The statuses of an extraction whose values are not to be told on.
const (
	ExtractionUnderWay = "IN_PROGRESS"
	ExtractionFailed   = "FAIL"
)

// ExtractionSynced is the status of an extraction all of whose mapped values are in the CRM's fields.
const ExtractionSynced = "SYNCED"
