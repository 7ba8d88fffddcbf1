package store

import (
	"encoding/binary"

	"wschat/hub/chat"
)

// Flags of a Record.
const (
	FlagBinary  = 1 << iota // the body is opaque
	FlagSettled             // has been written to its user, or is too old to be
	FlagSame                // To is the conversation, and left out
	FlagAway                // its sender was told that its user is away, unless a request says otherwise
	endOfFlags
)

// Record is a message as it is kept, in memory and on disk:
//
//	flags 1 │ seq │ time 8 │ conversation │ from │ to │ id │ body
//
// A seq is a uvarint; a name is its length as a uvarint, and its bytes; numbers
// are little-endian.
type Record struct {
	Flags                      byte
	Seq                        uint64
	Time                       int64  // ns since 1970
	Conversation, From, To, ID []byte // To: empty with FlagSame
	Body                       []byte
}

// Private reports whether the message is meant for one user alone.
func (r *Record) Private() bool { return r.Flags&FlagSame == 0 }

// AppendRecord appends the record of m, with this id.
func AppendRecord(b []byte, m *chat.Message, id string) []byte {
	var flags byte
	if m.Binary {
		flags |= FlagBinary
	}
	if m.Away {
		flags |= FlagAway
	}
	to := m.To
	if to == m.Conversation {
		flags |= FlagSame
		to = ""
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, m.Seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.Time.UnixNano()))
	b = AppendName(b, m.Conversation)
	b = AppendName(b, m.From)
	b = AppendName(b, to)
	b = AppendName(b, id)
	return append(b, m.Body...)
}

// ParseRecord returns the record that b is, which shares its bytes, or ErrMalformed.
func ParseRecord(b []byte) (Record, error) {
	f := Fields{rest: b}
	r := Record{
		Flags: f.Byte(), Seq: f.Uvarint(), Time: f.Int64(),
		Conversation: f.Name(), From: f.Name(), To: f.Name(), ID: f.Name(),
		Body: f.rest,
	}
	if f.bad || r.Flags >= endOfFlags || r.Seq == 0 || r.Private() == (len(r.To) == 0) {
		return Record{}, ErrMalformed
	}
	return r, nil
}

// mustParse parses a record that has been checked when it came in.
func mustParse(b []byte) Record {
	r, err := ParseRecord(b)
	if err != nil {
		panic("store: a record in memory is malformed")
	}
	return r
}
