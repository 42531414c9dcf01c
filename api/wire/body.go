package wire

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
)

// readBody reads the JSON of a request into what an operation takes. Unlike encoding/json it takes a name as it is
// spelled, and none twice, at every depth: what was validated is what is read.
func readBody(data []byte, v any) error {
	if err := json.Unmarshal(data, v, reading); err != nil {
		return bodyError(err)
	}
	return nil
}

// reading reads what validation takes: times as hub.ParseTime does, and whole numbers however they are written.
var reading = json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(readTime), json.UnmarshalFromFunc(readWhole[int]), json.UnmarshalFromFunc(readWhole[int64]),
))

func readTime(in *jsontext.Decoder, to *time.Time) error {
	var text string
	if in.PeekKind() != '"' {
		return errors.ErrUnsupported
	}
	if err := json.UnmarshalDecode(in, &text); err != nil {
		return err
	}
	at, err := hub.ParseTime(text)
	*to = at
	return err
}

func readWhole[T int | int64](in *jsontext.Decoder, to *T) error {
	if in.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	text, err := in.ReadValue()
	if err != nil {
		return err
	}
	if whole, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		*to = T(whole)
		return nil
	}
	number, err := strconv.ParseFloat(string(text), 64) // as in 1000.0 or 1e3
	if err != nil || number != math.Trunc(number) || number < -1<<63 || number >= 1<<63 {
		return errors.New("no whole number that fits")
	}
	*to = T(number)
	return nil
}

// atField parts the name of a field from what is wrong with it: huma passes on the text of an error alone.
const atField = "\x00"

const (
	holdsNUL     = atField + "holds the character U+0000; expected text without it"
	nameHoldsNUL = atField + "has a name with the character U+0000; expected names without it"
)

// bodyError says what is wrong with JSON, and where, without a word of it: it may hold secrets.
func bodyError(err error) error {
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok && wrong.JSONPointer != "" {
		kind := "value"
		if wrong.GoType != nil {
			kind = wrong.GoType.Kind().String()
			if kind == "ptr" { // as readers of a type are told of
				kind = wrong.GoType.Elem().Kind().String()
			}
		}
		return errors.New(fieldOf(wrong.JSONPointer) + atField + "is out of range; expected " + rangeOf(kind))
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		problem := syntax.Err.Error()
		switch {
		case errors.Is(syntax.Err, jsontext.ErrDuplicateName):
			problem = "duplicate name of a field"
		case strings.HasPrefix(problem, "invalid character"):
			problem = "a character is there that cannot be there"
		case strings.Contains(problem, "`"): // which quotes what follows
			problem = "an escape is there that stands for no character"
		}
		return fmt.Errorf("%s at byte %d", problem, syntax.ByteOffset)
	}
	return err
}

// fieldOf spells a JSON pointer as paths are spelled here, a.b[2].c.
func fieldOf(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case strings.Trim(token, "0123456789") == "":
			b.WriteString("[" + token + "]")
		case b.Len() > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	return b.String()
}
