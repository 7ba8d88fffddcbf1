package storetest

import (
	"testing"

	"wschat/hub/chat"
)

// A message may come with a file (PROTOCOL 10): it has it in every answer, an edit keeps it, a
// deletion takes it away and names it to whoever deletes it.
func testFiles(t *testing.T, s chat.Store) {
	const file = `{"id":"x","name":"a \u0000 b","size":1,"type":"image/png"}`
	for _, to := range []string{"all", "groupA", "B"} {
		with := func(m *chat.Message) *chat.Message {
			m.Conversation, m.From, m.To, m.File = chat.ConversationOf("A", to), "A", to, file
			appendAll(t, s, m)
			return m
		}
		with(&chat.Message{Body: []byte("text")})                                  // 1
		with(&chat.Message{})                                                      // 2
		with(&chat.Message{Kind: chat.Reply, About: 1, Body: []byte("a 7 reply")}) // 3
		with(&chat.Message{Kind: chat.Reply, About: 3})                            // 4
		say(t, s, "A", to, "none")                                                 // 5
		amend(t, s, 1, "A", to, "e:edited")                                        // 6
		wantFiles(t, s, to, file+" edited", file+" ", file+" a 7 reply", file+" ", " none", " edited")
		for seq := uint64(1); seq <= 5; seq++ {
			m := amend(t, s, seq, "A", to, "d:")
			if want := map[bool]string{true: file}[seq < 5]; m.File != want || m.OwnFile() != "" || m.Was != "" {
				t.Errorf("the deletion of %d to %s takes away %q, was %q", seq, to, m.File, m.Was)
			}
		}
		wantFiles(t, s, to, " ", " ", " ", " ", " ", " ", " ", " ", " ", " ", " ")
	}
}

// wantFiles wants a conversation of A to read so: of each message its file, a blank, its text.
func wantFiles(t *testing.T, s chat.Store, to string, want ...string) {
	t.Helper()
	got, _, err := s.History(chat.ConversationOf("A", to), chat.Query{Limit: 100})
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d messages to %s, %v, want %d", len(got), to, err, len(want))
	}
	for i, m := range got {
		if text := m.File + " " + string(m.Body); text != want[i] {
			t.Errorf("message %d to %s is %s, want %s", m.Seq, to, text, want[i])
		}
	}
}
