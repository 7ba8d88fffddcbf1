package wire

import (
	"errors"
	"strconv"

	"wschat/frame"
	"wschat/hub/chat"
)

const (
	// maxID bounds, in bytes, the id of a request.
	maxID = 64
	// defaultHistory is how many messages an answer to history has if the client sets
	// no limit, and maxHistory is how many it has at most.
	defaultHistory = 50
	maxHistory     = 200
)

// JSON is the JSON protocol.
type JSON struct{}

// field is a member of a request.
type field int

const (
	fieldOp field = iota
	fieldID
	fieldTo
	fieldText
	fieldGroup
	fieldOf
	fieldLimit
	fieldBefore
	fieldAfter
	fieldCount
)

var fieldNames = [fieldCount]string{"op", "id", "to", "text", "group", "of", "limit", "before", "after"}

// maxField is the length of the longest quoted name of a field, in bytes, with every byte
// escaped.
const maxField = 6*len("before") + 2

// fieldNamed returns the field of a quoted name; -1: there is no such field.
func fieldNamed(quoted []byte) field {
	if len(quoted) > maxField {
		return -1
	}
	var space [maxField]byte
	name := decode(space[:0], quoted)
	for i, known := range fieldNames {
		if string(name) == known {
			return field(i)
		}
	}
	return -1
}

// fields are the members of a JSON request that have a meaning, as they stand there; nil: it
// is missing. Of members with the same name the last counts.
type fields [fieldCount][]byte

// Parse implements Protocol. A binary message has the form that it has in the line
// protocol.
func (JSON) Parse(op frame.Opcode, payload []byte) (Request, error) {
	if op == frame.Binary {
		return Line{}.Parse(op, payload)
	}
	var f fields
	if !f.scan(payload) {
		return Request{}, chat.ErrNotJSON
	}
	var r Request
	id, err := f.text(fieldID)
	if err != nil || len(id) > maxID {
		return r, chat.ErrBadID
	}
	r.ID = string(id)
	name, err := f.text(fieldOp)
	if err != nil || f[fieldOp] == nil {
		return r, chat.ErrNoOp
	}
	switch string(name) {
	case "send":
		err = f.send(&r)
	case "join":
		r.Op = Join
		r.Target, err = f.group()
	case "leave":
		r.Op = Leave
		r.Target, err = f.group()
	case "who":
		r.Op = Who
		if f[fieldGroup] != nil {
			r.Target, err = f.group()
		}
	case "history":
		err = f.history(&r)
	default:
		err = chat.ErrUnknownOp
	}
	return r, err
}

func (f *fields) send(r *Request) (err error) {
	r.Op = Send
	if r.Target, err = f.target(fieldTo); err != nil {
		return err
	}
	text, err := f.text(fieldText)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return chat.ErrEmptyBody
	}
	r.Body = text
	return nil
}

func (f *fields) history(r *Request) (err error) {
	r.Op = History
	if r.Target, err = f.target(fieldOf); err != nil {
		return err
	}
	r.Query.Limit = defaultHistory
	if f[fieldLimit] != nil {
		limit, ok := f.number(fieldLimit)
		if !ok || limit < 1 {
			return chat.ErrBadField.About("limit")
		}
		r.Query.Limit = int(min(limit, maxHistory))
	}
	name := fieldBefore
	switch {
	case f[fieldBefore] != nil && f[fieldAfter] != nil:
		return chat.ErrBadField.About("before and after")
	case f[fieldBefore] != nil:
		r.Query.Direction = chat.Before
	case f[fieldAfter] != nil:
		r.Query.Direction, name = chat.After, fieldAfter
	default:
		return nil
	}
	seq, ok := f.number(name)
	if !ok {
		return chat.ErrBadField.About(fieldNames[name])
	}
	r.Query.Seq = seq
	return nil
}

// number returns an integer of 0 or more. One that does not fit into 64 bits becomes the
// largest that does.
func (f *fields) number(i field) (n uint64, ok bool) {
	n, err := strconv.ParseUint(string(f[i]), 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// text returns a string, nil if it is not there. It may be a part of the payload.
func (f *fields) text(i field) ([]byte, error) {
	switch raw := f[i]; {
	case raw == nil:
		return nil, nil
	case raw[0] != '"':
		return nil, chat.ErrBadField.About(fieldNames[i])
	default:
		return decode(nil, raw), nil
	}
}

// target returns the name of a conversation.
func (f *fields) target(i field) (string, error) {
	name, err := f.text(i)
	if err != nil {
		return "", err
	}
	return parseTarget(name)
}

func (f *fields) group() (string, error) {
	name, err := f.text(fieldGroup)
	if err == nil && !chat.ValidGroup(string(name)) {
		err = chat.ErrBadGroup
	}
	return string(name), err
}
