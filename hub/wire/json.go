package wire

import (
	"bytes"
	"encoding/json"
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

// fields are the members of a JSON request, by name. Names are compared exactly,
// which a struct would not do. Of members with the same name the last counts.
type fields map[string]json.RawMessage

// Parse implements Protocol. A binary message has the form that it has in the line
// protocol.
func (JSON) Parse(op frame.Opcode, payload []byte) (Request, error) {
	if op == frame.Binary {
		return Line{}.Parse(op, payload)
	}
	var f fields
	if trimmed := bytes.TrimLeft(payload, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return Request{}, chat.ErrNotJSON
	}
	if err := json.Unmarshal(payload, &f); err != nil {
		return Request{}, chat.ErrNotJSON
	}
	var r Request
	id, err := f.text("id")
	if err != nil || len(id) > maxID {
		return r, chat.ErrBadID
	}
	r.ID = id
	name, err := f.text("op")
	if err != nil || f["op"] == nil {
		return r, chat.ErrNoOp
	}
	switch name {
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
		if f["group"] != nil {
			r.Target, err = f.group()
		}
	case "history":
		err = f.history(&r)
	default:
		err = chat.ErrUnknownOp
	}
	return r, err
}

func (f fields) send(r *Request) (err error) {
	r.Op = Send
	if r.Target, err = f.target("to"); err != nil {
		return err
	}
	text, err := f.text("text")
	if err != nil {
		return err
	}
	if text == "" {
		return chat.ErrEmptyBody
	}
	r.Body = []byte(text)
	return nil
}

func (f fields) history(r *Request) (err error) {
	r.Op = History
	if r.Target, err = f.target("of"); err != nil {
		return err
	}
	r.Query.Limit = defaultHistory
	if f["limit"] != nil {
		limit, ok := f.number("limit")
		if !ok || limit < 1 {
			return chat.ErrBadField.About("limit")
		}
		r.Query.Limit = int(min(limit, maxHistory))
	}
	name := "before"
	switch {
	case f["before"] != nil && f["after"] != nil:
		return chat.ErrBadField.About("before and after")
	case f["before"] != nil:
		r.Query.Direction = chat.Before
	case f["after"] != nil:
		r.Query.Direction, name = chat.After, "after"
	default:
		return nil
	}
	seq, ok := f.number(name)
	if !ok {
		return chat.ErrBadField.About(name)
	}
	r.Query.Seq = seq
	return nil
}

// number returns an integer of 0 or more. One that does not fit into 64 bits becomes the
// largest that does.
func (f fields) number(name string) (n uint64, ok bool) {
	n, err := strconv.ParseUint(string(f[name]), 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// text returns a string, "" if it is not there.
func (f fields) text(name string) (string, error) {
	raw := f[name]
	if raw == nil {
		return "", nil
	}
	var s string
	if isNull(raw) || json.Unmarshal(raw, &s) != nil {
		return "", chat.ErrBadField.About(name)
	}
	return s, nil
}

// target returns the name of a conversation.
func (f fields) target(name string) (string, error) {
	s, err := f.text(name)
	if err != nil {
		return "", err
	}
	return parseTarget([]byte(s))
}

func (f fields) group() (string, error) {
	s, err := f.text("group")
	if err == nil && !chat.ValidGroup(s) {
		err = chat.ErrBadGroup
	}
	return s, err
}

// isNull reports whether a value is null, which encoding/json would silently take for an
// absent one.
func isNull(raw json.RawMessage) bool { return string(raw) == "null" }
