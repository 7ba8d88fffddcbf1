package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// "History gives the present state" (PROTOCOL 5.1).

// reads writes messages as they read now: "1:text", "1:text*" if it was edited, "1:-" if it is
// deleted, "1:text B👍" with a reaction; "2:re1:text" for a reply, "2:e1:text" for an edit,
// "2:d1" for a deletion, "2:r1:👍<👎" for a reaction that takes the place of another.
func reads(messages []*chat.Message) string {
	var parts []string
	for _, m := range messages {
		text := fmt.Sprint(m.Seq, ":")
		switch m.Kind {
		case chat.Reply:
			text += fmt.Sprintf("re%d:%s", m.About, m.Body)
		case chat.Edit:
			text += fmt.Sprintf("e%d:%s", m.About, m.Body)
		case chat.Deletion:
			text += fmt.Sprintf("d%d%s", m.About, m.Body)
		case chat.Reaction:
			text += fmt.Sprintf("r%d:%s<%s", m.About, m.Body, m.Was)
		default:
			text += string(m.Body)
		}
		if m.Now != nil {
			text += now(m.Now)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func now(p *chat.Present) (text string) {
	if p.Deleted {
		text += "-"
	}
	if !p.Edited.IsZero() {
		text += "*"
	}
	for _, t := range p.Tallies() {
		for _, user := range t.Users {
			text += " " + user + t.Text
		}
	}
	return text
}

// wantHistory compares what messages of a conversation read.
func wantHistory(t *testing.T, s chat.Store, conversation string, q chat.Query, want ...string) {
	t.Helper()
	got, _, err := s.History(conversation, q)
	if err != nil {
		t.Fatal(err)
	}
	if reads(got) != strings.Join(want, ", ") {
		t.Errorf("%+v:\n got %s\nwant %s", q, reads(got), strings.Join(want, ", "))
	}
}

func testPresent(t *testing.T, s chat.Store) {
	say(t, s, "A", "groupA", "one")
	say(t, s, "B", "groupA", "two")
	amend(t, s, 1, "A", "groupA", "e:uno")
	amend(t, s, 1, "B", "groupA", "r:👍")
	amend(t, s, 1, "C", "groupA", "r:👍")
	amend(t, s, 2, "A", "groupA", "re:answer")
	say(t, s, "A", "groupA", "plain")
	before, _, err := s.History("groupA", chat.Query{Limit: 100})
	const was = "1:uno* B👍 C👍, 2:two, 3:e1:uno, 4:r1:👍<, 5:r1:👍<, 6:re2:answer, 7:plain"
	if err != nil || reads(before) != was {
		t.Fatalf("got %s, %v", reads(before), err)
	}
	amend(t, s, 2, "B", "groupA", "d:")
	amend(t, s, 1, "B", "groupA", "r:👎")
	amend(t, s, 1, "C", "groupA", "r:")
	amend(t, s, 6, "A", "groupA", "e:edited")
	edit := amend(t, s, 1, "A", "groupA", "e:eins")
	amend(t, s, 6, "C", "groupA", "r:x")
	all := []string{
		"1:eins* B👎", "2:-", "3:e1:eins", "4:r1:👎<", "5:r1:<", "6:re2:edited* Cx", "7:plain", "8:d2",
		"9:r1:👎<👍", "10:r1:<👍", "11:e6:edited", "12:e1:eins", "13:r6:x<",
	}
	wantAll(t, s, all)
	if got, _, err := s.History("groupA", chat.Query{Direction: chat.After, Limit: 1}); err != nil || !got[0].Now.Edited.Equal(edit.Time) {
		t.Errorf("edited at %v, %v, want %v", got[0].Now.Edited, err, edit.Time)
	}

	// "A deleted text, and every edit of it, is gone."
	amend(t, s, 1, "A", "groupA", "d:")
	all[0], all[2], all[3], all[8], all[11] = "1:-", "3:e1:", "4:r1:<", "9:r1:<👍", "12:e1:"
	wantAll(t, s, append(all, "14:d1"))
	if got := reads(before); got != was {
		t.Errorf("what was returned before has become %s", got)
	}
}

// wantAll compares all messages of groupA, in each direction.
func wantAll(t *testing.T, s chat.Store, all []string) {
	t.Helper()
	n := uint64(len(all))
	wantHistory(t, s, "groupA", chat.Query{Limit: 100}, all...)
	wantHistory(t, s, "groupA", chat.Query{Direction: chat.After, Limit: 100}, all...)
	for seq := uint64(1); seq <= n; seq++ {
		only := all[seq-1]
		wantHistory(t, s, "groupA", chat.Query{Direction: chat.Before, Seq: seq + 1, Limit: 1}, only)
		wantHistory(t, s, "groupA", chat.Query{Direction: chat.After, Seq: seq - 1, Limit: 1}, only)
		wantHistory(t, s, "groupA", chat.Query{Direction: chat.Around, Seq: seq, Limit: 1}, only)
		wantHistory(t, s, "groupA", chat.Query{Direction: chat.Around, Seq: seq, Limit: 5}, all[max(seq, 3)-3:min(seq+2, n)]...)
	}
}

// "As many before it as after it".
func testAround(t *testing.T, s chat.Store) {
	all := make([]string, 11)
	for i := 1; i <= 10; i++ {
		say(t, s, "A", "groupA", "x")
		all[i] = fmt.Sprintf("A>groupA:%d:x", i)
	}
	for _, test := range []struct {
		seq      uint64
		limit    int
		from, to int
		more     bool
	}{
		{5, 1, 5, 5, true},
		{5, 3, 4, 6, true},
		{5, 9, 1, 9, true},
		{5, 11, 1, 10, false},
		{5, 200, 1, 10, false},
		{1, 3, 1, 2, true},
		{1, 19, 1, 10, false},
		{10, 3, 9, 10, true},
		{9, 5, 7, 10, true},
	} {
		want := strings.Join(all[test.from:test.to+1], " ")
		q := chat.Query{Direction: chat.Around, Seq: test.seq, Limit: test.limit}
		if got, more := history(t, s, "groupA", q); got != want || more != test.more {
			t.Errorf("%+v: got %q, %v, want %q, %v", q, got, more, want, test.more)
		}
	}
	if got, more := history(t, s, "groupC", chat.Query{Direction: chat.Around, Seq: 5, Limit: 5}); got != "" || more {
		t.Errorf("around of nothing: got %q, %v", got, more)
	}
}

// "What waits for an offline user is sent in its present state, and not at all if it was
// deleted."
func testWaitingPresent(t *testing.T, s chat.Store) {
	want := func(user string, want ...string) {
		t.Helper()
		wantReads(t, s, user, want...)
	}
	one := say(t, s, "A", "B", "one")
	say(t, s, "A", "B", "two")
	three := say(t, s, "A", "B", "three")
	amend(t, s, 1, "A", "B", "e:uno")
	amend(t, s, 2, "A", "B", "d:")
	amend(t, s, 3, "A", "B", "r:👍")
	answer := amend(t, s, 3, "A", "B", "re:answer") // 7
	want("B", "1:uno*", "3:three A👍", "7:re3:answer")
	want("A")

	// An edit of what was written waits by itself, as it reads now.
	s.Written(one)
	s.Written(three)
	want("B", "4:e1:uno", "7:re3:answer")
	amend(t, s, 1, "A", "B", "e:eins") // 8
	amend(t, s, 7, "A", "B", "e:edited")
	edit := amend(t, s, 1, "A", "B", "e:un") // 10
	want("B", "7:re3:edited*", "10:e1:un")
	s.Written(answer)
	want("B", "9:e7:edited", "10:e1:un")
	amend(t, s, 7, "A", "B", "d:") // 11
	want("B", "10:e1:un")
	s.Written(edit)
	want("B")
	amend(t, s, 3, "B", "A", "r:👍")
	want("A")
	say(t, s, "B", "A", "back") // 13
	amend(t, s, 13, "B", "A", "e:forth")
	want("A", "13:forth*")
	appendAll(t, s, &chat.Message{Conversation: "A,B", Kind: chat.Deletion, About: 13}) // the operator's
	want("A")
	want("B")
	say(t, s, "A", "B", "last")
	want("B", "16:last")
}

// wantReads waits until it is as it should be: Written may take its time.
func wantReads(t *testing.T, s chat.Store, user string, want ...string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		messages, err := s.Waiting(user, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		got := reads(messages)
		if got == strings.Join(want, ", ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("for %s wait %s, want %s", user, got, want)
		}
	}
}

// "A topic lives as long as its group's history."
func testTopics(t *testing.T, s chat.Store) {
	set := func(group, text string) {
		t.Helper()
		stored := make(chan error, 2)
		s.SetTopic(&chat.Topic{Group: group, Text: text}, func(err error) { stored <- err })
		select {
		case err := <-stored:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(patience):
			t.Fatal("a topic is never stored")
		}
	}
	want := func(want string, groups ...string) {
		t.Helper()
		if got := fmt.Sprint(s.Topics(groups)); got != "map["+want+"]" { // in the order of the names
			t.Errorf("%v: got %s, want %s", groups, got, want)
		}
	}
	groups := []string{"groupA", "groupB", "group前端", "groupX"}
	want("", groups...)
	want("")
	say(t, s, "A", "groupA", "x")
	set("groupA", "first")
	set("group前端", "你好, 世界")
	set("groupB", "none has been said")
	want("groupA:first groupB:none has been said group前端:你好, 世界", groups...)
	want("groupB:none has been said", "groupB")
	want("")
	set("groupA", strings.Repeat("x", chat.MaxTopic))
	set("groupB", "")
	set("groupX", "")
	want("groupA:"+strings.Repeat("x", chat.MaxTopic)+" group前端:你好, 世界", groups...)
	set("group前端", "")
	set("groupA", "last")
	want("groupA:last", slices.Concat(groups, groups)...)
	if m := say(t, s, "A", "groupA", "x"); m.Seq != 2 {
		t.Errorf("a topic has a number: %d is next", m.Seq)
	}
	if m := say(t, s, "A", "groupB", "x"); m.Seq != 1 {
		t.Errorf("a topic has a number: %d is next", m.Seq)
	}
}
