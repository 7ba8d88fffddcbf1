package wire

import (
	"bytes"
	"unicode/utf8"

	"wschat/frame"
	"wschat/hub/chat"
)

// LineHistory is how many messages of a conversation a line client gets.
const LineHistory = 50

// Line is the line protocol.
type Line struct{}

// Parse implements Protocol. It reads "destination,body", split at the first comma,
// and checks the form of the destination and that there is a body; whether the
// destination exists is up to the hub.
func (Line) Parse(op frame.Opcode, payload []byte) (Request, error) {
	destination, body, comma := bytes.Cut(payload, []byte{','})
	if !comma {
		if op == frame.Text && string(withoutLineEnd(payload)) == "login" {
			return Request{Op: Nothing}, nil
		}
		return Request{}, chat.ErrNoComma
	}
	if op == frame.Binary {
		return parseBinary(destination, body)
	}
	switch string(destination) {
	case "login":
		return Request{Op: Nothing}, nil
	case "join":
		return groupRequest(Join, withoutLineEnd(body))
	case "leave":
		return groupRequest(Leave, withoutLineEnd(body))
	case "who":
		group := withoutLineEnd(body)
		if len(group) == 0 || string(group) == chat.Everyone {
			return Request{Op: Who}, nil
		}
		return groupRequest(Who, group)
	case "history":
		target, err := parseTarget(withoutLineEnd(body))
		return Request{Op: History, Target: target, Query: chat.Query{Limit: LineHistory}}, err
	}
	return sendRequest(destination, body, false)
}

// withoutLineEnd cuts off the LF or CR LF that tools such as websocat send behind each
// line. Only commands lose it; a message keeps every byte.
func withoutLineEnd(command []byte) []byte {
	if line, found := bytes.CutSuffix(command, []byte{'\n'}); found {
		return bytes.TrimSuffix(line, []byte{'\r'})
	}
	return command
}

// parseBinary knows no commands: a binary message can only be sent to somebody.
func parseBinary(destination, body []byte) (Request, error) {
	switch string(destination) {
	case "login", "join", "leave", "who", "history":
		return Request{}, chat.ErrBinary
	}
	if !utf8.Valid(destination) {
		return Request{}, chat.ErrBinary
	}
	return sendRequest(destination, body, true)
}

func sendRequest(destination, body []byte, binary bool) (Request, error) {
	target, err := parseTarget(destination)
	if err == nil && len(body) == 0 {
		err = chat.ErrEmptyBody
	}
	return Request{Op: Send, Target: target, Binary: binary, Body: body}, err
}

func groupRequest(op Op, name []byte) (Request, error) {
	if !chat.ValidGroup(string(name)) {
		return Request{}, chat.ErrBadGroup
	}
	return Request{Op: op, Target: string(name)}, nil
}

// parseTarget checks the name of a conversation.
func parseTarget(name []byte) (string, error) {
	target := string(name[:min(len(name), chat.MaxName+1)]) // a longer one is invalid anyway
	if err := chat.CheckTarget(target); err != nil {
		return "", err
	}
	return target, nil
}
