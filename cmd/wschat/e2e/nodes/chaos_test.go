//go:build e2e && linux

package nodes

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// Nodes are killed and replaced, and Redis is killed and comes back with its data,
// again and again, while people talk. CRASH_ROUNDS says how often, WSCHAT_SEED in
// which order.
func TestNodesChaos(t *testing.T) {
	t.Parallel()
	rounds := 4
	if n, err := strconv.Atoi(os.Getenv("CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	seed := rand.Uint64()
	if n, err := strconv.ParseUint(os.Getenv("WSCHAT_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("WSCHAT_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	redis := redistest.Start(t, "appendonly yes", "appendfsync always")
	flags := []string{"-history", "0"}
	nodes := newFleet(startNodes(t, 3, redis.URL(), flags...)...)
	var all []*chatter
	for i := range 9 {
		all = append(all, newChatter(t, fmt.Sprintf("user%02d", i), nodes, i))
	}
	stop := talk(all, 20*time.Millisecond)
	for range rounds {
		sofar := all[0].last("groupX")
		for _, c := range all {
			c.until("to go on", func() bool { return c.told.whole["groupX"] > sofar+uint64(random.IntN(100)) })
		}
		if victim := random.IntN(4); victim < 3 {
			nodes.get(victim).Kill()
			nodes.replace(victim, startNode(t, redis.URL(), flags...))
		} else {
			redis.Kill()
			redis.Restart(true)
		}
	}
	stop()
	quiet(all)
	check(t, all)
	for _, c := range all {
		c.mu.Lock()
		if c.told.epochs != 1 || c.acks != c.sent {
			t.Errorf("%s: %d epochs, %d of %d acknowledged", c.user, c.told.epochs, c.acks, c.sent)
		}
		c.mu.Unlock()
	}
}
