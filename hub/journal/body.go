package journal

import (
	"encoding/binary"
	"fmt"

	"wschat/hub/chat"
)

// Flags of a message.
const (
	flagBinary  = 1 << iota // the body is opaque
	flagSettled             // has been written to its user, or is too old to be
	flagSame                // to is the conversation
	flagAway                // its sender was told that its user is away, unless a request says otherwise

	flagKind   = 1 << 4 // times its code: its kind, or, with a file, withFile more
	flagErased = 1 << 7 // its text was left out by a compaction, and its file
)

// withFile is what the code of a message with a file is above its kind.
const withFile = byte(chat.Reaction) + 1

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

// message is the body of a message record. The bytes are those of the record.
type message struct {
	flags                      byte
	seq                        uint64
	time                       int64  // ns since 1970
	conversation, from, to, id []byte // to: empty with flagSame
	about                      uint64 // 0: nothing
	was                        []byte // of a reaction
	file                       []byte // empty: no file
	body                       []byte
	said                       int // bytes of file and body, at the end of the record
}

func (m *message) code() byte { return m.flags &^ flagErased / flagKind }

func (m *message) kind() chat.Kind { return chat.Kind(m.code() % withFile) }

func (m *message) hasFile() bool { return m.code() >= withFile }

// private reports whether the message is meant for one user alone.
func (m *message) private() bool { return m.flags&flagSame == 0 }

// appendMessage appends the body of a record.
func appendMessage(b []byte, m *chat.Message) []byte {
	file := m.OwnFile()
	flags := byte(m.Kind) * flagKind
	if file != "" {
		flags += withFile * flagKind
	}
	if m.Binary {
		flags |= flagBinary
	}
	if m.Away {
		flags |= flagAway
	}
	to := m.To
	if to == m.Conversation {
		flags |= flagSame
		to = ""
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, m.Seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.Time.UnixNano()))
	b = appendName(b, m.Conversation)
	b = appendName(b, m.From)
	b = appendName(b, to)
	b = appendName(b, m.ID)
	if m.Kind != chat.Plain {
		b = binary.AppendUvarint(b, m.About)
	}
	if m.Kind == chat.Reaction {
		b = appendName(b, m.Was)
	}
	if file != "" {
		b = appendName(b, file)
	}
	return append(b, m.Body...)
}

func parseMessage(b []byte) (m message, err error) {
	c := cursor{rest: b}
	m.flags = c.byte()
	m.seq = c.uvarint()
	m.time = c.int64()
	m.conversation, m.from, m.to, m.id = c.name(), c.name(), c.name(), c.name()
	if m.kind() != chat.Plain {
		m.about = c.uvarint()
		c.bad = c.bad || m.about == 0 || m.about >= m.seq
	}
	if m.kind() == chat.Reaction {
		m.was = c.name()
	}
	m.said = len(c.rest)
	if m.hasFile() && m.flags&flagErased == 0 {
		m.file = c.name()
	}
	m.body = c.rest
	if c.bad || m.hasFile() && m.kind().Amends() || m.seq == 0 || m.private() == (len(m.to) == 0) || m.flags&flagErased != 0 && len(m.body) > 0 {
		return message{}, errBody
	}
	return m, nil
}

// written says up to which message of a conversation those to user have been
// written to one of its connections.
type written struct {
	user, conversation string
	seq                uint64
}

func appendWritten(b []byte, w written) []byte {
	b = appendName(appendName(b, w.user), w.conversation)
	return binary.AppendUvarint(b, w.seq)
}

func parseWritten(b []byte) (written, error) {
	c := cursor{rest: b}
	w := written{string(c.name()), string(c.name()), c.uvarint()}
	return w, c.end()
}

// appendUser appends the body of a record: u's state, or, if u is nil, that name
// is forgotten.
func appendUser(b []byte, name string, u *user) []byte {
	if u == nil {
		return appendName(binary.LittleEndian.AppendUint64(append(b, 0), 0), name)
	}
	flags := byte(flagKnown)
	if u.here {
		flags |= flagHere
	}
	b = binary.LittleEndian.AppendUint64(append(b, flags), uint64(u.seen))
	b = appendName(b, name)
	for _, g := range u.groups {
		b = appendName(b, g)
	}
	return b
}

// userState says what is known of a user.
type userState struct {
	name  string
	*user // nil: nothing, the user is forgotten
}

func parseUser(b []byte) (userState, error) {
	c := cursor{rest: b}
	flags := c.byte()
	u := &user{seen: c.int64(), here: flags&flagHere != 0}
	name := string(c.name())
	for c.more() {
		u.groups = append(u.groups, string(c.name()))
	}
	if flags >= userFlags || c.end() != nil {
		return userState{}, errBody
	}
	if flags&flagKnown == 0 {
		u = nil
	}
	return userState{name, u}, nil
}

// forgotten says that a conversation is forgotten, but for its last number.
type forgotten struct {
	conversation string
	seq          uint64
}

func appendForgotten(b []byte, f forgotten) []byte {
	return binary.AppendUvarint(appendName(b, f.conversation), f.seq)
}

func parseForgotten(b []byte) (forgotten, error) {
	c := cursor{rest: b}
	f := forgotten{string(c.name()), c.uvarint()}
	if f.seq == 0 && f.conversation == "" {
		return forgotten{}, errBody
	}
	return f, c.end()
}

func appendRequest(b []byte, r *request) []byte {
	b = appendName(appendName(appendName(b, r.user), r.id), r.conversation)
	b = binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, r.seq), uint64(r.time))
	return append(b, r.flags)
}

func parseRequest(b []byte) (request, error) {
	c := cursor{rest: b}
	r := request{user: string(c.name()), id: string(c.name()), conversation: string(c.name()), seq: c.uvarint(), time: c.int64()}
	if c.more() { // version 1 has no flags
		r.flags = c.byte()
	}
	if r.flags >= requestFlags {
		return request{}, errBody
	}
	return r, c.end()
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
	return appendName(appendName(append(b, flags), m.user), m.group)
}

func parseMember(b []byte) (member, error) {
	c := cursor{rest: b}
	flags := c.byte()
	m := member{string(c.name()), string(c.name()), flags&flagMember != 0}
	if flags >= memberFlags {
		return member{}, errBody
	}
	return m, c.end()
}

// parse returns what a record says, in the type of its kind; nil for a mark and an end. A
// message is put into m, as a start reads millions.
func (r record) parse(m *message) (_ any, err error) {
	switch r.kind {
	case kindMark, kindEnd:
		return nil, nil
	case kindMessage:
		*m, err = parseMessage(r.body)
		return m, err
	case kindWritten:
		return parseWritten(r.body)
	case kindUser:
		return parseUser(r.body)
	case kindRequest:
		return parseRequest(r.body)
	case kindMember:
		return parseMember(r.body)
	case kindForgotten:
		return parseForgotten(r.body)
	case kindTopic:
		return parseTopic(r.body)
	case kindMarks:
		return parseMarks(r.body)
	}
	return nil, fmt.Errorf("unknown kind %d", r.kind)
}

func appendName(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// cursor takes a body apart. After a failure it is bad, and gives zeros.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.rest, c.bad = nil, true
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) int64() int64 {
	if b := c.take(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.rest, c.bad = nil, true
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

// more reports whether there is anything left.
func (c *cursor) more() bool { return len(c.rest) > 0 }

func (c *cursor) name() []byte { return c.take(c.uvarint()) }

// end fails if the body was too short, or is too long.
func (c *cursor) end() error {
	if c.bad || len(c.rest) > 0 {
		return errBody
	}
	return nil
}
