package simulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestAnEmptyAnswerHasNoMistake puts a mistake on an answer without a body: it is sent as it is, and the next answer has the mistake.
func TestAnEmptyAnswerHasNoMistake(t *testing.T) {
	s := &Server{Faults: &Faults{taken: map[FaultKind]int{Malformed: 1}}}
	empty := httptest.NewRecorder()
	empty.WriteHeader(http.StatusNoContent)
	sent := httptest.NewRecorder()
	s.send(sent, httptest.NewRequest(http.MethodDelete, "/", nil), Fault{Kind: Malformed}, empty)
	if sent.Code != http.StatusNoContent || sent.Body.Len() > 0 {
		t.Errorf("it is sent as %d %q", sent.Code, sent.Body)
	}
	if next := s.Faults.take(httptest.NewRequest(http.MethodGet, "/", nil)); next.Kind != Malformed {
		t.Errorf("the next answer has %q", next.Kind)
	}
}
