package hub

import (
	"crypto/sha1" //nolint:gosec // RFC 9562 has it so
	"encoding/binary"
	"fmt"
	"time"
	"uuid"
)

// NewID returns a new id: a UUIDv7, so that ids made later sort later.
func NewID() string {
	return uuid.NewV7().String()
}

// NewIDAhead returns a new id of a time that is ahead of the machine's clock: of nodes whose clocks differ, too, the ids
// made later sort later.
func NewIDAhead(ahead time.Duration) string {
	id := uuid.NewV7()
	if ahead != 0 {
		shiftID(&id, ahead)
	}
	return id.String()
}

// shiftID moves the time of a UUIDv7, which is milliseconds in 48 bits and, after the 4 bits of the version, 4096ths of
// one in 12.
func shiftID(id *uuid.UUID, by time.Duration) {
	const parts, version = 4096, 7
	ms, part := binary.BigEndian.Uint64(id[:8])>>16, uint64(binary.BigEndian.Uint16(id[6:8])&(parts-1))
	at := int64(ms*parts+part) + int64(by.Seconds()*1000*parts)
	moved := uint64(max(at, 0))
	binary.BigEndian.PutUint64(id[:8], moved/parts<<16|version<<12|moved%parts)
}

// ValidID reports whether s could be one of our ids in the only spelling that we give out. Anything
// else is known not to exist without asking the database.
func ValidID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

// nameID returns the id that RFC 9562 calls version 5: the same one for the same name in the same space, every time.
func nameID(space uuid.UUID, name string) string {
	h := sha1.New() //nolint:gosec // no secret
	h.Write(space[:])
	h.Write([]byte(name))
	var id uuid.UUID
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 5<<4
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

var ownershipIDs = uuid.MustParse("5b0d9c5e-3a55-4c1b-9d0e-2f6f0a7c8e14")

// OwnershipID is the id of the owner of a record as one of its users, by our ids of both.
func OwnershipID(record, user string) string { return nameID(ownershipIDs, record+"\x00"+user) }

// FirstIDAt is before every id that NewID returns from the time on, and after those of whole milliseconds before it.
func FirstIDAt(at time.Time) string {
	ms := fmt.Sprintf("%012x", max(at.UnixMilli(), 0))
	return ms[:8] + "-" + ms[8:12] + "-7000-8000-000000000000"
}
