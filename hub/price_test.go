package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/local"
	"wschat/hub/loop"
	"wschat/hub/store"
	"wschat/hub/wire"
)

// The benchmarks behind the prices in loop/price.go.

// online starts a hub where n users are online, and returns its engine.
func online(b *testing.B, n int) chat.Engine {
	b.Helper()
	loops, err := loop.Start(loop.Config{Loops: 1})
	if err != nil {
		b.Fatal(err)
	}
	engine := local.New(local.Config{Store: store.New(0)})
	h := New(Config{Loops: loops, Engine: engine})
	for i := range n {
		if _, err := engine.Enter(userName(i), false, false); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() {
		loops.Close()
		h.Close()
		engine.Close()
	})
	return engine
}

// userName spreads the names, so that the order of the logins is not theirs.
func userName(i int) string { return fmt.Sprintf("user%08x", uint32(i)*2654435761) }

var crowds = []int{1_000, 10_000, 50_000}

// BenchmarkWho is an answer to who, by how many are online.
func BenchmarkWho(b *testing.B) {
	for _, n := range crowds {
		engine := online(b, n)
		for name, protocol := range map[string]wire.Protocol{"line": wire.Line{}, "json": wire.JSON{}} {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				listed := 0
				for b.Loop() {
					names, count, err := engine.Who("")
					if err != nil || count != n {
						b.Fatal(count, err)
					}
					reply(protocol.Members(wire.Request{}, names, count, nil)).AppendFrame(nil, &session{hub: new(Hub)})
					listed = len(names)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*listed), "ns/name")
			})
		}
	}
}

// BenchmarkLogin is a login and an exit, with the welcome of a JSON client, by how many are
// online already. Nobody is told.
func BenchmarkLogin(b *testing.B) {
	for _, n := range crowds {
		engine := online(b, n)
		i := n
		next := func() string { i++; return userName(i) }
		b.Run(fmt.Sprint("enter and exit/", n), func(b *testing.B) {
			for b.Loop() {
				user := next()
				if _, err := engine.Enter(user, false, false); err != nil {
					b.Fatal(err)
				}
				engine.Exit(user, "")
			}
		})
		b.Run(fmt.Sprint("with the welcome/", n), func(b *testing.B) {
			for b.Loop() {
				user := next()
				if _, err := engine.Enter(user, false, true); err != nil {
					b.Fatal(err)
				}
				w, err := engine.Welcome(user, nil, func(string) bool { return true })
				if err != nil {
					b.Fatal(err)
				}
				wire.JSON{}.Welcome(user, w, wire.Setting{})
				engine.Exit(user, "")
			}
		})
	}
}

// BenchmarkHistory is an answer to history with all the messages that it may have.
func BenchmarkHistory(b *testing.B) {
	engine := online(b, 0)
	const messages = 200
	for range messages {
		m := &chat.Message{Conversation: "groupA", From: "alice", To: "groupA", Body: []byte(strings.Repeat("x", 128)), Time: time.Now()}
		engine.Publish(m, nil, func(bool, error) {})
	}
	r := wire.Request{Target: "groupA", Query: chat.Query{Limit: messages}}
	ask := func(b *testing.B) []*chat.Message {
		found, _, err := engine.History(r.Target, r.Query)
		if err != nil || len(found) != messages {
			b.Fatal(len(found), err)
		}
		return found
	}
	perEntry := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*messages), "ns/entry")
	}
	b.Run("line", func(b *testing.B) {
		h, to := new(Hub), &session{hub: new(Hub), name: "B"}
		var buf []byte
		for b.Loop() {
			buf = buf[:0]
			for _, m := range ask(b) {
				buf = h.newDelivery(m).AppendFrame(buf, to)
			}
		}
		perEntry(b)
	})
	b.Run("json", func(b *testing.B) {
		for b.Loop() {
			wire.JSON{}.History(r, ask(b), false)
		}
		perEntry(b)
	})
}
