package wire

import (
	"bytes"
	"encoding/json"

	"wschat/hub/chat"
)

// timeFormat is that of JSON events, in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

// maxAnswer is roughly how many bytes of messages an answer to history or search holds.
const maxAnswer = 256 << 10

// The events of the JSON protocol, but those about messages.
type (
	welcomeEvent struct {
		Event         string                `json:"event"`
		User          string                `json:"user"`
		Role          string                `json:"role"`
		Epoch         string                `json:"epoch"`
		Groups        []string              `json:"groups"`
		Topics        map[string]string     `json:"topics"`
		Conversations map[string]uint64     `json:"conversations"`
		Marks         map[string]marksState `json:"marks"`
		More          bool                  `json:"more,omitempty"` // conversations than these
		Online        []string              `json:"online"`
		Count         int                   `json:"count"`
		MaxMessage    int64                 `json:"max_message"`
		MaxFile       int64                 `json:"max_file"`
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
		Away  []string `json:"away,omitzero"` // nil: that was not asked for
	}
	errorEvent struct {
		Event   string `json:"event"`
		ID      string `json:"id,omitempty"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	marksState struct { // what is false is left out
		Read uint64 `json:"read,omitempty"`
		Mute bool   `json:"mute,omitempty"`
		Hide bool   `json:"hide,omitempty"`
		Pin  bool   `json:"pin,omitempty"`
	}
	markEvent struct { // what has changed
		Event string `json:"event"`
		Of    string `json:"of"`
		Read  uint64 `json:"read,omitempty"`
		Mute  *bool  `json:"mute,omitempty"`
		Hide  *bool  `json:"hide,omitempty"`
		Pin   *bool  `json:"pin,omitempty"`
	}
	typingEvent struct {
		Event string `json:"event"`
		User  string `json:"user"`
		To    string `json:"to"`
	}
	topicEvent struct {
		Event string `json:"event"`
		Group string `json:"group"`
		Text  string `json:"text"`
		User  string `json:"user"`
	}
	groupsEvent struct {
		Event  string           `json:"event"`
		ID     string           `json:"id,omitempty"`
		Groups []chat.GroupInfo `json:"groups"`
		More   bool             `json:"more"`
	}
)

// Setting is what a welcome tells of the server and the session.
type Setting struct {
	Role       string // "" or "moderator"
	MaxMessage int64  // bytes; 0: no limit
	MaxFile    int64  // bytes; 0: there are no files
}

// Welcome is the first event of a session.
func (JSON) Welcome(user string, w *chat.Welcome, s Setting) []byte {
	marks := make(map[string]marksState, len(w.Marks))
	for of, m := range w.Marks {
		marks[of] = marksState{m.Read, m.Flags&chat.Mute != 0, m.Flags&chat.Hide != 0, m.Flags&chat.Pin != 0}
	}
	topics := w.Topics
	if topics == nil {
		topics = map[string]string{}
	}
	return encode(welcomeEvent{
		Event: "welcome", User: user, Role: s.Role, Epoch: w.Epoch,
		Groups: notNil(w.Groups), Topics: topics, Conversations: w.Last, Marks: marks, More: w.More,
		Online: notNil(w.Online), Count: w.Count, MaxMessage: s.MaxMessage, MaxFile: s.MaxFile,
	})
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
func (JSON) Members(r Request, names []string, count int, away []string) []byte {
	if r.Away {
		away = notNil(away)
	}
	return encode(membersEvent{"members", r.ID, r.Target, notNil(names), count, away})
}

// Marked tells what a user has changed of the marks of a conversation, which is called of.
func (JSON) Marked(of string, c chat.MarkChange) []byte {
	e := markEvent{Event: "mark", Of: of, Read: c.Read}
	for flag, field := range map[chat.MarkFlags]**bool{chat.Mute: &e.Mute, chat.Hide: &e.Hide, chat.Pin: &e.Pin} {
		if set := c.Set&flag != 0; set || c.Clear&flag != 0 {
			*field = &set
		}
	}
	return encode(e)
}

// Typing tells that a user writes to a group or another user.
func (JSON) Typing(user, to string) []byte { return encode(typingEvent{"typing", user, to}) }

// Topic tells the new topic of a group.
func (JSON) Topic(group, text, user string) []byte {
	return encode(topicEvent{"topic", group, text, user})
}

// Groups answers which groups there are.
func (JSON) Groups(r Request, groups []chat.GroupInfo, more bool) []byte {
	if groups == nil {
		groups = []chat.GroupInfo{}
	}
	return encode(groupsEvent{"groups", r.ID, groups, more})
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
