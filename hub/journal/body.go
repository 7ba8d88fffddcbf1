package journal

import (
	"encoding/binary"

	"wschat/hub/store"
)

// Flags of a user.
const (
	flagKnown = 1 << iota // otherwise forgotten
	flagHere              // online when it was written
	userFlags
)

// Flags of a member.
const (
	flagMember = 1 << iota // is one from now on
	memberFlags
)

// Flags of a request.
const (
	flagToldAway = 1 << iota // its sender was told that its user is away
	flagInstead              // that, and not what the message says
	requestFlags
)

// written says up to which message of a conversation those to user have been
// written to one of its connections.
type written struct {
	user, conversation string
	seq                uint64
}

func appendWritten(b []byte, w written) []byte {
	b = store.AppendName(store.AppendName(b, w.user), w.conversation)
	return binary.AppendUvarint(b, w.seq)
}

func parseWritten(b []byte) (written, error) {
	c := store.NewFields(b)
	w := written{string(c.Name()), string(c.Name()), c.Uvarint()}
	return w, c.End()
}

// appendUser appends the body of a record: u's state, or, if u is nil, that name
// is forgotten.
func appendUser(b []byte, name string, u *user) []byte {
	if u == nil {
		return store.AppendName(binary.LittleEndian.AppendUint64(append(b, 0), 0), name)
	}
	flags := byte(flagKnown)
	if u.here {
		flags |= flagHere
	}
	b = binary.LittleEndian.AppendUint64(append(b, flags), uint64(u.seen))
	b = store.AppendName(b, name)
	for _, g := range u.groups {
		b = store.AppendName(b, g)
	}
	return b
}

// parseUser returns a nil user if it is forgotten.
func parseUser(b []byte) (name string, u *user, err error) {
	c := store.NewFields(b)
	flags := c.Byte()
	u = &user{seen: c.Int64(), here: flags&flagHere != 0}
	name = string(c.Name())
	for c.More() {
		u.groups = append(u.groups, string(c.Name()))
	}
	if flags >= userFlags || c.End() != nil {
		return "", nil, errBody
	}
	if flags&flagKnown == 0 {
		u = nil
	}
	return name, u, nil
}

// forgotten says that a conversation is forgotten, but for its last number.
type forgotten struct {
	conversation string
	seq          uint64
}

func appendForgotten(b []byte, f forgotten) []byte {
	return binary.AppendUvarint(store.AppendName(b, f.conversation), f.seq)
}

func parseForgotten(b []byte) (forgotten, error) {
	c := store.NewFields(b)
	f := forgotten{string(c.Name()), c.Uvarint()}
	if f.seq == 0 {
		return forgotten{}, errBody
	}
	return f, c.End()
}

func appendRequest(b []byte, r *request) []byte {
	b = store.AppendName(store.AppendName(store.AppendName(b, r.user), r.id), r.conversation)
	b = binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, r.seq), uint64(r.time))
	return append(b, r.flags)
}

func parseRequest(b []byte) (request, error) {
	c := store.NewFields(b)
	r := request{user: string(c.Name()), id: string(c.Name()), conversation: string(c.Name()), seq: c.Uvarint(), time: c.Int64()}
	if c.More() { // version 1 has no flags
		r.flags = c.Byte()
	}
	if r.flags >= requestFlags {
		return request{}, errBody
	}
	return r, c.End()
}

// member says that a user has become a member of a group, or is one no more.
type member struct {
	user, group string
	is          bool
}

func appendMember(b []byte, m member) []byte {
	flags := byte(0)
	if m.is {
		flags |= flagMember
	}
	return store.AppendName(store.AppendName(append(b, flags), m.user), m.group)
}

func parseMember(b []byte) (member, error) {
	c := store.NewFields(b)
	flags := c.Byte()
	m := member{string(c.Name()), string(c.Name()), flags&flagMember != 0}
	if flags >= memberFlags {
		return member{}, errBody
	}
	return m, c.End()
}
