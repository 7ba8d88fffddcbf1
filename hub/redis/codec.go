package redis

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// A message is kept as: flag, sender, 0, whom it is for or nothing if that is the
// conversation, 0, body. The flag is b for binary, t for text.

func encodeMessage(m *chat.Message) []byte {
	data := make([]byte, 0, 3+len(m.From)+len(m.To)+len(m.Body))
	if m.Binary {
		data = append(data, 'b')
	} else {
		data = append(data, 't')
	}
	data = append(data, m.From...)
	data = append(data, 0)
	if m.To != m.Conversation {
		data = append(data, m.To...)
	}
	data = append(data, 0)
	return append(data, m.Body...)
}

var errMessage = errors.New("redis: what is kept is no message")

// decodeMessage copies what it takes from data.
func decodeMessage(conversation string, seq uint64, at time.Time, data []byte) (*chat.Message, error) {
	if len(data) == 0 {
		return nil, errMessage
	}
	from, rest, ok := bytes.Cut(data[1:], []byte{0})
	to, body, ok2 := bytes.Cut(rest, []byte{0})
	if !ok || !ok2 {
		return nil, errMessage
	}
	m := &chat.Message{
		Conversation: conversation, Seq: seq, Time: at, From: string(from), To: conversation,
		Binary: data[0] == 'b', Body: bytes.Clone(body),
	}
	if len(to) > 0 {
		m.To = string(to)
	}
	return m, nil
}

// streamMessages makes messages of what XRANGE returned.
func streamMessages(conversation string, r resp.Reply) ([]*chat.Message, error) {
	list, err := r.Array()
	if err != nil {
		return nil, err
	}
	messages := make([]*chat.Message, 0, len(list))
	for _, e := range list {
		m, err := streamMessage(conversation, e)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

func streamMessage(conversation string, r resp.Reply) (*chat.Message, error) {
	parts, err := r.Array()
	if err != nil || len(parts) != 2 {
		return nil, errors.Join(errMessage, err)
	}
	id, _ := parts[0].Text()
	number, _, _ := strings.Cut(id, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("redis: message %q: %w", id, err)
	}
	fields, err := parts[1].Array()
	if err != nil || len(fields) != 4 {
		return nil, errors.Join(errMessage, err)
	}
	data, err := fields[1].Bytes()
	micros, err2 := fields[3].Int()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	return decodeMessage(conversation, seq, time.UnixMicro(micros), data)
}

// entry is something that happens to a conversation.
type entry struct {
	kind   byte   // m, j joined, l left, + login, - exit
	p      uint64 // its position
	m      *chat.Message
	user   string
	number uint64 // of a login or exit
}

// parseEntry reads what was published on the channel of a conversation: kind,
// position, and of a message seq, time and what is kept of it, of a login or exit
// its number and the user, else the user.
func parseEntry(conversation string, payload []byte) (entry, error) {
	kind, rest, _ := bytes.Cut(payload, []byte{' '})
	if len(kind) != 1 {
		return entry{}, errEntry
	}
	e := entry{kind: kind[0]}
	var err error
	if e.p, rest, err = cutNumber(rest); err != nil {
		return e, err
	}
	switch e.kind {
	case 'm':
		seq, rest, err := cutNumber(rest)
		if err != nil {
			return e, err
		}
		micros, rest, err := cutNumber(rest)
		if err != nil {
			return e, err
		}
		e.m, err = decodeMessage(conversation, seq, time.UnixMicro(int64(micros)), rest)
		return e, err
	case '+', '-':
		if e.number, rest, err = cutNumber(rest); err != nil {
			return e, err
		}
	case 'j', 'l':
	default:
		return e, errEntry
	}
	e.user = string(rest)
	return e, nil
}

var errEntry = errors.New("redis: what was published is not understood")

func cutNumber(b []byte) (uint64, []byte, error) {
	number, rest, _ := bytes.Cut(b, []byte{' '})
	n, err := strconv.ParseUint(string(number), 10, 64)
	return n, rest, err
}

// place is where a conversation is: its last seq and position, and its mark.
type place struct {
	seq, p uint64
	mark   string
}

// parsePlace reads the reply to syncScript; list is the messages in it.
func parsePlace(r resp.Reply) (at place, list resp.Reply, err error) {
	parts, err := r.Array()
	if err != nil || len(parts) != 4 {
		return at, list, resp.ErrReply
	}
	seq, err1 := parts[0].Int()
	p, err2 := parts[1].Int()
	mark, err3 := parts[2].Text()
	return place{uint64(seq), uint64(p), mark}, parts[3], errors.Join(err1, err2, err3)
}
