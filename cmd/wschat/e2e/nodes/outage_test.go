//go:build e2e && linux

package nodes

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// whole reports whether the tests are to run in full, which takes minutes: make crash.
var whole = os.Getenv("CRASH_ROUNDS") != ""

// lease is longer than a node takes to find out that another one is dead, and to bury it.
const lease = 18 * time.Second

// outage is a Redis that is out of reach, for all nodes or for one, and comes back with
// its data.
type outage struct {
	name       string
	begin, end func(*redistest.Server, *redistest.Proxy)
	alone      bool // only the third node is cut off
}

var outages = []outage{
	{"Redis stopped", func(r *redistest.Server, _ *redistest.Proxy) { r.Pause() }, func(r *redistest.Server, _ *redistest.Proxy) { r.Resume() }, false},
	{"Redis restarted", func(r *redistest.Server, _ *redistest.Proxy) { r.Kill() }, func(r *redistest.Server, _ *redistest.Proxy) { r.Restart(true) }, false},
	{"one node cut off", func(_ *redistest.Server, p *redistest.Proxy) { p.Stall() }, func(_ *redistest.Server, p *redistest.Proxy) { p.Pass() }, true},
}

// An outage of any length is no event for those who do not move: 100 users over three
// nodes, of whom some come, go, join, leave and write meanwhile. Each of that is told
// once; if one node was cut off for longer than its lease, so is that its users have been
// away.
func TestNodesOutage(t *testing.T) {
	t.Parallel()
	lengths := []time.Duration{time.Second, 5 * time.Second}
	if whole {
		lengths = append(lengths, 16*time.Second, 40*time.Second)
	}
	for _, o := range outages {
		for _, length := range lengths {
			t.Run(fmt.Sprintf("%s for %v", o.name, length), func(t *testing.T) {
				t.Parallel()
				testOutage(t, o, length)
			})
		}
	}
}

func testOutage(t *testing.T, o outage, length time.Duration) {
	redis := redistest.Start(t, "appendonly yes", "appendfsync always")
	proxy := redistest.NewProxy(t, redis.Addr())
	nodes := newFleet(append(startNodes(t, 2, redis.URL(), "-history", "0"), startNode(t, redis.URLAt(proxy.Addr()), "-history", "0"))...)
	var all []*chatter
	cut := make(map[*chatter]bool) // off from the others
	for i := range 100 {
		c := arrive(t, fmt.Sprintf("user%02d", i), nodes, i, "groupX")
		all = append(all, c)
		if o.alone && i%3 == 2 {
			cut[c] = true
		}
	}
	for _, c := range all {
		c.until("to be in groupX", func() bool { return c.isIn("groupX") })
	}
	agree(t, all)
	for _, c := range all {
		c.forgetMoves()
	}
	stop := talk(all[60:72], 200*time.Millisecond)
	time.Sleep(time.Second) // somebody is always writing

	o.begin(redis, proxy)
	began := time.Now()
	time.Sleep(length / 4)
	moves := make(map[string][]string) // what may be told of whom
	for _, c := range all[:6] {
		c.quit()
		moves[c.user] = []string{"-"}
	}
	for _, c := range all[6:12] {
		c.move("groupX", false)
		moves["groupX "+c.user] = []string{"-"}
	}
	for _, c := range all[12:18] {
		c.move("groupY", true)
	}
	all = slices.Delete(all, 0, 6)
	for i := range 6 {
		came := arrive(t, fmt.Sprintf("came%02d", i), nodes, i, "groupX")
		all = append(all, came)
		moves[came.user], moves["groupX "+came.user] = []string{"+"}, []string{"+"}
	}
	time.Sleep(length - time.Since(began)) // what is tested is an outage that long
	o.end(redis, proxy)
	stayers := all[12:94] // neither moved nor came
	for _, c := range all {
		c.until("to go on", func() bool { return len(c.wants) == 0 || c.isIn("groupX") })
	}
	stop()
	quiet(all)
	agree(t, all)
	if whole {
		time.Sleep(lease) // if somebody is to be buried, it is by now
	}
	check(t, all)
	stayed(t, stayers, 1, 1)
	var wrong []string
	for _, c := range stayers {
		may := maps.Clone(moves)
		for other := range cut {
			if !cut[c] && length > lease/2 { // the node may be believed dead
				may[other.user] = append(may[other.user], "", "-+")
			}
		}
		wrong = append(wrong, c.falselyTold(may)...)
	}
	if len(wrong) > 0 {
		t.Errorf("%d moves are told falsely: %s", len(wrong), some(wrong))
	}
}

// forgetMoves has only what is told from now on count.
func (c *chatter) forgetMoves() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.told.moves)
}

// falselyTold are the moves that a chatter has been told of otherwise than they may be told.
func (c *chatter) falselyTold(moves map[string][]string) (wrong []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, got := range c.told.moves {
		if may := moves[key]; !slices.Contains(may, got) {
			wrong = append(wrong, fmt.Sprintf("%s is told %q of %s, want %q", c.user, got, key, may))
		}
	}
	for key, may := range moves {
		if c.told.moves[key] == "" && !slices.Contains(may, "") {
			wrong = append(wrong, fmt.Sprintf("%s is told nothing of %s, want %q", c.user, key, may))
		}
	}
	return wrong
}
