package hub

// Merges says into which record others of its model were merged, by external ids. One may have been merged further.
type Merges map[string]string

// Survivor follows a record's merges to their end: the id itself where it was not merged. It reports false where they
// lead in a circle, so that nothing survives.
func (m Merges) Survivor(id string) (survivor string, ok bool) {
	for range len(m) + 1 {
		to, merged := m[id]
		if !merged {
			return id, true
		}
		id = to
	}
	return id, false
}

// Refuse adds the merge, or reports true and adds nothing where it would merge a record into itself, by way of others
// or not.
func (m Merges) Refuse(from, to string) bool {
	before, was := m[from]
	m[from] = to
	if _, ok := m.Survivor(from); ok {
		return false
	}
	delete(m, from)
	if was {
		m[from] = before
	}
	return true
}
