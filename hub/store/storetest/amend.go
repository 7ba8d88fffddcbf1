package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// What may be about another message, and what comes of it (PROTOCOL 5.1).

// about returns an entry that is about message number seq: "re:TEXT", "e:TEXT", "d:", "r:TEXT".
func about(seq uint64, from, to, what string) *chat.Message {
	m := &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, About: seq}
	kind, body, _ := strings.Cut(what, ":")
	m.Kind = map[string]chat.Kind{"re": chat.Reply, "e": chat.Edit, "d": chat.Deletion, "r": chat.Reaction}[kind]
	if body != "" {
		m.Body = []byte(body)
	}
	return m
}

// amend appends such an entry and waits until it is stored.
func amend(t *testing.T, s chat.Store, seq uint64, from, to, what string) *chat.Message {
	t.Helper()
	m := about(seq, from, to, what)
	appendAll(t, s, m)
	return m
}

// "A reply, an edit, a deletion and a reaction are entries of their conversation like any
// other message."
func testAmendmentsAreNumbered(t *testing.T, s chat.Store) {
	for _, to := range []string{"all", "groupA", "B"} {
		say(t, s, "A", to, "text")
		for i, what := range []string{"re:text", "e:text", "r:👍", "r:👎", "r:", "d:"} {
			m := amend(t, s, 1, "A", to, what)
			if m.Seq != uint64(i+2) || m.Time.IsZero() || m.To != to {
				t.Errorf("%s to %s has number %d, time %v, is to %s", what, to, m.Seq, m.Time, m.To)
			}
		}
		if m := say(t, s, "A", to, "text"); m.Seq != 8 {
			t.Errorf("the next message to %s has number %d", to, m.Seq)
		}
	}
}

// "name a message that is still kept, is not deleted, and is no edit, deletion or reaction
// itself; otherwise not_found"; "editing or deleting another's message: forbidden"; "a binary
// message to be edited: bad_request".
func testAmendmentsThatAreRefused(t *testing.T, s chat.Store) {
	for _, to := range []string{"groupA", "B"} {
		say(t, s, "A", to, "text")           // 1
		amend(t, s, 1, "A", to, "re:answer") // 2
		amend(t, s, 1, "A", to, "e:edited")  // 3
		amend(t, s, 1, "A", to, "r:👍")       // 4
		say(t, s, "A", to, "deleted")        // 5
		amend(t, s, 5, "A", to, "d:")        // 6
		appendAll(t, s, &chat.Message{       // 7
			Conversation: chat.ConversationOf("A", to), From: "A", To: to, Binary: true, Body: []byte{0, 255},
		})
	}
	const last = 7
	for _, test := range []struct {
		from, to, what string
		seq            uint64
		want           error
	}{
		{"A", "groupA", "re:x", 0, chat.ErrNotFound},
		{"A", "groupA", "re:x", last + 1, chat.ErrNotFound},
		{"A", "groupA", "e:x", last + 1, chat.ErrNotFound}, // not itself either
		{"A", "groupA", "e:x", 1 << 63, chat.ErrNotFound},
		{"A", "groupA", "re:x", 3, chat.ErrNotFound},
		{"A", "groupA", "e:x", 3, chat.ErrNotFound},
		{"A", "groupA", "d:", 3, chat.ErrNotFound},
		{"A", "groupA", "r:x", 4, chat.ErrNotFound},
		{"A", "groupA", "d:", 4, chat.ErrNotFound},
		{"A", "groupA", "re:x", 5, chat.ErrNotFound},
		{"A", "groupA", "e:x", 5, chat.ErrNotFound},
		{"A", "groupA", "d:", 5, chat.ErrNotFound},
		{"A", "groupA", "r:x", 5, chat.ErrNotFound},
		{"A", "groupA", "r:", 5, chat.ErrNotFound},
		{"A", "groupA", "d:", 6, chat.ErrNotFound},
		{"A", "groupA", "e:x", 7, chat.ErrBadField},
		{"B", "groupA", "e:x", 1, chat.ErrNotYours},
		{"B", "groupA", "d:", 1, chat.ErrNotYours},
		{"B", "groupA", "d:", 2, chat.ErrNotYours},
		{"B", "groupA", "e:x", 7, chat.ErrNotYours},
		{"B", "A", "e:x", 1, chat.ErrNotYours},
		{"B", "A", "d:", 1, chat.ErrNotYours},
		{"B", "A", "r:x", 5, chat.ErrNotFound},
		{"A", "groupB", "re:x", 1, chat.ErrNotFound}, // where nothing has been said
		{"A", "C", "e:x", 1, chat.ErrNotFound},
		{"A", "all", "r:", 1, chat.ErrNotFound},
	} {
		m := about(test.seq, test.from, test.to, test.what)
		if err := try(s, m); !errors.Is(err, test.want) || m.Seq != 0 {
			t.Errorf("%s to %s, %s of %d: got %v and number %d, want %v", test.from, test.to, test.what, test.seq, err, m.Seq, test.want)
		}
	}
	for _, to := range []string{"groupA", "B"} {
		if m := say(t, s, "A", to, "next"); m.Seq != last+1 {
			t.Errorf("the next message to %s has number %d", to, m.Seq)
		}
	}
	if of, _, err := s.Last("A", []string{"all", "groupB"}); err != nil || len(of) != 1 {
		t.Errorf("what was refused has begun a conversation: %v, %v", of, err)
	}
	if m := say(t, s, "A", "groupB", "first"); m.Seq != 1 {
		t.Errorf("the first message to groupB has number %d", m.Seq)
	}
}

// "A moderator: anybody's", in all and groups only. The operator's deletion has no from, and
// "to what the deleted message was to".
func testDeletionsOfOthers(t *testing.T, s chat.Store) {
	for _, to := range []string{"all", "groupA", "B"} {
		for range 3 {
			say(t, s, "A", to, "text")
		}
		other := to // by which B calls the same conversation
		if to == "B" {
			other = "A"
		}
		m := about(1, "B", other, "d:")
		if m.Moderator = true; m.Private() {
			if err := try(s, m); !errors.Is(err, chat.ErrNotYours) {
				t.Errorf("a moderator deletes a private message: %v", err)
			}
		} else if appendAll(t, s, m); m.Seq != 4 {
			t.Errorf("the deletion in %s has number %d", to, m.Seq)
		}
		edit := about(2, "B", other, "e:x")
		edit.Moderator = true
		if err := try(s, edit); !errors.Is(err, chat.ErrNotYours) {
			t.Errorf("a moderator edits in %s: %v", to, err)
		}
		operator := &chat.Message{Conversation: chat.ConversationOf("A", to), Kind: chat.Deletion, About: 3}
		appendAll(t, s, operator)
		if operator.Seq == 0 || operator.From != "" || operator.To != to {
			t.Errorf("the operator's deletion in %s is %+v", to, operator)
		}
		got, _, err := s.History(operator.Conversation, chat.Query{Limit: 1})
		if err != nil || len(got) != 1 || got[0].Kind != chat.Deletion || got[0].From != "" || got[0].To != to || got[0].About != 3 {
			t.Errorf("in the history of %s it is %+v, %v", to, got, err)
		}
		again := &chat.Message{Conversation: operator.Conversation, Kind: chat.Deletion, About: 3}
		if err := try(s, again); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the operator deletes twice in %s: %v", to, err)
		}
	}
	nowhere := &chat.Message{Conversation: "C,D", Kind: chat.Deletion, About: 1}
	if err := try(s, nowhere); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the operator deletes in a conversation that there is not: %v", err)
	}
}

// "A react event names in was what it replaces; the same reaction again, and taking back none,
// is acked without seq and makes no entry."
func testReactions(t *testing.T, s chat.Store) {
	say(t, s, "A", "groupA", "text")
	last := uint64(1)
	for _, test := range []struct {
		from, text, was string
		entry           bool
	}{
		{"B", "", "", false},
		{"B", "👍", "", true},
		{"B", "👍", "", false},
		{"C", "👍", "", true},
		{"B", "👎", "👍", true},
		{"B", "👍", "👎", true},
		{"B", "", "👍", true},
		{"B", "", "", false},
		{"B", "👍", "", true},
		{"C", "👍", "", false},
	} {
		m := amend(t, s, 1, test.from, "groupA", "r:"+test.text)
		want := uint64(0)
		if test.entry {
			last++
			want = last
		}
		if m.Seq != want || test.entry && m.Was != test.was {
			t.Fatalf("%s %q has number %d and was %q, want %d and %q", test.from, test.text, m.Seq, m.Was, want, test.was)
		}
		if !test.entry {
			continue
		}
		got, _, err := s.History("groupA", chat.Query{Limit: 1})
		if err != nil || len(got) != 1 || got[0].Seq != last || got[0].Was != test.was {
			t.Fatalf("the history ends with %+v, %v", got, err)
		}
	}
}

// Whoever amends at the same time: each sees what the ones before have made of the message.
func testAmendmentsAtOnce(t *testing.T, s chat.Store) {
	const each = 20
	say(t, s, "A", "groupA", "edited")  // 1
	say(t, s, "A", "groupA", "deleted") // 2
	say(t, s, "A", "groupA", "felt")    // 3
	type outcome struct {
		m   *chat.Message
		err error
	}
	done := make(chan outcome, 4*each)
	send := func(m *chat.Message) { s.Append(m, func(err error) { done <- outcome{m, err} }) }
	for i := range each {
		go send(about(1, "A", "groupA", "e:"+strings.Repeat("x", i+1)))
		go send(about(2, "A", "groupA", "d:"))
		go send(about(2, "A", "groupA", "e:x"))
		go send(about(3, "B", "groupA", "r:👍"))
	}
	var edit *chat.Message
	deleted, edited := uint64(0), uint64(0)
	reactions, entries := 0, 3
	for range 4 * each {
		var o outcome
		select {
		case o = <-done:
		case <-time.After(patience):
			t.Fatal("a message is never stored")
		}
		if o.m.About == 2 && errors.Is(o.err, chat.ErrNotFound) {
			continue
		}
		if o.err != nil {
			t.Fatal(o.err)
		}
		if o.m.Seq > 0 {
			entries++
		}
		switch {
		case o.m.Kind == chat.Reaction:
			reactions += int(min(o.m.Seq, 1))
		case o.m.Kind == chat.Deletion && deleted > 0:
			t.Error("a message is deleted twice")
		case o.m.Kind == chat.Deletion:
			deleted = o.m.Seq
		case o.m.About == 2:
			edited = max(edited, o.m.Seq)
		case edit == nil || edit.Seq < o.m.Seq:
			edit = o.m
		}
	}
	if reactions != 1 || deleted == 0 || edited > deleted {
		t.Errorf("%d reactions, deleted by %d, edited by %d", reactions, deleted, edited)
	}
	got, _, err := s.History("groupA", chat.Query{Limit: 1000})
	if err != nil || len(got) != entries {
		t.Fatalf("%d entries, %v, want %d", len(got), err, entries)
	}
	if string(got[0].Body) != string(edit.Body) || got[1].Now == nil || !got[1].Now.Deleted || now(got[2].Now) != " B👍" {
		t.Errorf("got %s", reads(got[:3]))
	}
}
