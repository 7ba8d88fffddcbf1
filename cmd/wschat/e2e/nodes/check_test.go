//go:build e2e && linux

package nodes

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// check waits until all chatters have been told the same, and what is true, and then
// compares what they have to show with each other: each has every message, those that
// were acknowledged are there, and nothing was told that does not add up.
func check(t *testing.T, chatters []*chatter, others ...string) {
	t.Helper()
	agree(t, chatters, others...)
	newest := make(map[string]uint64)
	for _, c := range chatters {
		c.mu.Lock()
		for of := range c.told.texts {
			name := globalName(c.user, of)
			newest[name] = max(newest[name], c.told.last[of])
		}
		c.mu.Unlock()
	}
	for _, c := range chatters {
		for name, seq := range newest {
			of, takesPart := c.calls(name)
			if takesPart && seq > 0 {
				c.goOn(of, seq-1)
			}
		}
	}
	var lost []string
	for _, c := range chatters {
		c.mu.Lock()
		for of, texts := range c.told.acked {
			for seq, text := range texts {
				if got := c.told.texts[of][seq]; got != text && c.knows(of) {
					lost = append(lost, fmt.Sprintf("%s: %q was acknowledged as %d of %s, which is %q", c.user, text, seq, of, got))
				}
			}
		}
		if wrong := c.told.wrong; len(wrong) > 0 {
			t.Errorf("%s was told what does not add up, %d times: %s", c.user, len(wrong), some(wrong))
		}
		c.mu.Unlock()
	}
	if len(lost) > 0 {
		t.Errorf("%d messages were acknowledged, and are lost: %s", len(lost), some(lost))
	}
	if wrong := chatters[0].nodes.numbers.wrong; len(wrong) > 0 {
		t.Errorf("%d numbers stand for two things: %s", len(wrong), some(wrong))
	}
}

// calls returns what a conversation is to the user, and whether he takes part in it.
func (c *chatter) calls(name string) (of string, takesPart bool) {
	if a, b, private := strings.Cut(name, ","); private {
		return conversationOf(c.user, event{From: a, To: b}), a == c.user || b == c.user
	}
	return name, c.knows(name)
}

// knows reports whether the user gets all messages of a conversation.
func (c *chatter) knows(of string) bool { return !strings.HasPrefix(of, "group") || c.wants[of] }

// agree waits until who everybody believes to be there is who is there, the chatters and
// some others who are in no group, and asks.
func agree(t *testing.T, chatters []*chatter, others ...string) {
	t.Helper()
	for group, names := range whoIsThere(chatters, others...) {
		var wrong []string
		target.Until(func() bool {
			wrong = mistaken(chatters, group, names)
			return len(wrong) == 0
		})
		for _, c := range chatters {
			c.askWho(group)
		}
		for _, c := range chatters {
			c.until("for who,"+group, func() bool { return c.told.who[group] != nil })
			c.mu.Lock()
			if got := c.told.who[group]; !slices.Equal(got, names) {
				wrong = append(wrong, fmt.Sprintf("%s is answered who,%s: %s", c.user, group, difference(got, names)))
			}
			c.mu.Unlock()
		}
		if len(wrong) > 0 {
			t.Errorf("%d are mistaken or answered falsely: %s", len(wrong), some(wrong))
		}
	}
}

// whoIsThere is who is online, by group; "": everybody.
func whoIsThere(chatters []*chatter, others ...string) map[string][]string {
	there := map[string][]string{"": others}
	for _, c := range chatters {
		there[""] = append(there[""], c.user)
		for group := range c.wants {
			there[group] = append(there[group], c.user)
		}
	}
	for _, names := range there {
		slices.Sort(names)
	}
	return there
}

// mistaken are those who believe something else, if they have to know.
func mistaken(chatters []*chatter, group string, names []string) (wrong []string) {
	for _, c := range chatters {
		c.mu.Lock()
		want := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return c.told.cannotKnow(group, name) })
		if got := c.told.in(group); (group == "" || c.wants[group]) && !slices.Equal(got, want) {
			wrong = append(wrong, fmt.Sprintf("%s believes %q: %s", c.user, group, difference(got, want)))
		}
		c.mu.Unlock()
	}
	return wrong
}

// some are the first few lines, for a test's output.
func some(lines []string) string { return "\n\t" + strings.Join(lines[:min(5, len(lines))], "\n\t") }

// difference is what is false about got.
func difference(got, want []string) string {
	false, missing := setOf(got), setOf(want)
	for _, name := range got {
		delete(missing, name)
	}
	for _, name := range want {
		delete(false, name)
	}
	return fmt.Sprintf("%d names; missing: %v; not there: %v",
		len(got), slices.Sorted(maps.Keys(missing)), slices.Sorted(maps.Keys(false)))
}

// stayed checks how often each chatter was welcome, and in how many epochs; with one
// each, nothing has happened to him. All that was sent is acknowledged.
func stayed(t *testing.T, chatters []*chatter, welcomes, epochs int) {
	t.Helper()
	for _, c := range chatters {
		c.mu.Lock()
		if c.logins != welcomes || c.told.epochs != epochs || c.acks != c.sent {
			t.Errorf("%s: %d welcomes, %d epochs, %d of %d acknowledged", c.user, c.logins, c.told.epochs, c.acks, c.sent)
		}
		c.mu.Unlock()
	}
}

// quiet waits until all that was asked is answered.
func quiet(chatters []*chatter) {
	for _, c := range chatters {
		c.t.Helper()
		c.until("for answers", func() bool { return len(c.open) == 0 })
	}
}

// goOn waits until each is answered something new, and little that it has asked is open.
func goOn(chatters []*chatter) {
	began := time.Now()
	for _, c := range chatters {
		c.t.Helper()
		c.until("to go on", func() bool { return c.answered.After(began) && len(c.open) < 10 })
	}
}

// talk has each chatter send now and then, to groupX, to all and to the next one, until
// stopped; the texts are all different. stop returns when nothing more is sent.
func talk(chatters []*chatter, pause time.Duration) (stop func()) {
	done := make(chan struct{})
	var talking sync.WaitGroup
	for n, c := range chatters {
		next := chatters[(n+1)%len(chatters)]
		talking.Go(func() {
			ticker := time.NewTicker(pause)
			defer ticker.Stop()
			c.mu.Lock()
			i := c.sent
			c.mu.Unlock()
			for ; ; i++ {
				select {
				case <-done:
					return
				case <-ticker.C:
				}
				to := []string{"all", "groupX", next.user, "groupX"}[i%4]
				if c.waiting() < 20 { // a person, too, waits to see what was sent
					c.say(to, fmt.Sprintf("%s says %d", c.user, i))
				}
			}
		})
	}
	return func() {
		close(done)
		talking.Wait()
	}
}

// health is the status of /healthz.
func health(t *testing.T, s *target.Server) int {
	t.Helper()
	return get(t, s, "/healthz")
}

func get(t *testing.T, s *target.Server, path string) int {
	t.Helper()
	response, err := http.Get("http://" + s.Addr + path)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}
