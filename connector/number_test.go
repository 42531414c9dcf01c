package connector_test

import (
	"encoding/json"
	"testing"

	"sirocco/connector"
)

// TestNumbersInAnyForm reads measures as vendors write them.
func TestNumbersInAnyForm(t *testing.T) {
	for written, want := range map[string]float64{`41.88`: 41.88, `"41.88"`: 41.88, `" -87.6 "`: -87.6, `0`: 0, `"0"`: 0, `1e3`: 1000} {
		var n connector.Number
		if err := json.Unmarshal([]byte(written), &n); err != nil || n.Float == nil || *n.Float != want {
			t.Errorf("%s: %v, %v", written, n.Float, err)
		}
	}
	for _, written := range []string{`null`, `""`, `"NaN"`, `"Infinity"`, `"1e999"`, `"0x10"`, `"1_000"`, `"north"`, `true`, `[1]`, `{"a":1}`} {
		n := connector.Number{Float: new(float64)}
		if err := json.Unmarshal([]byte(`{"n":`+written+`}`), &struct {
			N *connector.Number `json:"n"`
		}{&n}); err != nil || written != "null" && n.Float != nil {
			t.Errorf("%s: %v, %v", written, n.Float, err)
		}
	}
}
