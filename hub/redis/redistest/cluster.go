package redistest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// slots is the number of hash slots of a cluster.
const slots = 16384

// Cluster is masters without replicas that share the slots evenly. Its methods
// are for the test's goroutine.
type Cluster struct {
	Nodes []*Server
	t     testing.TB
}

// StartCluster starts some masters with these lines of configuration, and waits until
// each finds the cluster in order.
func StartCluster(t testing.TB, masters int, lines ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	for i := range masters {
		node := Start(t, append([]string{"cluster-enabled yes", "cluster-node-timeout 5000"}, lines...)...)
		node.CLI("cluster", "set-config-epoch", strconv.Itoa(i+1))
		node.CLI("cluster", "addslotsrange", strconv.Itoa(slots*i/masters), strconv.Itoa(slots*(i+1)/masters-1))
		for _, other := range c.Nodes {
			node.CLI("cluster", "meet", "127.0.0.1", strconv.Itoa(other.port))
		}
		c.Nodes = append(c.Nodes, node)
	}
	c.Wait()
	return c
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

// Owner returns the node that has a key's slot, an index of Nodes.
func (c *Cluster) Owner(key string) int {
	c.t.Helper()
	for i, node := range c.Nodes {
		if said, _ := node.cli([]string{"exists", key}); !strings.HasPrefix(said, "MOVED") {
			return i
		}
	}
	c.t.Fatalf("no node has %s", key)
	return 0
}

// BeginMove makes a key's slot migrate to another node: keys that are not at its owner
// are answered with ASK from now on. MoveKeys and EndMove complete it.
func (c *Cluster) BeginMove(key string, to int) {
	c.t.Helper()
	from, n := c.Owner(key), strconv.Itoa(c.Slot(key))
	c.Nodes[to].CLI("cluster", "setslot", n, "importing", c.id(from))
	c.Nodes[from].CLI("cluster", "setslot", n, "migrating", c.id(to))
}

// MoveKeys moves the keys of a key's slot from its owner to another node.
func (c *Cluster) MoveKeys(key string, to int) {
	c.t.Helper()
	from, n := c.Nodes[c.Owner(key)], strconv.Itoa(c.Slot(key))
	for {
		keys := strings.Fields(from.CLI("cluster", "getkeysinslot", n, "100"))
		if len(keys) == 0 {
			return
		}
		from.CLI(append([]string{"migrate", "127.0.0.1", strconv.Itoa(c.Nodes[to].port), "", "0", "5000", "keys"}, keys...)...)
	}
}

// EndMove gives a key's slot to another node: its old owner answers with MOVED.
func (c *Cluster) EndMove(key string, to int) {
	c.t.Helper()
	n, id := strconv.Itoa(c.Slot(key)), c.id(to)
	for _, node := range append([]*Server{c.Nodes[to]}, c.Nodes...) { // to first
		node.CLI("cluster", "setslot", n, "node", id)
	}
}

func (c *Cluster) id(node int) string {
	c.t.Helper()
	return c.Nodes[node].CLI("cluster", "myid")
}
