package declared

import (
	"context"
	"time"

	"sirocco/connector"
)

// Pages with numbers and offsets shift where rows come, move or go while someone reads them. What that would lose is read
// twice: with numbers each page once more behind the one that follows it, with offsets the last tenth of each page. A list
// in the order of change is read by its own times instead, as nothing shifts what lies after one.

// overlap is which part of a page with an offset is read again with the next.
const overlap = 10

// step reads the page at a place with all that belongs to it, and returns where to go on; nil where the list ends. changed
// is when the last of items changed, of a list in the order of change; zero where that is not known.
func (r *reader) step(ctx context.Context, at place, changed func(items []any) time.Time) (got answered, next *place, err error) {
	if got, err = r.read(ctx, at); err != nil {
		return got, nil, err
	}
	of := r.of.paging()
	ordered := of.Order == inOrderOfChange
	if ordered && len(got.items) > 1 {
		if last := changed(got.items); !last.IsZero() && changed(got.items[:1]).After(last) {
			return got, nil, r.p.fail(connector.Malformed, "a page ends with what changed before it begins: the list is not in the order of change, and what is older than the page would be passed over")
		}
	}
	if of.Kind == byNumber && !ordered && at.At > of.start().At {
		before := at
		before.At--
		again, err := r.read(ctx, before)
		if err != nil {
			return got, nil, err
		}
		got.items = append(got.items, again.items...)
	}
	following, end := r.following(at, got)
	if end {
		return got, nil, nil
	}
	if short := len(got.items) < r.size() && got.more == nil; short && (of.Kind == byNumber || of.Kind == byOffset) {
		// A short page need not be the last, but mostly is.
		at = r.after(at, len(got.items))
		rest, err := r.read(ctx, at)
		if err != nil || len(rest.items) == 0 {
			return got, nil, err
		}
		// What changed since the end was read is at the end again: it was met, and the next run brings how it is now.
		moved := ordered && !got.asOf.IsZero() && !changed(rest.items[:1]).Before(got.asOf)
		got.items = append(got.items, rest.items...)
		if following, end = r.following(at, rest); end || moved {
			return got, nil, nil
		}
	}
	if ordered {
		following, err = r.moved(at, following, changed(got.items))
	}
	return got, &following, err
}

// after is the place of the page behind one with so many items.
func (r *reader) after(at place, items int) place {
	if r.of.paging().Kind == byNumber {
		items = 1
	}
	at.At += items
	return at
}

// following is where the list goes on behind a page, and whether it ends there.
func (r *reader) following(at place, got answered) (next place, end bool) {
	of := r.of.paging()
	if got.more != nil && !*got.more {
		return at, true
	}
	switch of.Kind {
	case byNumber, byOffset:
		n := len(got.items)
		if n == 0 && !got.hasMore() {
			return at, true
		}
		if of.Kind == byOffset && of.Order != inOrderOfChange && n > 1 {
			n -= max(1, n/overlap)
		}
		return r.after(at, n), false
	case byCursor:
		return place{Deletions: at.Deletions, Cursor: got.next}, got.next == ""
	case byLink:
		return place{Deletions: at.Deletions, Link: got.next}, got.next == ""
	}
	return at, true
}

// moved is where a list in the order of change goes on: at the time of its last row, or behind it in the list where all rows
// are of one time.
func (r *reader) moved(at, following place, last time.Time) (place, error) {
	from := r.begunAt(at)
	if last.IsZero() {
		return following, nil
	}
	now, err := r.sinceText(from)
	if err != nil {
		return following, err
	}
	then, err := r.sinceText(last)
	if err != nil || now == then {
		return following, err
	}
	if last.Before(from) {
		return following, r.p.fail(connector.Malformed, "the list ends with what changed before it begins: it is not in the order of change, or what it was asked for was ignored")
	}
	start := r.of.paging().start()
	start.Since = last
	return start, nil
}
