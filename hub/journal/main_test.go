package journal

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"wschat/frame/leaktest"
	"wschat/hub/chat"
)

// patience bounds what a test waits for; reaching it is a failure.
const patience = 20 * time.Second

// never is a Config.compactAt that leaves compactions to the test.
const never = 1 << 62

// children are what the test binary does instead of testing when a test has
// started it with childEnv set to "name directory".
var children = map[string]func(dir string){}

const childEnv = "WSCHAT_JOURNAL_CHILD"

func TestMain(m *testing.M) {
	if name, dir, ok := strings.Cut(os.Getenv(childEnv), " "); ok {
		children[name](dir)
		os.Exit(0)
	}
	os.Exit(leaktest.Run(m))
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// open opens a journal that the test closes.
func open(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// text is a message from A.
func text(to, body string) *chat.Message {
	m := &chat.Message{Conversation: to, From: "A", To: to, Body: []byte(body)}
	if chat.ValidUser(to) {
		m.Conversation = chat.PairOf("A", to)
	}
	return m
}

// try appends a message, and waits for what comes of it.
func try(s *Store, m *chat.Message, id string) error {
	stored := make(chan error, 1)
	m.ID = id
	s.Append(m, func(err error) { stored <- err })
	return <-stored
}

func say(t testing.TB, s *Store, to, body string) *chat.Message {
	t.Helper()
	m := text(to, body)
	if err := try(s, m, ""); err != nil {
		t.Fatal(err)
	}
	return m
}

// said returns what is kept of a conversation, as "1:text 2:text".
func said(s *Store, conversation string) string {
	messages, _, _ := s.History(conversation, chat.Query{Limit: 1 << 30})
	return show(messages)
}

func waiting(s *Store, user string) string {
	messages, _ := s.Waiting(user, time.Time{})
	return show(messages)
}

func show(messages []*chat.Message) string {
	var parts []string
	for _, m := range messages {
		parts = append(parts, fmt.Sprintf("%d:%s", m.Seq, m.Body))
	}
	return strings.Join(parts, " ")
}

// copyDir copies the directory of a journal as a crash would leave it: if the journal
// has written meanwhile, what it does by itself, too, it is copied again.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	var to string
	eventually(t, "nothing is written while "+dir+" is copied", func() bool {
		to = t.TempDir()
		before := sizesIn(t, dir)
		err := os.CopyFS(to, os.DirFS(dir))
		if !maps.Equal(before, sizesIn(t, dir)) {
			return false
		}
		must(t, err)
		return true
	})
	return to
}

// sizesIn returns those of the files in a directory.
func sizesIn(t testing.TB, dir string) map[string]int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	of := make(map[string]int64)
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // else it is gone again
			of[e.Name()] = info.Size()
		}
	}
	return of
}

// last returns the newest seq of a conversation, 0 for none.
func last(s *Store, conversation string) uint64 {
	of, _, _ := s.Last("", []string{conversation}) // never fails
	return of[conversation]
}

// pairs returns the newest seq of a user's private conversations, by the other.
func pairs(s *Store, user string) map[string]uint64 {
	of, _, _ := s.Last(user, nil)
	return of
}

// ignore is for those who do not ask what comes of it.
func ignore(error) {}
