package hub

import (
	"encoding/json"
	"slices"

	"wschat/frame"
	"wschat/hub/loop"
)

// timeFormat is that of JSON events, in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

// maxAnswer is roughly how many bytes of messages an answer to history holds.
const maxAnswer = 256 << 10

// The events of the JSON protocol.
type (
	welcomeEvent struct {
		Event         string            `json:"event"`
		User          string            `json:"user"`
		Epoch         string            `json:"epoch"`
		Groups        []string          `json:"groups"`
		Conversations map[string]uint64 `json:"conversations"`
		Online        []string          `json:"online"`
		Count         int               `json:"count"`
	}
	messageEvent struct {
		Event string  `json:"event"`
		Seq   uint64  `json:"seq"`
		From  string  `json:"from"`
		To    string  `json:"to"`
		Text  *string `json:"text,omitempty"`
		Data  []byte  `json:"data,omitempty"` // in base64
		Time  string  `json:"time"`
	}
	userEvent struct {
		Event string `json:"event"` // online, offline
		User  string `json:"user"`
	}
	groupEvent struct {
		Event string `json:"event"` // joined, left
		Group string `json:"group"`
		User  string `json:"user"`
	}
	ackEvent struct {
		Event   string `json:"event"`
		ID      string `json:"id"`
		Seq     uint64 `json:"seq,omitempty"`
		Offline bool   `json:"offline,omitempty"`
	}
	membersEvent struct {
		Event string   `json:"event"`
		ID    string   `json:"id,omitempty"`
		Group string   `json:"group,omitempty"`
		Users []string `json:"users"`
		Count int      `json:"count"`
	}
	historyEvent struct {
		Event    string         `json:"event"`
		ID       string         `json:"id,omitempty"`
		Of       string         `json:"of"`
		Messages []messageEvent `json:"messages"`
		More     bool           `json:"more"`
	}
	errorEvent struct {
		Event   string `json:"event"`
		ID      string `json:"id,omitempty"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
)

// encode makes the text of an event. Events are of strings, numbers and lists of
// them, which cannot fail.
func encode(event any) []byte {
	text, err := json.Marshal(event)
	if err != nil {
		panic("hub: event: " + err.Error())
	}
	return text
}

func newMessageEvent(m *Message) messageEvent {
	e := messageEvent{
		Event: "message", Seq: m.Seq, From: m.From, To: m.To, Time: m.Time.UTC().Format(timeFormat),
	}
	if m.Binary {
		e.Data = m.Body
	} else {
		text := string(m.Body)
		e.Text = &text
	}
	return e
}

// jsonText is an event for one client.
type jsonText []byte

// AppendFrame implements loop.Item.
func (t jsonText) AppendFrame(dst []byte, _ loop.Handler) []byte {
	return frame.AppendFrame(dst, frame.Text, t)
}

// Size implements loop.Item.
func (t jsonText) Size() int { return len(t) }

// jsonSpeech is the JSON protocol as the protocol of a session.
type jsonSpeech struct{}

func (jsonSpeech) parse(op frame.Opcode, payload []byte) (Request, error) {
	return ParseJSON(op, payload)
}

// greet sends the welcome. What is delivered from the login on comes behind it.
func (jsonSpeech) greet(s *session, _ bool) error {
	event, err := s.hub.welcome(s)
	if err == nil {
		s.conn.Write(frame.Text, encode(event))
	}
	return err
}

func (jsonSpeech) done(r Request) loop.Item {
	if r.ID == "" {
		return nil
	}
	return jsonText(encode(ackEvent{Event: "ack", ID: r.ID}))
}

func (jsonSpeech) sent(r Request, seq uint64, offline bool) loop.Item {
	if r.ID == "" {
		return nil
	}
	return jsonText(encode(ackEvent{"ack", r.ID, seq, offline}))
}

func (jsonSpeech) members(r Request, names []string, count int) loop.Item {
	return jsonText(encode(membersEvent{"members", r.ID, r.Target, notNil(names), count}))
}

// history answers in one event, and leaves out what would make it too long.
func (jsonSpeech) history(_ *Hub, r Request, messages []*Message, more bool) []loop.Item {
	fit, size := 0, 0
	for i := range messages {
		m := messages[i]
		if r.Query.Direction != After {
			m = messages[len(messages)-1-i]
		}
		if size += len(m.Body); fit > 0 && size > maxAnswer {
			more = true
			break
		}
		fit++
	}
	if r.Query.Direction == After {
		messages = messages[:fit]
	} else {
		messages = messages[len(messages)-fit:]
	}
	event := historyEvent{"history", r.ID, r.Target, make([]messageEvent, 0, len(messages)), more}
	for _, m := range messages {
		event.Messages = append(event.Messages, newMessageEvent(m))
	}
	return []loop.Item{jsonText(encode(event))}
}

func (jsonSpeech) failed(id string, e *Error) loop.Item {
	return jsonText(encode(errorEvent{"error", id, e.Code, e.text()}))
}

// welcome is the first event of a session: all that its client needs to know.
func (h *Hub) welcome(s *session) (welcomeEvent, error) {
	h.mu.Lock()
	groups := make([]string, 0, len(s.user.groups))
	for _, g := range s.user.groups {
		if s.may(g.name) {
			groups = append(groups, g.name)
		}
	}
	h.mu.Unlock()
	slices.Sort(groups)
	last, err := h.store.Last(s.name, append([]string{Everyone}, groups...))
	if err != nil {
		return welcomeEvent{}, err
	}
	online, count := h.who("")
	return welcomeEvent{"welcome", s.name, h.store.Epoch(), groups, last, notNil(online), count}, nil
}

// notNil makes an empty list [] in JSON.
func notNil(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
