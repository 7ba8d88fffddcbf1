package hub

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// crowd is many users who do all kinds of things at the same time. Afterwards
// what each of them has read is compared to what the store has numbered.
type crowd struct {
	*server
	members []*member
}

// member is a user of a crowd; read and err belong to its goroutine.
type member struct {
	*client
	read []string
	err  error
}

var crowdGroups = []string{"groupA", "groupB", "groupC"}

// PROTOCOL 6: everyone in a conversation receives its messages in the order of
// their numbers; a member sees no hole between its join and its leave.
func TestConcurrentOrder(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		const users, actions = 50, 40
		cr := &crowd{server: start(t, driver, silent)}
		for i := range users {
			cr.members = append(cr.members, &member{client: cr.client(fmt.Sprintf("u%02d", i))})
		}
		for i := range users / 5 { // some have a second connection, which only reads
			cr.members = append(cr.members, &member{client: cr.client(fmt.Sprintf("u%02d", i))})
		}
		// All act, and wait until all that they have asked for is done; then all
		// ask once more, so as to have read what the others have done.
		cr.each(func(i int, m *member) error {
			if i < users {
				for n := range actions {
					if err := m.act(n, users); err != nil {
						return err
					}
				}
			}
			return m.SendText(question)
		})
		cr.settle()
		cr.each(func(_ int, m *member) error { return m.SendText(question) })

		cr.checkAll()
		for _, group := range crowdGroups {
			cr.checkGroup(group, users)
		}
		cr.checkPrivate(users)
	})
}

// each lets all members do something at the same time, which must end with the
// question, and read up to its answer meanwhile.
func (cr *crowd) each(do func(int, *member) error) {
	cr.t.Helper()
	var doing sync.WaitGroup
	sent := make([]error, len(cr.members))
	for i, m := range cr.members {
		doing.Go(func() { sent[i] = do(i, m) })
		doing.Go(m.readOn)
	}
	doing.Wait()
	for i, m := range cr.members {
		if err := errors.Join(sent[i], m.err); err != nil {
			cr.t.Fatalf("%s: %v", m.name, err)
		}
	}
}

// act does something at random. Each message of a user has a text of its own.
func (m *member) act(n, users int) error {
	group := crowdGroups[rand.IntN(len(crowdGroups))]
	text := fmt.Sprintf(",%s says %d", m.name, n)
	switch rand.IntN(10) {
	case 0, 1, 2:
		return m.SendText("join," + group)
	case 3:
		return m.SendText("leave," + group)
	case 4, 5, 6:
		return m.SendText(group + text + " to " + group)
	case 7:
		return m.SendText("all" + text + " to all")
	default:
		return m.SendText(fmt.Sprintf("u%02d", rand.IntN(users)) + text + " alone")
	}
}

func (m *member) readOn() {
	for {
		var text string
		if text, m.err = m.NextText(); m.err != nil || text == answer {
			return
		}
		m.read = append(m.read, text)
	}
}

// numbers returns the Seq of each text of a conversation, and makes sure that the
// numbers have no holes.
func (cr *crowd) numbers(conversation string) map[string]uint64 {
	cr.t.Helper()
	messages, _, err := cr.engine.History(conversation, chat.Query{Limit: 1 << 20})
	if err != nil {
		cr.t.Fatal(err)
	}
	seq := make(map[string]uint64)
	for i, m := range messages {
		if m.Seq != uint64(i+1) {
			cr.t.Fatalf("%s: message %d has number %d", conversation, i+1, m.Seq)
		}
		seq[string(m.Body)] = m.Seq
	}
	if len(seq) != len(messages) {
		cr.t.Fatalf("%s: %d different texts in %d messages", conversation, len(seq), len(messages))
	}
	return seq
}

// body returns what was said in a line, "" if it is an answer.
func body(line string) string {
	_, text, ok := strings.Cut(line, "):")
	if !ok || !strings.HasPrefix(line, "用户(") {
		return ""
	}
	return text
}

