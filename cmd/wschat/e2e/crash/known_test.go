//go:build e2e

package crash

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// known is what clients know of a server that crashes, over all its lives. Safe for
// concurrent use.
type known struct {
	t *testing.T

	mu       sync.Mutex
	tried    map[string]bool              // texts that were sent to all and groupA
	acked    map[string]map[uint64]string // texts of those, by conversation and seq
	seen     map[string]map[uint64]string // likewise
	lives    []life                       // those that are over
	answered time.Time                    // when the latest message was sent that was acknowledged, in this life
	repeated int                          // messages that had waited and were written once more
	changes  int                          // joins and leaves that were acknowledged
}

// life is one of the server.
type life struct {
	end
	answered time.Time
}

func newKnown(t *testing.T) *known {
	texts := func() map[string]map[uint64]string {
		return map[string]map[uint64]string{"all": {}, "groupA": {}}
	}
	return &known{t: t, tried: make(map[string]bool), acked: texts(), seen: texts()}
}

// ended notes that a life of the server is over.
func (k *known) ended(how end) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lives = append(k.lives, life{how, k.answered})
	k.answered = time.Time{}
}

// isAnswered notes that a message which was sent at some time is acknowledged.
func (k *known) isAnswered(sent time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if sent.After(k.answered) {
		k.answered = sent
	}
}

// life is which one it is.
func (k *known) life() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.lives)
}

func (k *known) try(text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried[text] = true
}

func (k *known) note(what map[string]map[uint64]string, conversation string, seq uint64, text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	texts := what[conversation]
	if texts == nil {
		return // nobody looks at that one
	}
	if other, ok := texts[seq]; ok && other != text {
		k.t.Errorf("%s: %d is %q and %q", conversation, seq, other, text)
	}
	texts[seq] = text
}

// check compares the histories with what is known.
func (k *known) check(s *target.Server) {
	k.t.Helper()
	c := open(k.t, s, "checker")
	defer c.Conn.Close()
	if err := c.SendText(`{"op":"join","id":"j","group":"groupA"}`); err != nil {
		k.t.Fatal(err)
	}
	next(k.t, c, "ack")
	for _, conversation := range []string{"all", "groupA"} {
		there := k.history(c, conversation)
		for what, known := range map[string]map[uint64]string{"acknowledged": k.acked[conversation], "seen": k.seen[conversation]} {
			for seq, text := range known {
				if there[seq] != text {
					k.t.Errorf("%s: %d is %q, was %s as %q", conversation, seq, there[seq], what, text)
				}
			}
		}
	}
}

// history reads all of a conversation: it has no hole, nothing twice, and nothing
// that nobody sent.
func (k *known) history(c *target.Client, conversation string) map[uint64]string {
	k.t.Helper()
	there := make(map[uint64]string)
	texts := make(map[string]bool)
	for after, more := uint64(0), true; more; {
		if err := c.SendText(fmt.Sprintf(`{"op":"history","id":"h","of":%q,"after":%d,"limit":200}`, conversation, after)); err != nil {
			k.t.Fatal(err)
		}
		e := next(k.t, c, "history")
		for _, m := range e.Messages {
			if m.Seq != after+1 {
				k.t.Fatalf("%s: %d follows %d", conversation, m.Seq, after)
			}
			if texts[m.Text] {
				k.t.Errorf("%s: %q is there twice", conversation, m.Text)
			}
			if !k.tried[m.Text] {
				k.t.Errorf("%s: nobody has sent %q", conversation, m.Text)
			}
			after, texts[m.Text], there[m.Seq] = m.Seq, true, m.Text
		}
		more = e.More
	}
	return there
}

func (k *known) String() string {
	return fmt.Sprintf("acknowledged: %d messages, %d joins and leaves; %d that had waited were written again",
		len(k.acked["all"])+len(k.acked["groupA"]), k.changes, k.repeated)
}
