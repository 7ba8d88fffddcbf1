package redistest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// slots is the number of hash slots of a cluster.
const slots = 16384

// Cluster is masters without replicas that share the slots evenly. Its methods
// are for the test's goroutine.
type Cluster struct {
	Nodes []*Server
	t     testing.TB
}

// StartCluster starts so many masters with these lines of configuration, and
// waits until each finds the cluster in order.
func StartCluster(t testing.TB, masters int, lines ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	for range masters {
		bus := strconv.Itoa(freePort(t))
		c.Nodes = append(c.Nodes, Start(t, append([]string{"cluster-enabled yes", "cluster-port " + bus,
			"cluster-node-timeout 5000"}, lines...)...))
	}
	for i, node := range c.Nodes {
		node.CLI("cluster", "set-config-epoch", strconv.Itoa(i+1))
		node.CLI("cluster", "addslotsrange", strconv.Itoa(slots*i/masters), strconv.Itoa(slots*(i+1)/masters-1))
	}
	for _, node := range c.Nodes[1:] {
		node.CLI("cluster", "meet", "127.0.0.1", strconv.Itoa(node.port), node.bus())
		c.Nodes[0].CLI("cluster", "meet", "127.0.0.1", strconv.Itoa(node.port), node.bus())
	}
	c.Wait()
	return c
}

func (s *Server) bus() string {
	for _, line := range s.lines {
		if port, ok := strings.CutPrefix(line, "cluster-port "); ok {
			return port
		}
	}
	return ""
}

// URL returns where the first node is.
func (c *Cluster) URL() string { return c.Nodes[0].URL() }

// Wait waits until every node says that the cluster is whole and in order.
func (c *Cluster) Wait() {
	c.t.Helper()
	for i, node := range c.Nodes {
		Eventually(c.t, fmt.Sprintf("node %d finds the cluster in order", i), func() bool {
			info := node.CLI("cluster", "info")
			return strings.Contains(info, "cluster_state:ok") &&
				strings.Contains(info, "cluster_slots_ok:16384") &&
				strings.Contains(info, fmt.Sprintf("cluster_size:%d", len(c.Nodes)))
		})
	}
}

// Slot returns the slot of a key.
func (c *Cluster) Slot(key string) int {
	c.t.Helper()
	slot, err := strconv.Atoi(c.Nodes[0].CLI("cluster", "keyslot", key))
	if err != nil {
		c.t.Fatal(err)
	}
	return slot
}

// Owner returns the node that has a slot, an index of Nodes.
func (c *Cluster) Owner(slot int) int {
	c.t.Helper()
	for i, node := range c.Nodes {
		for line := range strings.Lines(node.CLI("cluster", "nodes")) {
			fields := strings.Fields(line)
			if !strings.Contains(fields[2], "myself") {
				continue
			}
			for _, part := range fields[8:] {
				first, last, _ := strings.Cut(part, "-")
				from, err := strconv.Atoi(first)
				to, err2 := strconv.Atoi(last)
				if last == "" {
					to, err2 = from, nil
				}
				if err == nil && err2 == nil && from <= slot && slot <= to {
					return i
				}
			}
		}
	}
	c.t.Fatalf("nobody has slot %d", slot)
	return 0
}

// BeginMove makes a slot migrate to another node: keys that are not at its owner
// are answered with ASK from now on. MoveKeys and EndMove complete it.
func (c *Cluster) BeginMove(slot, to int) {
	c.t.Helper()
	from, n := c.Owner(slot), strconv.Itoa(slot)
	c.Nodes[to].CLI("cluster", "setslot", n, "importing", c.id(from))
	c.Nodes[from].CLI("cluster", "setslot", n, "migrating", c.id(to))
}

// MoveKeys moves the keys of a slot from its owner to another node.
func (c *Cluster) MoveKeys(slot, to int) {
	c.t.Helper()
	from, n := c.Nodes[c.Owner(slot)], strconv.Itoa(slot)
	for {
		keys := strings.Fields(from.CLI("cluster", "getkeysinslot", n, "100"))
		if len(keys) == 0 {
			return
		}
		from.CLI(append([]string{"migrate", "127.0.0.1", strconv.Itoa(c.Nodes[to].port), "", "0", "5000", "keys"}, keys...)...)
	}
}

// EndMove gives a slot to another node: its old owner answers with MOVED.
func (c *Cluster) EndMove(slot, to int) {
	c.t.Helper()
	id := c.id(to)
	c.Nodes[to].CLI("cluster", "setslot", strconv.Itoa(slot), "node", id)
	for i, node := range c.Nodes {
		if i != to {
			node.CLI("cluster", "setslot", strconv.Itoa(slot), "node", id)
		}
	}
}

func (c *Cluster) id(node int) string {
	c.t.Helper()
	return c.Nodes[node].CLI("cluster", "myid")
}

// Eventually waits until a condition holds, and fails the test if it does not
// within 20 seconds.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); !condition(); <-again.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
