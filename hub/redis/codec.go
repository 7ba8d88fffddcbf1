package redis

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// A message is kept as: flag, sender, 0, whom it is for or nothing if that is the
// conversation, 0, body. The flag is b for binary, t for text.

func encodeMessage(m *chat.Message) []byte {
	flag, to := "t", m.To
	if m.Binary {
		flag = "b"
	}
	if to == m.Conversation {
		to = ""
	}
	data := make([]byte, 0, encodedLen(m))
	for _, part := range []string{flag, m.From, "\x00", to, "\x00"} {
		data = append(data, part...)
	}
	return append(data, m.Body...)
}

// encodedLen is the length of that.
func encodedLen(m *chat.Message) int {
	n := 1 + len(m.From) + 1 + 1 + len(m.Body)
	if m.To != m.Conversation {
		n += len(m.To)
	}
	return n
}

var errMessage = errors.New("redis: what is kept is no message")

// decodeMessage copies what it takes from data.
func decodeMessage(conversation string, seq uint64, at time.Time, data []byte) (*chat.Message, error) {
	from, rest, ok := bytes.Cut(data, []byte{0})
	to, body, ok2 := bytes.Cut(rest, []byte{0})
	if !ok || !ok2 || len(from) == 0 {
		return nil, errMessage
	}
	return &chat.Message{
		Conversation: conversation, Seq: seq, Time: at, From: string(from[1:]),
		To: cmp.Or(string(to), conversation), Binary: from[0] == 'b', Body: bytes.Clone(body),
	}, nil
}

// streamMessages makes messages of what XRANGE returned.
func streamMessages(conversation string, r resp.Reply) ([]*chat.Message, error) {
	list, err := r.Array()
	if err != nil {
		return nil, err
	}
	messages := make([]*chat.Message, len(list))
	for i, e := range list {
		if messages[i], err = streamMessage(conversation, e); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

func streamMessage(conversation string, r resp.Reply) (*chat.Message, error) {
	var id, d, t string
	var fields resp.Reply
	var data []byte
	var micros int64
	if err := r.Scan(&id, &fields); err != nil {
		return nil, err
	}
	if err := fields.Scan(&d, &data, &t, &micros); err != nil {
		return nil, err
	}
	number, _, _ := strings.Cut(id, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("redis: message %q: %w", id, err)
	}
	return decodeMessage(conversation, seq, time.UnixMicro(micros), data)
}

// entry is something that happens to a conversation.
type entry struct {
	kind   byte // m, j joined, l left, + login, - exit, e all messages are dropped
	m      *chat.Message
	user   string
	number uint64 // of the user's last login or exit; not of l
}

// parseEntry reads what was published on the channel of a conversation: the kind, and of a
// message seq, time and what is kept of it, of others the number and the user.
func parseEntry(conversation string, payload []byte) (entry, error) {
	kind, rest, _ := bytes.Cut(payload, []byte{' '})
	if len(kind) != 1 {
		return entry{}, errEntry
	}
	e := entry{kind: kind[0]}
	var err error
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
	case 'j', '+', '-':
		if e.number, rest, err = cutNumber(rest); err != nil {
			return e, err
		}
	case 'l', 'e':
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

// place is where a conversation is, and who is in it.
type place struct {
	seq      uint64
	mark     string
	kept     int // messages
	messages []*chat.Message
	all      bool              // these are all
	members  map[string]uint64 // see keys.go
}

// parsePlace reads the reply to syncScript.
func parsePlace(conversation string, r resp.Reply) (at place, err error) {
	var list resp.Reply
	var members []string
	if err := r.Scan(&at.seq, &at.mark, &at.kept, &at.all, &list, &members); err != nil {
		return at, err
	}
	at.members = make(map[string]uint64, len(members)/2)
	for pair := range slices.Chunk(members, 2) {
		if at.members[pair[0]], err = strconv.ParseUint(pair[1], 10, 64); err != nil {
			return at, err
		}
	}
	at.messages, err = streamMessages(conversation, list)
	return at, err
}

// microseconds writes a time as the scripts have it.
func microseconds(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }
