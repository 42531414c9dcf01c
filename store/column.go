package store

import "time"

// micros is how a time is stored: microseconds since 1970 in UTC.
func micros(t time.Time) int64 { return t.UnixMicro() }

// fromMicros is the opposite of micros.
func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// optionalMicros stores the zero time as NULL.
func optionalMicros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

// microsOrNull is optionalMicros as a parameter of a statement that runs for very many rows: no pointer is to be followed.
func microsOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func fromOptionalMicros(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return fromMicros(*us)
}

// optional stores the zero value as NULL.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// orNull is optional as microsOrNull is optionalMicros.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
