package store

import (
	"fmt"
	"time"
)

// Listing is how the contract lets a client choose and order what an app or a token list shows.
type Listing struct {
	// From and Until bound the time of creation, both included; zero is no bound.
	From, Until time.Time
	// ByUpdate sorts by the time of the last change instead of that of creation.
	ByUpdate bool
	// Ascending puts the oldest first.
	Ascending bool
	// After is the last row already seen; Skip is how many rows are passed over besides.
	After *ListPlace
	Skip  int
	Limit int
}

// ListPlace names a row's place in a Listing.
type ListPlace struct {
	At time.Time
	ID string
}

// beforeID is the condition of a list, latest first, that it goes on before the row with an id. It begins with the latest
// for an empty one: which text is after every id depends on the database's collation.
func beforeID(column, parameter, before string) string {
	if before == "" {
		return parameter + " = ''"
	}
	return column + " < " + parameter
}

// column is what the listing is sorted by.
func (l Listing) column() string {
	if l.ByUpdate {
		return "updated_at"
	}
	return "created_at"
}

// bounds adds the bounds of time to a condition.
func (l Listing) bounds(condition string, args []any) (string, []any) {
	if !l.From.IsZero() {
		args = append(args, micros(l.From))
		condition += fmt.Sprintf(" AND created_at >= $%d", len(args))
	}
	if !l.Until.IsZero() {
		args = append(args, micros(l.Until))
		condition += fmt.Sprintf(" AND created_at <= $%d", len(args))
	}
	return condition, args
}

// page adds to a condition, which must have its bounds, where the page begins, its order and its end.
func (l Listing) page(condition, id string, args []any) (string, []any) {
	direction, beyond := "DESC", "<"
	if l.Ascending {
		direction, beyond = "ASC", ">"
	}
	if l.After != nil {
		args = append(args, micros(l.After.At), l.After.ID)
		condition += fmt.Sprintf(" AND (%s, %s) %s ($%d, $%d)", l.column(), id, beyond, len(args)-1, len(args))
	}
	args = append(args, l.Limit, l.Skip)
	return condition + fmt.Sprintf(" ORDER BY %[1]s %[3]s, %[2]s %[3]s LIMIT $%[4]d OFFSET $%[5]d", l.column(), id, direction, len(args)-1, len(args)), args
}
