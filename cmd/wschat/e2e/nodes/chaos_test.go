//go:build e2e && linux

package nodes

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// Whatever fails, fails at random, one thing after the other, while people talk, come and
// go: nodes die, drain and stand still, Redis dies and stands still, nodes are cut off
// from it, slots move. Nothing is lost, doubled or out of order, and in the end there is
// nobody who is not there. WSCHAT_SEED repeats a run, as far as a machine can.
func TestNodesChaos(t *testing.T) {
	seed := rand.Uint64()
	if n, err := strconv.ParseUint(os.Getenv("WSCHAT_SEED"), 10, 64); err == nil {
		seed = n
	}
	length, pace := 10*time.Second, 20*time.Millisecond
	if whole { // in a new epoch all read everything again
		length, pace = 10*time.Minute, 200*time.Millisecond
	}
	for name, start := range map[string]func(*testing.T) *chaos{"one Redis": oneRedis, "a cluster": aCluster} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Logf("WSCHAT_SEED=%d", seed)
			c := start(t)
			c.random = rand.New(rand.NewPCG(seed, 0))
			c.run(length, pace)
		})
	}
}

// chaos is a chat and what may happen to it.
type chaos struct {
	t       *testing.T
	random  *rand.Rand
	redis   []*redistest.Server
	nodes   *fleet
	urls    []string // as the nodes have them
	special []func() // what can happen to this Redis only

	talkers []*chatter
	movers  []*chatter // who come and go
	came    int
}

var always = []string{"appendonly yes", "appendfsync always"}

func oneRedis(t *testing.T) *chaos {
	redis := redistest.Start(t, always...)
	c := &chaos{t: t, redis: []*redistest.Server{redis}}
	for range 3 {
		proxy := redistest.NewProxy(t, redis.Addr())
		c.urls = append(c.urls, redis.URLAt(proxy.Addr()))
		c.special = append(c.special, func() {
			proxy.Stall()
			c.wait("a node is cut off from Redis")
			proxy.Pass()
		})
	}
	return c
}

func aCluster(t *testing.T) *chaos {
	cluster := redistest.StartCluster(t, 3, always...)
	c := &chaos{t: t, redis: cluster.Nodes}
	for range 3 {
		c.urls = append(c.urls, cluster.URL())
	}
	for _, key := range []string{"wschat:{c:groupX}", "wschat:{c:all}", "wschat:{nodes}", "wschat:{u:user00}"} {
		c.special = append(c.special, func() {
			cluster.Wait() // who was away may not know yet who has what
			to := c.random.IntN(3)
			if to == cluster.Owner(key) {
				to = (to + 1) % 3
			}
			t.Logf("the slot of %s moves", key)
			moveSlot(cluster, key, to)
		})
	}
	return c
}

func (c *chaos) run(length, pace time.Duration) {
	c.nodes = newFleet()
	for _, url := range c.urls {
		c.nodes.nodes = append(c.nodes.nodes, startNode(c.t, url, "-history", "0"))
	}
	c.talkers = crowdOn(c.t, c.nodes, 9)
	stop := talk(c.talkers, pace)
	for began := time.Now(); time.Since(began) < length; {
		sofar := c.talkers[0].last("groupX")
		for _, talker := range c.talkers {
			talker.goOn("groupX", sofar+uint64(c.random.IntN(100)))
		}
		c.people()
		if c.random.IntN(3) == 0 {
			c.special[c.random.IntN(len(c.special))]()
		} else {
			c.accident()
		}
	}
	stop()
	all := append(c.talkers, c.movers...)
	quiet(all)
	for range 2 { // who died with a node is there for 30 s
		target.Until(func() bool {
			wrong := 0
			for group, names := range whoIsThere(all) {
				wrong += len(mistaken(all, group, names))
			}
			return wrong == 0
		})
	}
	check(c.t, all)
	// A node that ends before all have found their data in a Redis that has begun anew takes
	// along what it knew of them: that is a new epoch, though nothing is lost.
	for _, one := range all {
		one.mu.Lock()
		c.t.Logf("%s: %d epochs", one.user, one.told.epochs)
		if one.acks != one.sent {
			c.t.Errorf("%s: %d of %d acknowledged", one.user, one.acks, one.sent)
		}
		one.mu.Unlock()
	}
}

// accident is one that may happen to any node or Redis.
func (c *chaos) accident() {
	i := c.random.IntN(3)
	node, redis := c.nodes.get(i), c.redis[c.random.IntN(len(c.redis))]
	switch c.random.IntN(5) {
	case 0:
		c.t.Logf("node %d is killed", i)
		node.Kill()
		c.nodes.replace(i, startNode(c.t, c.urls[i], "-history", "0"))
	case 1:
		c.t.Logf("node %d is drained", i)
		node.Terminate()
		<-node.Ended
		c.nodes.replace(i, startNode(c.t, c.urls[i], "-history", "0"))
	case 2:
		node.Signal(syscall.SIGSTOP)
		c.wait(fmt.Sprintf("node %d stands still", i))
		node.Signal(syscall.SIGCONT)
	case 3:
		redis.Pause()
		c.wait("Redis stands still")
		redis.Resume()
	case 4:
		redis.Kill()
		c.wait("Redis is away")
		redis.Restart(true)
	}
}

// wait is as long as something lasts: mostly short, at times longer than a lease.
func (c *chaos) wait(what string) {
	length := time.Duration(c.random.IntN(1500)) * time.Millisecond
	if whole && c.random.IntN(4) == 0 {
		length *= 12
	}
	c.t.Logf("%s for %v", what, length)
	time.Sleep(length)
}

// people have somebody come, and somebody go.
func (c *chaos) people() {
	if len(c.movers) > 5 {
		i := c.random.IntN(len(c.movers))
		c.movers[i].quit()
		c.movers = slices.Delete(c.movers, i, i+1)
	}
	c.came++
	c.movers = append(c.movers, arrive(c.t, fmt.Sprintf("came%03d", c.came), c.nodes, c.random.IntN(3), "groupX"))
}
