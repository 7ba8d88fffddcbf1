package wire

import (
	"errors"
	"strconv"

	"wschat/frame"
	"wschat/hub/chat"
)

// maxID bounds, in bytes, the id of a request.
const maxID = 64

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
	fieldAround
	fieldReply
	fieldEdit
	fieldDelete
	fieldReact
	fieldRead
	fieldMute
	fieldHide
	fieldPin
	fieldAway
	fieldPrefix
	fieldUser
	fieldFor
	fieldFile
	fieldCount
)

var fieldNames = [fieldCount]string{
	"op", "id", "to", "text", "group", "of", "limit", "before", "after", "around",
	"reply", "edit", "delete", "react", "read", "mute", "hide", "pin", "away", "prefix", "user", "for", "file",
}

// maxField is the length of the longest quoted name of a field, in bytes, with every byte
// escaped.
const maxField = 6*len("before") + 2

// fieldNamed returns the field of a quoted name; -1: there is no such field.
func fieldNamed(quoted []byte) field {
	if len(quoted) > maxField {
		return -1
	}
	var space [maxField]byte
	if i, known := fieldsByName[string(decode(space[:0], quoted))]; known {
		return i
	}
	return -1
}

// fieldsByName has the index of each of fieldNames.
var fieldsByName = func() map[string]field {
	fields := make(map[string]field, fieldCount)
	for i, name := range fieldNames {
		fields[name] = field(i)
	}
	return fields
}()

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
	r.Op = opNamed(name)
	switch r.Op {
	case Send:
		err = f.send(&r)
	case Join, Leave:
		r.Target, err = f.group()
	case Who:
		err = f.who(&r)
	case History:
		err = f.history(&r)
	case Mark:
		err = f.mark(&r)
	case Typing:
		err = f.typing(&r)
	case Search:
		err = f.search(&r)
	case Groups:
		err = f.groups(&r)
	case Topic:
		err = f.topic(&r)
	case Kick:
		err = f.kick(&r)
	default:
		err = chat.ErrUnknownOp
	}
	return r, err
}

// opNames are what JSON clients call the values of Op; "": they do not know it.
var opNames = [...]string{
	Send: "send", Join: "join", Leave: "leave", Who: "who", History: "history",
	Mark: "mark", Typing: "typing", Search: "search", Groups: "groups", Topic: "topic", Kick: "kick",
}

// opNamed returns the op of that name, or Nothing.
func opNamed(name []byte) Op {
	for op, known := range opNames {
		if string(name) == known {
			return Op(op)
		}
	}
	return Nothing
}

// number returns an integer of 0 or more. One that does not fit into 64 bits becomes the
// largest that does.
func (f *fields) number(i field) (n uint64, err error) {
	n, err = strconv.ParseUint(string(f[i]), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, chat.ErrBadField.About(fieldNames[i] + " to be a whole number of 0 or more")
	}
	return n, nil
}

// limit returns how many of something are asked for.
func (f *fields) limit(usual, most int) (int, error) {
	if f[fieldLimit] == nil {
		return usual, nil
	}
	n, err := f.number(fieldLimit)
	if n < 1 {
		return 0, chat.ErrBadField.About("limit to be a whole number of 1 or more")
	}
	return int(min(n, uint64(most))), err
}

// flag returns a truth value, false if it is not there.
func (f *fields) flag(i field) (bool, error) {
	switch string(f[i]) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, chat.ErrBadField.About(fieldNames[i] + " to be true or false")
}

// text returns a string, nil if it is not there. It may be a part of the payload.
func (f *fields) text(i field) ([]byte, error) {
	switch raw := f[i]; {
	case raw == nil:
		return nil, nil
	case raw[0] != '"':
		return nil, chat.ErrBadField.About(fieldNames[i] + " to be a string")
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