// checkAll: everyone has got every message, in order.
func (cr *crowd) checkAll() {
	seq := cr.numbers(chat.Everyone)
	for _, m := range cr.members {
		last := uint64(0)
		for _, line := range m.read {
			if n := seq[body(line)]; n != 0 {
				if n != last+1 {
					cr.t.Fatalf("%s got message %d to all behind %d", m.name, n, last)
				}
				last = n
			}
		}
		if int(last) != len(seq) || last == 0 {
			cr.t.Fatalf("%s got %d of %d messages to all", m.name, last, len(seq))
		}
	}
}

// checkGroup: every member has got what was said from its join to its leave. Of
// these a second connection is not told, so it can only know of the order.
func (cr *crowd) checkGroup(group string, users int) {
	seq := cr.numbers(group)
	for i, m := range cr.members {
		last, in := uint64(0), false
		for _, line := range m.read {
			switch line {
			case "系统:已离开 " + group:
				in = false
			default:
				n := seq[body(line)]
				if n == 0 {
					continue
				}
				if n <= last || (in && i < users && n != last+1) {
					cr.t.Fatalf("%s got message %d to %s behind %d", m.name, n, group, last)
				}
				last, in = n, true
			}
		}
		if in && i < users && int(last) != len(seq) {
			cr.t.Fatalf("%s got %s up to %d of %d", m.name, group, last, len(seq))
		}
	}
}

// checkPrivate: every connection of a user has got what was sent to it, in order,
// and nothing else.
func (cr *crowd) checkPrivate(users int) {
	for _, m := range cr.members {
		got := make(map[string][]string) // by sender
		for _, line := range m.read {
			if from, text, _ := strings.Cut(strings.TrimPrefix(line, "用户("), "=>"); strings.HasSuffix(text, " alone") {
				got[from] = append(got[from], body(line))
			}
		}
		for i := range users {
			from := fmt.Sprintf("u%02d", i)
			messages, _, err := cr.engine.History(chat.PairOf(from, m.name), chat.Query{Limit: 1 << 20})
			if err != nil {
				cr.t.Fatal(err)
			}
			var want []string
			for _, message := range messages {
				if message.From == from && message.To == m.name {
					want = append(want, string(message.Body))
				}
			}
			if fmt.Sprint(got[from]) != fmt.Sprint(want) {
				cr.t.Fatalf("%s got %q from %s, want %q", m.name, got[from], from, want)
			}
		}
	}
}

// Users come and go, with one connection or several, while others talk to them.
// Every message reaches its user exactly once, live or at a later login, and
// those who watch are told of logins and exits by turns.
func TestConcurrentLogins(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		const messages, visits = 300, 30
		s := start(t, driver, setup{})
		s.away("B")
		watcher, a := s.client("W"), s.client("A")
		var busy sync.WaitGroup
		busy.Go(func() {
			for i := range messages {
				if err := a.SendText(fmt.Sprintf("B,%d", i)); err != nil {
					t.Error(err)
				}
			}
		})
		next := 0
		// read takes messages to B up to the answer to its question.
		read := func(b *client) {
			for {
				text, err := b.NextText()
				if err != nil {
					t.Fatal(err)
				}
				if text == answer {
					return
				}
				if strings.HasPrefix(text, "用户(A=>B):") {
					if want := fmt.Sprintf("用户(A=>B):%d", next); text != want {
						t.Fatalf("B got %q, want %q", text, want)
					}
					next++
				}
			}
		}
		for range visits {
			b := s.raw("B")
			b.say(question)
			read(b)
			// It reads what it gets until the server ends the connection.
			b.Close(frame.NormalClosure, "")
			for {
				m, err := b.Next()
				if err != nil {
					t.Fatal(err)
				}
				if m.Opcode == frame.Close {
					break
				}
				if body(string(m.Payload)) == fmt.Sprint(next) {
					next++
				}
			}
			b.conn.Close()
			s.gone("B")
		}
		busy.Wait()
		a.sync()
		b := s.raw("B")
		b.say(question)
		read(b)
		if next != messages {
			t.Errorf("B got %d of %d messages", next, messages)
		}
		watcher.want("用户(A)登录了")
		for range visits {
			watcher.want("用户(B)登录了", "用户(B)退出了")
		}
		watcher.want("用户(B)登录了")
		quiet(watcher)
	})
}
