package wire

import (
	"time"

	"wschat/hub/chat"
)

// The events about messages.
type (
	messageEvent struct {
		Event string     `json:"event"`
		Seq   uint64     `json:"seq"`
		From  string     `json:"from"`
		To    string     `json:"to"`
		Text  *string    `json:"text,omitempty"`
		Data  []byte     `json:"data,omitempty"` // in base64
		File  *chat.File `json:"file,omitempty"`
		Time  string     `json:"time"`
	}
	// livingEvent is that of a message that is about another, or that others are about. Most
	// are neither, and cost less.
	livingEvent struct {
		messageEvent
		Reply     uint64       `json:"reply,omitempty"`
		Edit      uint64       `json:"edit,omitempty"`
		Delete    uint64       `json:"delete,omitempty"`
		React     uint64       `json:"react,omitempty"`
		Was       string       `json:"was,omitempty"`
		Edited    string       `json:"edited,omitempty"`
		Deleted   bool         `json:"deleted,omitempty"`
		Reactions []tallyEvent `json:"reactions,omitempty"`
	}
	tallyEvent struct {
		Text  string   `json:"text"`
		Count int      `json:"count"`
		Users []string `json:"users"`
	}
	historyEvent struct {
		Event    string         `json:"event"`
		ID       string         `json:"id,omitempty"`
		Of       string         `json:"of"`
		More     bool           `json:"more"`
		Messages []messageEvent `json:"messages"` // empty, to be filled in where it ends
	}
	foundEvent struct {
		Event    string         `json:"event"`
		ID       string         `json:"id,omitempty"`
		More     bool           `json:"more"`
		Before   uint64         `json:"before,omitempty"`
		Messages []messageEvent `json:"messages"` // likewise
	}
)

// Message is the event of a message.
func (JSON) Message(m *chat.Message) []byte {
	e := messageEvent{Event: "message", Seq: m.Seq, From: m.From, To: m.To, Time: timeText(m.Time)}
	if m.Binary {
		e.Data = m.Body
	} else if len(m.Body) > 0 || m.OwnFile() != "" {
		text := string(m.Body)
		e.Text = &text
	}
	if file, ok := chat.ParseFile(m.OwnFile()); ok {
		e.File = &file
	}
	if m.Kind == chat.Plain && m.Now == nil {
		return encode(e)
	}
	living := livingEvent{messageEvent: e}
	switch m.Kind {
	case chat.Reply:
		living.Reply = m.About
	case chat.Edit:
		living.Edit = m.About
	case chat.Deletion:
		living.Delete = m.About
	case chat.Reaction:
		living.React, living.Was = m.About, m.Was
	}
	if now := m.Now; now != nil {
		living.Deleted = now.Deleted
		if !now.Edited.IsZero() {
			living.Edited = timeText(now.Edited)
		}
		for _, t := range now.Tallies() {
			living.Reactions = append(living.Reactions, tallyEvent(t))
		}
	}
	return encode(living)
}

func timeText(t time.Time) string { return t.UTC().Format(timeFormat) }

// History answers in one event, and leaves out messages that would make it too long: those
// that are farthest from where the query begins.
func (JSON) History(r Request, messages []*chat.Message, more bool) []byte {
	texts, all := textsOf(messages, nearest(messages, r.Query))
	return fill(encode(historyEvent{"history", r.ID, r.Target, more || !all, []messageEvent{}}), texts)
}

// Found answers a search, the newest message first. If before is not 0, the search goes on
// before that Seq.
func (JSON) Found(r Request, messages []*chat.Message, more bool, before uint64) []byte {
	texts, all := textsOf(messages, 0)
	if !all && r.Target != "" {
		before = messages[len(texts)-1].Seq
	}
	return fill(encode(foundEvent{"found", r.ID, more || !all, before, []messageEvent{}}), texts)
}

// nearest returns the index of the message where a query begins.
func nearest(messages []*chat.Message, q chat.Query) int {
	switch q.Direction {
	case chat.After:
		return 0
	case chat.Around:
		for i, m := range messages {
			if m.Seq >= q.Seq {
				return i
			}
		}
	}
	return max(0, len(messages)-1)
}

// textsOf returns the events of messages, as many around the one at an index as an answer
// holds, that one at least, and reports whether these are all. Each message is encoded by
// itself, since its length is not known before.
func textsOf(messages []*chat.Message, at int) (texts [][]byte, all bool) {
	texts = make([][]byte, len(messages))
	lo, hi, size := at, at, 0 // of those that are encoded, hi behind the last
	add := func(i int) bool {
		texts[i] = JSON{}.Message(messages[i])
		size += len(texts[i])
		return size <= maxAnswer || hi == lo
	}
	for hi < len(texts) || lo > 0 {
		if hi < len(texts) {
			if !add(hi) {
				return texts[lo:hi], false
			}
			hi++
		}
		if lo > 0 {
			if !add(lo - 1) {
				return texts[lo:hi], false
			}
			lo--
		}
	}
	return texts, true
}

// fill puts messages into an event with an empty list of them at its end.
func fill(empty []byte, texts [][]byte) []byte {
	size := len(empty)
	for _, text := range texts {
		size += len(text) + 1
	}
	event := append(make([]byte, 0, size), empty[:len(empty)-len("]}")]...)
	for i, text := range texts {
		if i > 0 {
			event = append(event, ',')
		}
		event = append(event, text...)
	}
	return append(event, "]}"...)
}
