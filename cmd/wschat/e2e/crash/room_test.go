//go:build e2e

package crash

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// PROTOCOL 6: beyond -history-bytes the conversations of whoever wrote most lose their oldest
// messages. Nobody else does, and nobody is refused, not after a restart either: here one
// user fills the server with one message in each of many groups, and with messages to
// himself.
func TestFloodHarmsItsAuthor(t *testing.T) {
	const said, waiting = 200, 20
	for name, flags := range map[string][]string{
		"in memory": nil,
		"on disk":   {"-data", t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := append([]string{"-history-bytes", "1048576", "-rate", "0", "-presence", "none"}, flags...)
			s := target.Start(t, flags...)
			open(t, s, "C").Reset()
			b := open(t, s, "B")
			sent := 0
			send := func(c *target.Client, to, text string) {
				t.Helper()
				sent++
				if err := c.SendText(fmt.Sprintf(`{"op":"send","id":"%d","to":%q,"text":%q}`, sent, to, text)); err != nil {
					t.Fatal(err)
				}
				if e := next(t, c, "ack", "error"); e.Event != "ack" {
					t.Fatalf("to %s: %+v", to, e)
				}
			}
			for range said {
				send(b, "groupB", "said")
			}
			for range waiting {
				send(b, "C", "waits")
			}
			a := open(t, s, "A")
			large := strings.Repeat("x", 100<<10)
			for i := range 30 {
				group := fmt.Sprint("group", i)
				send(a, group, large)
				if err := a.SendText(fmt.Sprintf(`{"op":"leave","id":"leave","group":%q}`, group)); err != nil {
					t.Fatal(err)
				}
				next(t, a, "ack")
				send(a, "A", large)
			}
			for round := range 2 {
				if status := health(t, s); status != http.StatusOK {
					t.Errorf("/healthz answers %d", status)
				}
				send(b, "groupB", "goes on")
				for _, of := range []string{"groupB", "C"} {
					if err := b.SendText(fmt.Sprintf(`{"op":"history","id":"1","of":%q,"before":2}`, of)); err != nil {
						t.Fatal(err)
					}
					if e := next(t, b, "history"); len(e.Messages) != 1 {
						t.Errorf("the first message to %s is lost: %+v", of, e)
					}
				}
				if name == "in memory" || round == 1 {
					return
				}
				s.Kill()
				s = target.Start(t, flags...)
				b = open(t, s, "B")
			}
		})
	}
}
