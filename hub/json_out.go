package hub

import (
	"bytes"
	"encoding/json"
	"slices"

	"wschat/frame"
	"wschat/hub/chat"
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
		More     bool           `json:"more"`
		Messages []messageEvent `json:"messages"` // empty, to be filled in where it ends
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
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // it makes six bytes of <, > and & for clients that put JSON into HTML
	if err := e.Encode(event); err != nil {
		panic("hub: event: " + err.Error())
	}
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'})
}

func newMessageEvent(m *chat.Message) messageEvent {
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
func (t jsonText) AppendFrame(dst []byte, to loop.Handler) []byte {
	s := to.(*session)
	if bits := s.deflates(len(t)); bits > 0 {
		if body := s.hub.config.Deflater.Append(nil, t, bits); len(body) < len(t) {
			return frame.AppendCompressed(dst, frame.Text, body)
		}
	}
	return frame.AppendFrame(dst, frame.Text, t)
}

// Size implements loop.Item.
func (t jsonText) Size() int { return len(t) }

// jsonSpeech is the JSON protocol as the protocol of a session.
type jsonSpeech struct{}

func (jsonSpeech) parse(op frame.Opcode, payload []byte) (Request, error) {
	return ParseJSON(op, payload)
}

// greet sends the welcome. It is asked for, so to speak: a long one must not make
// its reader too slow.
func (jsonSpeech) greet(s *session) {
	asked := false
	s.conn.Pull(func() loop.Item {
		if asked || s.user == nil {
			return nil
		}
		asked = true
		var entry *chat.Entry
		if s.entered != nil {
			entry, s.entered.entry = s.entered.entry, nil
		}
		event, err := s.hub.welcome(s, entry)
		if err != nil {
			s.refuse("the store is out of reach")
			return nil
		}
		return jsonText(encode(event))
	})
}

func (jsonSpeech) begin(*session, bool) {}

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

// history answers in one event, and leaves out what would make it too long. Each
// message is encoded by itself, as only that tells how long it gets.
func (jsonSpeech) history(_ *Hub, r Request, messages []*chat.Message, more bool) []loop.Item {
	backwards := r.Query.Direction != chat.After
	var texts [][]byte
	size := 0
	for i := range messages {
		m := messages[i]
		if backwards {
			m = messages[len(messages)-1-i]
		}
		text := encode(newMessageEvent(m))
		if size += len(text); i > 0 && size > maxAnswer {
			more = true
			break
		}
		texts = append(texts, text)
	}
	if backwards {
		slices.Reverse(texts)
	}
	empty := encode(historyEvent{"history", r.ID, r.Target, more, []messageEvent{}})
	answer := append(make([]byte, 0, len(empty)+size+len(texts)), empty[:len(empty)-len("]}")]...)
	for i, text := range texts {
		if i > 0 {
			answer = append(answer, ',')
		}
		answer = append(answer, text...)
	}
	return []loop.Item{jsonText(append(answer, "]}"...))}
}

func (jsonSpeech) failed(id string, e *chat.Error) loop.Item {
	return jsonText(encode(errorEvent{"error", id, e.Code, e.English()}))
}

// welcome is the first event of a session: all that its client needs to know. The
// entry is for a Shared store.
func (h *Hub) welcome(s *session, entry *chat.Entry) (welcomeEvent, error) {
	h.mu.Lock()
	groups := make([]string, 0, len(s.user.groups))
	for _, g := range s.user.groups {
		if s.may(g.name) {
			groups = append(groups, g.name)
		}
	}
	h.mu.Unlock()
	slices.Sort(groups)
	if h.shared != nil {
		last, online, count := h.shared.Welcome(entry, groups)
		return welcomeEvent{"welcome", s.name, h.store.Epoch(), groups, last, notNil(online), count}, nil
	}
	last, err := h.store.Last(s.name, append([]string{chat.Everyone}, groups...))
	if err != nil {
		return welcomeEvent{}, err
	}
	online, count, err := h.who("")
	if err != nil {
		return welcomeEvent{}, err
	}
	return welcomeEvent{"welcome", s.name, h.store.Epoch(), groups, last, notNil(online), count}, nil
}

// notNil makes an empty list [] in JSON.
func notNil(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
