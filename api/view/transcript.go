package view

// Utterance is one stretch of a speaker's words.
type Utterance struct {
	Utterance         string   `json:"utterance"`
	StartTimeInMillis float64  `json:"startTimeInMillis"`
	EndTimeInMillis   float64  `json:"endTimeInMillis"`
	SpeakerTag        string   `json:"speakerTag"`
	Redacted          bool     `json:"redacted"`
	Confidence        *float64 `json:"confidence,omitempty"`
}

// Quote is a passage that a summary rests on.
type Quote struct {
	Quote             string  `json:"quote"`
	StartTimeInMillis float64 `json:"startTimeInMillis"`
	EndTimeInMillis   float64 `json:"endTimeInMillis"`
}
