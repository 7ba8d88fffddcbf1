//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// asks sends a JSON request and returns the event that answers it.
func (c *client) asks(format string, args ...any) (e struct {
	Event, ID, Code string
	Seq             int
	Messages        []struct{ Seq int }
}) {
	c.server.t.Helper()
	c.say(fmt.Sprintf(format, args...))
	for e.Event != "ack" && e.Event != "error" && e.Event != "history" {
		text, err := c.NextText()
		if err == nil {
			err = json.Unmarshal([]byte(text), &e)
		}
		if err != nil {
			c.server.t.Fatal(err)
		}
	}
	return e
}

// sends sends a message until it is acknowledged, and returns its number.
func (c *client) sends(to string) (seq int) {
	c.server.t.Helper()
	until(c.server.t, "a message to "+to+" is acknowledged", func() bool {
		e := c.asks(`{"op":"send","id":"%s %d","to":"%s","text":"x"}`, to, time.Now().UnixNano(), to)
		if e.Event == "error" && e.Code != "unavailable" {
			c.server.t.Fatalf("%+v", e)
		}
		seq = e.Seq
		return e.Event == "ack"
	})
	return seq
}

func (c *client) leaves(group string) {
	c.asks(`{"op":"leave","id":"leave %s","group":"%s"}`, group, group)
}

// PROTOCOL 6: "A conversation that nobody is in any more may be forgotten; it begins
// anew at its old number", here when there are -max-conversations. One that somebody
// is in stays, however long it has been silent.
func TestConversationsAreForgotten(t *testing.T) {
	for _, flags := range [][]string{nil, {"-data", t.TempDir()}} {
		s := start(t, append(flags, "-max-conversations", "3", "-membership-ttl", "20ms", "-presence", "none")...)
		a, _ := s.program("A")
		want := map[string]int{}
		for _, group := range []string{"groupStay", "groupA", "groupB", "groupC", "groupA", "groupB", "groupStay", "groupC", "groupA"} {
			want[group]++
			if seq := a.sends(group); seq != want[group] {
				t.Fatalf("%v: %s goes on with %d, want %d", flags, group, seq, want[group])
			}
			if group != "groupStay" {
				a.leaves(group)
			}
		}
		for group, from := range map[string]int{"groupStay": 1, "groupA": 3} {
			a.asks(`{"op":"join","id":"join","group":"%s"}`, group)
			e := a.asks(`{"op":"history","id":"history","of":"%s"}`, group)
			if len(e.Messages) == 0 || e.Messages[0].Seq != from || e.Messages[len(e.Messages)-1].Seq != want[group] {
				t.Errorf("%v: of %s there is %+v, want %d to %d", flags, group, e.Messages, from, want[group])
			}
		}
	}
}
