package local

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// later is a chat.Store that calls stored, of messages and topics, when a test says so.
type later struct {
	*store.Memory
	topics  map[string]string
	waiting []func(error)
}

func (s *later) Append(m *chat.Message, stored func(error)) {
	s.waiting = append(s.waiting, func(err error) {
		if err == nil && string(m.Body) != "again" {
			m.Seq = 2
		}
		stored(err)
	})
}

func (s *later) SetTopic(t *chat.Topic, stored func(error)) {
	s.waiting = append(s.waiting, func(err error) {
		if err == nil {
			s.topics[t.Group] = t.Text
		}
		stored(err)
	})
}

func (s *later) Topics(groups []string) map[string]string {
	topics := make(map[string]string)
	for _, group := range groups {
		if text := s.topics[group]; text != "" {
			topics[group] = text
		}
	}
	return topics
}

func (s *later) store(err error) {
	stored := s.waiting[0]
	s.waiting = s.waiting[1:]
	stored(err)
}

func openLater(t *testing.T) (*Engine, *recorder, *later) {
	t.Helper()
	s, r := &later{Memory: store.New(0), topics: make(map[string]string)}, new(recorder)
	e := New(Config{Store: s, Presence: chat.ToNone})
	e.Attach(r)
	t.Cleanup(e.Close)
	return e, r, s
}

// PROTOCOL 5.1: what can be said to whom, and what comes of it. A is here, B is away, and
// nobody knows C.
func TestAmendments(t *testing.T) {
	for _, row := range []struct {
		kind     chat.Kind
		from, to string
		body     string
		err      error // of the store
		away     bool  // as the store gets it
		answer   string
		told     bool
	}{
		{chat.Plain, "A", "B", "text", nil, true, "true <nil>", true},
		{chat.Plain, "A", "A", "text", nil, false, "false <nil>", true},
		{chat.Reply, "A", "B", "text", nil, true, "true <nil>", true},
		{chat.Edit, "A", "B", "text", nil, true, "true <nil>", true},
		{chat.Edit, "A", "C", "text", nil, false, "true <nil>", true},
		{chat.Reaction, "A", "C", "", nil, false, "true <nil>", true},
		{chat.Reaction, "A", "B", "again", nil, true, "true <nil>", false},
		{chat.Reaction, "A", "groupX", "again", nil, false, "false <nil>", false},
		{chat.Deletion, "", "", "", nil, false, "false <nil>", true},
		{chat.Deletion, "", "", "", chat.ErrNotFound, false, "false " + chat.ErrNotFound.Error(), false},
		{chat.Edit, "A", "groupX", "text", chat.ErrNotYours, false, "false " + chat.ErrNotYours.Error(), false},
		{chat.Edit, "A", "groupX", "text", chat.ErrBadField.About("edit"), false, "false " + chat.ErrBadField.About("edit").Error(), false},
		{chat.Edit, "A", "groupX", "text", fmt.Errorf("store: %w", chat.ErrNotFound), false, "false " + chat.ErrNotFound.Error(), false},
		{chat.Edit, "A", "groupX", "text", errors.New("no disk"), false, "false " + chat.ErrUnavailable.Error(), false},
		{chat.Plain, "A", "groupX", "text", chat.ErrFull, false, "false " + chat.ErrUnavailable.Error(), false},
	} {
		e, r, s := openLater(t)
		enter(t, e, "A")
		come(t, e, "B", "", "")
		m := &chat.Message{Conversation: chat.ConversationOf(row.from, row.to), From: row.from, To: row.to, Kind: row.kind, Body: []byte(row.body)}
		var answer string
		e.Publish(m, nil, func(away bool, err error) { answer = fmt.Sprint(away, err) })
		if m.Away != row.away || answer != "" {
			t.Errorf("%+v: away: %v, answered %q before it is stored", row, m.Away, answer)
		}
		s.store(row.err)
		if answer != row.answer {
			t.Errorf("%+v: answered %s", row, answer)
		}
		if row.told {
			r.want(t, row.from+" to "+row.to)
		} else {
			r.want(t)
		}
	}
}

// Who is not known gets no message, nor a reply.
func TestNobodyIsThere(t *testing.T) {
	e, _, _ := openLater(t)
	enter(t, e, "A")
	for _, kind := range []chat.Kind{chat.Plain, chat.Reply} {
		var got error
		e.Publish(&chat.Message{Conversation: "A,C", From: "A", To: "C", Kind: kind}, nil, func(_ bool, err error) { got = err })
		if !errors.Is(got, chat.ErrNotOnline) {
			t.Errorf("kind %d: %v", kind, got)
		}
	}
}

// PROTOCOL 5.2: a topic is told once it is stored, comes in the welcome of those who are in
// the group, and is in the list of groups.
func TestTopics(t *testing.T) {
	e, r, s := openLater(t)
	enter(t, e, "A")
	enter(t, e, "B")
	setMember(e, "A", "groupX", true)
	setMember(e, "A", "groupY", true)
	r.told = nil
	var answers []string
	for _, text := range []string{"first", "second", "third"} {
		e.SetTopic(chat.Topic{Group: "groupX", Text: text, User: "A"}, func(err error) { answers = append(answers, fmt.Sprint(err)) })
	}
	r.want(t)
	s.store(nil)
	s.store(nil)
	s.store(errDisk)
	r.want(t, `groupX has the topic "first", by A`, `groupX has the topic "second", by A`)
	if got, want := fmt.Sprint(answers), fmt.Sprint([]any{nil, nil, chat.ErrUnavailable}); got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
	for user, want := range map[string]map[string]string{"A": {"groupX": "second"}, "B": {}} {
		if w, err := e.Welcome(user, nil, func(string) bool { return true }); err != nil || !maps.Equal(w.Topics, want) {
			t.Errorf("%s: topics %v, %v", user, w.Topics, err)
		}
	}
	if groups, _, err := e.Directory("", "", 10, func(string) bool { return true }); len(groups) != 2 || groups[0].Topic != "second" || groups[1].Topic != "" || err != nil {
		t.Errorf("groups %v, %v", groups, err)
	}
	if groups, _, err := e.Groups(); len(groups) != 2 || groups[0].Topic != "" || err != nil {
		t.Errorf("the operator sees %v, %v", groups, err)
	}
}
