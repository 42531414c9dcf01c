package connector

import "encoding/json"

// Number reads a measure that a vendor may write as a number or as a text. What is neither, as null or an empty text, is none: it says
// nothing, and costs no record.
type Number struct{ Float *float64 }

// UnmarshalJSON reads a number or a text.
func (n *Number) UnmarshalJSON(b []byte) error {
	n.Float = nil
	var text string
	if json.Unmarshal(b, &text) == nil && text != "" {
		b = []byte(text)
	}
	var f *float64
	if json.Unmarshal(b, &f) == nil {
		n.Float = f
	}
	return nil
}

// Coordinates are those of a place on Earth, in degrees; nil where they are of none: 0, 0 is how vendors write that they do not know.
func Coordinates(latitude, longitude Number) (north, east *float64) {
	x, y := latitude.Float, longitude.Float
	if x == nil || y == nil || *x == 0 && *y == 0 || *x < -90 || *x > 90 || *y < -180 || *y > 180 {
		return nil, nil
	}
	return x, y
}
