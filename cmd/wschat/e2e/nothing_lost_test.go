//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// plan is what a user of the test does, and what there will be in the end.
type plan struct {
	User         string         `json:"user"`
	Groups       []string       `json:"groups"`
	Destinations []string       `json:"destinations"` // of its messages, in turn
	Count        int            `json:"count"`
	Expect       map[string]int `json:"expect"` // messages by conversation
}

// outcome is what the user has to show.
type outcome struct {
	Received    map[string][]received
	Acked       []acked
	Strange     []json.RawMessage
	Connections int
}

type (
	received struct {
		Seq  uint64
		Text string
	}
	acked struct {
		To   string
		Seq  uint64
		Text string
	}
)

func (r *received) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&r.Seq, &r.Text})
}

func (a *acked) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&a.To, &a.Seq, &a.Text})
}

// PROTOCOL 6: a client whose network breaks ends up with every message of its
// conversations exactly once, in order.
func TestPageNothingLostOnABrokenNetwork(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if given := os.Getenv("WSCHAT_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("WSCHAT_SEED=%d", seed)
	s := start(t, "-rate", "0", "-history", "0")
	network := breakNetwork(t, s, rand.New(rand.NewPCG(seed, 0)))
	plans := makePlans()
	browser := startChromium(t)
	participants := map[string]participant{
		"chrome": browser.join(network, plans["chrome"]),
		"node1":  joinFromNode(t, network, plans["node1"]),
		"node2":  joinFromNode(t, network, plans["node2"]),
		"direct": s.join(plans["direct"]),
		"other":  s.join(plans["other"]),
	}
	began := time.Now()
	network.setWild(true)
	for _, p := range participants {
		p.begin()
	}
	outcomes := make(map[string]outcome)
	for user, p := range participants {
		outcomes[user] = p.finish()
	}
	t.Logf("%v; the network: %v", time.Since(began).Round(time.Millisecond), network.done)
	for user, o := range outcomes {
		t.Logf("%s: %d connections", user, o.Connections)
		check(t, plans[user], o)
	}
	sameForAll(t, outcomes)
	for _, what := range []fate{cutOff, halved, stopped, delayed} {
		if network.done[what] == 0 {
			t.Errorf("nothing was %s", what)
		}
	}
}

// makePlans has each of five users send 2,000 messages, and counts what there
// will be in each conversation.
func makePlans() map[string]*plan {
	plans := map[string]*plan{
		"chrome": {Groups: []string{"groupA", "groupB"}, Destinations: []string{"all", "groupA", "node1", "groupB", "direct"}},
		"node1":  {Groups: []string{"groupA"}, Destinations: []string{"all", "groupA", "chrome", "groupA", "node2"}},
		"node2":  {Groups: []string{"groupB"}, Destinations: []string{"groupB", "node1", "all", "other", "node2"}},
		"direct": {Groups: []string{"groupA", "groupB"}, Destinations: []string{"all", "groupA", "chrome", "groupB", "all"}},
		"other":  {Groups: []string{"groupA"}, Destinations: []string{"groupA", "all", "node2", "direct", "all"}},
	}
	for user, p := range plans {
		p.User, p.Count, p.Expect = user, 2000, make(map[string]int)
	}
	for user, p := range plans {
		for _, to := range p.Destinations {
			each := p.Count / len(p.Destinations)
			switch {
			case to == "all" || strings.HasPrefix(to, "group"):
				for _, member := range plans {
					if to == "all" || slices.Contains(member.Groups, to) {
						member.Expect[to] += each
					}
				}
			default:
				p.Expect[to] += each
				if to != user {
					plans[to].Expect[user] += each
				}
			}
		}
	}
	return plans
}

// check checks what one user has seen by itself.
func check(t *testing.T, p *plan, o outcome) {
	t.Helper()
	if len(o.Strange) > 0 {
		t.Errorf("%s: %s", p.User, o.Strange)
	}
	texts := make(map[string]map[uint64]string)
	for conversation, want := range p.Expect {
		got := o.Received[conversation]
		texts[conversation] = make(map[uint64]string, len(got))
		if len(got) != want {
			t.Errorf("%s: %d messages of %s, want %d", p.User, len(got), conversation, want)
		}
		for i, m := range got {
			texts[conversation][m.Seq] = m.Text
			if m.Seq != uint64(i)+1 {
				t.Fatalf("%s: message %d of %s has the number %d", p.User, i+1, conversation, m.Seq)
			}
		}
	}
	if len(o.Acked) != p.Count {
		t.Errorf("%s: %d acks, want %d", p.User, len(o.Acked), p.Count)
	}
	for _, a := range o.Acked {
		if texts[a.To][a.Seq] != a.Text {
			t.Errorf("%s: %q to %s was acknowledged as %d, which is %q", p.User, a.Text, a.To, a.Seq, texts[a.To][a.Seq])
		}
		delete(texts[a.To], a.Seq) // so that no number is acknowledged twice
	}
}

// sameForAll checks that all have seen the same conversations.
func sameForAll(t *testing.T, outcomes map[string]outcome) {
	t.Helper()
	first := make(map[string][]received)
	for user, o := range outcomes {
		for conversation, got := range o.Received {
			name := conversation
			if conversation != "all" && !strings.HasPrefix(conversation, "group") {
				name = min(user, conversation) + " and " + max(user, conversation)
			}
			if known, ok := first[name]; ok && !slices.Equal(known, got) {
				t.Errorf("%s has seen another %s", user, name)
			}
			first[name] = got
		}
	}
}
