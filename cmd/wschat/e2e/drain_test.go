//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

// program connects a user who speaks JSON. last is what the welcome says of each
// conversation: its last seq.
func (s *server) program(user string) (c *client, last map[string]int) {
	s.t.Helper()
	c, err := s.dial(handshake.Dialer{Protocols: []string{"wschat.v1.json"}}, socket(user))
	if err != nil {
		s.t.Fatalf("%s: %v", user, err)
	}
	c.name = user
	text, err := c.NextText()
	var welcome struct{ Conversations map[string]int }
	if err == nil {
		err = json.Unmarshal([]byte(text), &welcome)
	}
	if err != nil || welcome.Conversations == nil {
		s.t.Fatalf("%s: got %q, %v, want a welcome", user, cut(text), err)
	}
	return c, welcome.Conversations
}

// acksUntilClose reads up to a close frame, answers it, and returns the ids that were
// acknowledged before. It calls first with the first of them.
func (c *client) acksUntilClose(want frame.CloseCode, first func()) map[string]bool {
	c.server.t.Helper()
	acked := make(map[string]bool)
	for {
		m, err := c.NextMessage()
		if err != nil {
			c.server.t.Fatalf("%s: %v, want close %v", c.name, err, want)
		}
		if m.Opcode == frame.Close {
			if code, _, _ := frame.ParseClose(m.Payload); code != want {
				c.server.t.Errorf("%s: closed with %v, want %v", c.name, code, want)
			}
			c.Send(frame.Close, m.Payload)
			return acked
		}
		var e struct{ Event, ID string }
		if err := json.Unmarshal(m.Payload, &e); err != nil {
			c.server.t.Fatal(err)
		}
		if e.Event == "ack" {
			if len(acked) == 0 {
				first()
			}
			acked[e.ID] = true
		}
	}
}

// PROTOCOL 4: "what was accepted is stored and acknowledged", though it is written to
// disk only when the drain has begun.
func TestDrainAcknowledgesWhatIsStored(t *testing.T) {
	const sends, size = 20, 200_000
	dir := t.TempDir()
	for round := range 3 {
		s := start(t, "-data", dir, "-drain", "20s", "-presence", "none")
		c, _ := s.program("A")
		group := fmt.Sprint("group", round)
		var all []byte
		for i := range sends {
			id := fmt.Sprint(group, "-", i)
			text := fmt.Sprintf(`{"op":"send","id":%q,"to":%q,"text":"%s %s"}`, id, group, id, strings.Repeat("x", size))
			all = frame.AppendMaskedFrame(all, frame.Text, [4]byte{1, 2, 3, 4}, []byte(text))
		}
		sent := make(chan error, 1)
		go func() { sent <- c.Raw(all) }()
		acked := c.acksUntilClose(frame.GoingAway, s.Terminate)
		c.Conn.Close()
		<-sent // as far as the server has read
		s.Stop()

		again := start(t, "-data", dir, "-presence", "none")
		reader, last := again.program("A")
		if stored := last[group]; stored != len(acked) || stored == 0 {
			t.Errorf("round %d: %d are stored, %d were acknowledged", round, stored, len(acked))
		}
		reader.Conn.Close()
		again.Stop()
	}
}

// A second signal ends the process at once, by that signal.
func TestSecondSignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			s := start(t, "-drain", "1h")
			deaf := s.login("deaf")
			s.Signal(signal)
			if m, err := deaf.NextMessage(); err != nil || m.Opcode != frame.Close {
				t.Fatalf("got %v, %v, want a close frame", m.Opcode, err)
			}
			s.Signal(signal)
			state := s.Died()
			if status, ok := state.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != signal {
				t.Errorf("ended with %v, want %v", state, signal)
			}
		})
	}
}

// Who runs a server may pass a signal on that it has got already: timeout(1) sends one to
// the process and to its group, npm one behind that of the terminal. That is one request,
// for a drain, and no second signal.
func TestDoubledSignal(t *testing.T) {
	const rounds = 10
	for round := range rounds {
		signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[round%2]
		s := start(t, "-drain", "1m")
		c := s.login("A")
		s.Signal(signal)
		time.Sleep(time.Millisecond) // or else the system makes one of both by itself
		s.Signal(signal)
		c.closedWith(frame.GoingAway)
		<-s.Ended
		if state := s.Died(); state.ExitCode() != 0 {
			t.Fatalf("round %d: ended with %v, want a drain", round, state)
		}
	}
}

// RFC 6455 §7.1.1, PROTOCOL 4: the server ends TCP when its close frame is answered,
// also if a message was too long: a browser calls it unclean otherwise. From a peer that
// breaks the protocol nothing more is awaited (§7.1.7).
func TestFailedConnection(t *testing.T) {
	s := start(t, "-max-message", "1000")
	for _, row := range []struct {
		name  string
		code  frame.CloseCode
		send  []byte
		waits bool
	}{
		{"1002", frame.ProtocolError, masked(frame.Header{Fin: true, Opcode: 3}, "W,hi"), false},
		{"1007", frame.InvalidPayload, masked(frame.Header{Fin: true, Opcode: frame.Text}, "W,\xff"), false},
		{"1009", frame.MessageTooBig, masked(frame.Header{Fin: true, Opcode: frame.Text}, strings.Repeat("x", 1001)), true},
		{"1009, in the middle of a message", frame.MessageTooBig,
			frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: 1 << 40}), true},
	} {
		s.run(row.name, func(t *testing.T) {
			c := s.login("X")
			defer c.Conn.Close()
			c.Raw(row.send)
			m, err := c.NextMessage()
			if code, _, _ := frame.ParseClose(m.Payload); err != nil || code != row.code {
				t.Fatalf("got %v %q, %v, want close %v", m.Opcode, m.Payload, err, row.code)
			}
			if row.waits {
				c.Conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
				if _, err := c.Conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("before the answer: %v", err)
				}
				c.Send(frame.Close, m.Payload)
			}
			c.Conn.SetReadDeadline(time.Now().Add(target.Patience))
			since := time.Now()
			if n, err := c.Conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d bytes, %v, want the end", n, err)
			}
			if took := time.Since(since); took > 4*time.Second {
				t.Errorf("TCP ended after %v", took)
			}
		})
	}
}

// A client that has finished the closing handshake and keeps TCP open is not waited
// for as long as at other times.
func TestDrainDoesNotWaitForTCP(t *testing.T) {
	s := start(t, "-drain", "1m")
	c := s.login("A")
	if err := c.Close(frame.NormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	if m, err := c.NextMessage(); err != nil || m.Opcode != frame.Close {
		t.Fatalf("got %v, %v, want a close frame", m.Opcode, err)
	}
	began := time.Now()
	s.Terminate()
	<-s.Ended
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the drain took %v", took)
	}
}
