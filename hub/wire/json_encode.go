package wire

import (
	"bytes"
	"encoding/json"
	"slices"

	"wschat/hub/chat"
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
		More          bool              `json:"more,omitempty"` // conversations than these
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

// Welcome is the first event of a session.
func (JSON) Welcome(user string, w *chat.Welcome) []byte {
	return encode(welcomeEvent{"welcome", user, w.Epoch, notNil(w.Groups), w.Last, w.More, notNil(w.Online), w.Count})
}

// encode makes the text of an event. Events consist of strings, numbers and lists of
// them, whose encoding cannot fail.
func encode(event any) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // it makes <, > and & six bytes each, which only JSON in HTML needs
	if err := e.Encode(event); err != nil {
		panic("wire: event: " + err.Error())
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

// Changed implements Protocol.
func (JSON) Changed(r Request) []byte {
	if r.ID == "" {
		return nil
	}
	return encode(ackEvent{Event: "ack", ID: r.ID})
}

// Acked implements Protocol.
func (JSON) Acked(r Request, seq uint64, away bool) []byte {
	if r.ID == "" {
		return nil
	}
	return encode(ackEvent{"ack", r.ID, seq, away})
}

// Members implements Protocol.
func (JSON) Members(r Request, names []string, count int) []byte {
	return encode(membersEvent{"members", r.ID, r.Target, notNil(names), count})
}

// Message is the event of a message.
func (JSON) Message(m *chat.Message) []byte { return encode(newMessageEvent(m)) }

// History answers in one event, and leaves out messages that would make it too long. Each
// message is encoded by itself, since its length is not known before.
func (JSON) History(r Request, messages []*chat.Message, more bool) []byte {
	backwards := r.Query.Direction != chat.After
	var texts [][]byte
	size := 0
	for i := range messages {
		m := messages[i]
		if backwards {
			m = messages[len(messages)-1-i]
		}
		text := JSON{}.Message(m)
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
	return append(answer, "]}"...)
}

// Failed implements Protocol.
func (JSON) Failed(id string, e *chat.Error) []byte {
	return encode(errorEvent{"error", id, e.Code, e.English()})
}

// notNil makes an empty list [] in JSON.
func notNil(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
