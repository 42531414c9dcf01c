package simulator

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"
)

// Spec is a vendor's own API description, in one or several documents. It is read when it is first
// needed, and once.
type Spec struct {
	load func() []validator.Validator
}

// NewSpec returns the description that documents make up. A document that is not OpenAPI 3 panics
// when it is first used: it is part of the program.
func NewSpec(documents ...[]byte) *Spec {
	return &Spec{load: sync.OnceValue(func() []validator.Validator {
		validators := make([]validator.Validator, len(documents))
		for i, text := range documents {
			doc, err := libopenapi.NewDocument(text)
			if err != nil {
				panic("simulator: a vendor's description cannot be read: " + err.Error())
			}
			v, errs := validator.NewValidator(doc, config.WithFormatAssertions(), config.WithStrictMode())
			if len(errs) > 0 {
				panic(fmt.Sprint("simulator: a vendor's description is not usable: ", errs))
			}
			validators[i] = v
		}
		return validators
	})}
}

// request returns what is wrong with r, as a sentence, or nothing.
func (s *Spec) request(r *http.Request, body []byte) string {
	return s.check("the request "+r.Method+" "+r.URL.Path, func(v validator.Validator) (bool, []*errors.ValidationError) {
		r.Body = io.NopCloser(bytes.NewReader(body))
		return v.ValidateHttpRequestSync(r)
	})
}

// answer returns what is wrong with the answer to r, as a sentence, or nothing.
func (s *Spec) answer(r *http.Request, a *httptest.ResponseRecorder) string {
	return s.check("the answer to "+r.Method+" "+r.URL.Path, func(v validator.Validator) (bool, []*errors.ValidationError) {
		result := a.Result()
		result.Body = io.NopCloser(bytes.NewReader(a.Body.Bytes()))
		return v.ValidateHttpResponse(r, result)
	})
}

// check tries each document: the one that has the path decides.
func (s *Spec) check(what string, valid func(validator.Validator) (bool, []*errors.ValidationError)) string {
	var problems []*errors.ValidationError
	for _, v := range s.load() {
		ok, errs := valid(v)
		if ok {
			return ""
		}
		if problems == nil || !missingPath(errs) {
			problems = errs
		}
	}
	texts := make([]string, 0, len(problems))
	for _, p := range problems {
		var text strings.Builder
		text.WriteString(p.Message + ": " + p.Reason)
		for _, e := range p.SchemaValidationErrors {
			text.WriteString(" (" + e.FieldPath + ": " + e.Reason + ")")
		}
		texts = append(texts, text.String())
	}
	return what + " is not as the vendor's description says: " + strings.Join(texts, "; ")
}

func missingPath(errs []*errors.ValidationError) bool {
	return len(errs) == 1 && errs[0].IsPathMissingError()
}
