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
// conversation, 0, body. The flag is b for binary, t for text. If the message is about another
// one, the flag says how, and before the body come: the seq of that, the length of the
// reaction that it takes the place of, and that, each but the last with a blank behind it. If
// a file comes with it, the flag says so, and before the text come the length of what is said of
// the file, a blank, and that; all of that is missing once the message is deleted.

// flags are those of messages that are about others.
var flags = map[byte]chat.Message{
	'r': {Kind: chat.Reply}, 'R': {Kind: chat.Reply, Binary: true}, flagFileReply: {Kind: chat.Reply},
	'e': {Kind: chat.Edit}, 'd': {Kind: chat.Deletion}, 'f': {Kind: chat.Reaction},
}

// The flags of texts with files.
const flagFile, flagFileReply = 'p', 'q'

// flagOf returns the flag of a message.
func flagOf(m *chat.Message) string {
	switch file := m.OwnFile() != ""; {
	case file && m.Kind == chat.Reply:
		return string(flagFileReply)
	case file:
		return string(flagFile)
	case m.Kind == chat.Edit:
		return "e"
	case m.Kind == chat.Deletion:
		return "d"
	case m.Kind == chat.Reaction:
		return "f"
	case m.Kind == chat.Reply && m.Binary:
		return "R"
	case m.Kind == chat.Reply:
		return "r"
	case m.Binary:
		return "b"
	}
	return "t"
}

// encodeMessage encodes a plain message; amendScript does the others.
func encodeMessage(m *chat.Message) []byte {
	data := make([]byte, 0, encodedLen(m))
	for _, part := range []string{flagOf(m), m.From, "\x00", recipient(m), "\x00"} {
		data = append(data, part...)
	}
	return append(data, said(m)...)
}

// said is the body of a message, with its file before it.
func said(m *chat.Message) []byte {
	file := m.OwnFile()
	if file == "" {
		return m.Body
	}
	return append(fmt.Appendf(nil, "%d %s", len(file), file), m.Body...)
}

// recipient is whom a message is for, or "" if that is its conversation.
func recipient(m *chat.Message) string {
	if m.To == m.Conversation {
		return ""
	}
	return m.To
}

// encodedLen is the length of a message as it is kept, roughly if it is about another one.
func encodedLen(m *chat.Message) int {
	return 1 + len(m.From) + 1 + len(recipient(m)) + 1 + len(m.OwnFile()) + len(m.Body)
}

var errMessage = errors.New("redis: what is kept is no message")

// decodeMessage copies what it takes from data.
func decodeMessage(conversation string, seq uint64, at time.Time, data []byte) (*chat.Message, error) {
	from, rest, ok := bytes.Cut(data, []byte{0})
	to, body, ok2 := bytes.Cut(rest, []byte{0})
	if !ok || !ok2 || len(from) == 0 {
		return nil, errMessage
	}
	m := &chat.Message{
		Conversation: conversation, Seq: seq, Time: at, From: string(from[1:]),
		To: cmp.Or(string(to), conversation), Binary: from[0] == 'b',
	}
	if f, about := flags[from[0]]; about {
		m.Kind, m.Binary = f.Kind, f.Binary
		var size uint64
		var err1, err2 error
		m.About, body, err1 = cutNumber(body)
		size, body, err2 = cutNumber(body)
		if err1 != nil || err2 != nil || size > uint64(len(body)) {
			return nil, errMessage
		}
		m.Was, body = string(body[:size]), body[size:]
	}
	if (from[0] == flagFile || from[0] == flagFileReply) && len(body) > 0 {
		size, rest, err := cutNumber(body)
		if err != nil || size > uint64(len(rest)) {
			return nil, errMessage
		}
		m.File, body = string(rest[:size]), rest[size:]
	}
	if len(body) > 0 {
		m.Body = bytes.Clone(body)
	}
	return m, nil
}

