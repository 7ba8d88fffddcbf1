package redistest

import (
	"strconv"
	"strings"
)

// Switch ends all connections, and passes new ones to another address: what a
// failover looks like behind one address.
func (p *Proxy) Switch(target string) {
	if !p.stalled {
		p.gate.Lock()
		defer p.gate.Unlock()
	}
	p.target = target
	close(p.ended)
	p.ended = make(chan struct{})
}

// AddReplica starts a replica of one of the masters, which takes its place when it is
// gone for cluster-node-timeout. Nodes does not have it.
func (c *Cluster) AddReplica(of int, lines ...string) *Server {
	c.t.Helper()
	master := c.Nodes[of]
	replica := Start(c.t, append([]string{"cluster-enabled yes"}, lines...)...)
	replica.CLI("cluster", "meet", "127.0.0.1", strconv.Itoa(master.port))
	Eventually(c.t, "the replica knows its master", func() bool {
		return strings.Contains(replica.CLI("cluster", "nodes"), c.id(of))
	})
	replica.CLI("cluster", "replicate", c.id(of))
	Eventually(c.t, "the replica has all data", func() bool {
		return strings.Contains(replica.CLI("info", "replication"), "master_link_status:up")
	})
	c.Wait()
	return replica
}