// decodePresent reads what amendments add up to, as scripts/kept.lua has it.
func decodePresent(p, text []byte) (*chat.Present, error) {
	last, p, err1 := cutNumber(p)
	edited, p, err2 := cutNumber(p)
	deleted, p, err3 := cutNumber(p)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	now := &chat.Present{Deleted: deleted != 0, Last: last}
	if edited != 0 {
		now.Edited, now.Text = time.UnixMicro(int64(edited)), bytes.Clone(text)
	}
	switch {
	case len(p) == 0:
		return now, nil
	case p[0] == 0:
		return decodeReactions(now, p)
	case p[0] != 2:
		return nil, errMessage
	}
	var tallies []chat.Tally
	for each := range strings.SplitSeq(string(p[1:]), "\x02") {
		what, names, _ := strings.Cut(each, "\x01")
		count, text, ok := strings.Cut(what, " ")
		n, err := strconv.Atoi(count)
		if !ok || err != nil {
			return nil, errMessage
		}
		t := chat.Tally{Text: unescape.Replace(text), Count: n}
		for name := range strings.SplitSeq(names, "\x01") {
			if _, user, ok := strings.Cut(name, " "); ok && len(t.Users) < chat.MaxTallyUsers {
				t.Users = append(t.Users, user)
			}
		}
		if tallies = append(tallies, t); len(tallies) == chat.MaxTallies {
			break
		}
	}
	return now.WithTallies(tallies), nil
}

// decodeReactions reads reactions as older data have them.
func decodeReactions(now *chat.Present, p []byte) (*chat.Present, error) {
	for i, each := range strings.Split(string(p[1:]), "\x00") {
		user, text, ok := strings.Cut(each, "\x01")
		if !ok {
			return nil, errMessage
		}
		m := &chat.Message{From: user, Kind: chat.Reaction, Seq: uint64(i + 1), Body: []byte(unescape.Replace(text))}
		last := now.Last
		now = now.With(m)
		now.Last = last
	}
	return now, nil
}

// unescape is for the text of a reaction.
var unescape = strings.NewReplacer("%00", "\x00", "%01", "\x01", "%02", "\x02", "%25", "%")

// streamMessages makes messages of what XRANGE returned, or page of scripts/kept.lua.
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
	var list resp.Reply
	var data []byte
	var micros int64
	if err := r.Scan(&id, &list); err != nil {
		return nil, err
	}
	number, _, _ := strings.Cut(id, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("redis: message %q: %w", id, err)
	}
	fields, err := list.Array()
	if err != nil {
		return nil, err
	}
	into := []any{&d, &data, &t, &micros}
	var p, e string
	var present, text []byte
	if len(fields) > len(into) {
		into = append(into, &p, &present, &e, &text)
	}
	if err := list.Scan(into...); err != nil {
		return nil, err
	}
	m, err := decodeMessage(conversation, seq, time.UnixMicro(micros), data)
	if err != nil || p == "" {
		return m, err
	}
	now, err := decodePresent(present, text)
	if err != nil {
		return nil, err
	}
	if m.Kind == chat.Reaction { // the script has found that of its sender
		m.Body = bytes.Clone(text)
	} else {
		m.Show(now)
	}
	return m, nil
}

// entry is something that happens to a conversation.
type entry struct {
	kind   byte // m, j joined, l left, + login, - exit, e all messages are dropped, t topic, y typing
	m      *chat.Message
	user   string
	number uint64 // of the user's last login or exit; of j, + and -
	text   string // of a topic
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
	case 't':
		e.user, e.text, _ = strings.Cut(string(rest), " ")
		return e, nil
	case 'l', 'e', 'y':
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
	topic    string // of a group: who set it, a blank, and the text
	kept     bool   // some messages are
	messages []*chat.Message
	all      bool              // these are all
	members  map[string]uint64 // see keys.go
	run      run               // at its end; zero: it is not told
}

// parsePlace reads the reply to syncScript.
func parsePlace(conversation string, r resp.Reply) (at place, err error) {
	var list resp.Reply
	var members []string
	if err := r.Scan(&at.seq, &at.mark, &at.topic, &at.kept, &at.all, &list, &members, &at.run.author, &at.run.since); err != nil {
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
