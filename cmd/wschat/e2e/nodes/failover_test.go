//go:build e2e && linux

package nodes

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// A master behind one address dies, and its replica is promoted by hand. What WAIT has
// covered is there afterwards. If the replica did not have the rest, that is another
// epoch, without a number of the old one.
func TestNodesFailover(t *testing.T) {
	programs := []string{"redis-server"}
	if _, err := exec.LookPath("valkey-server"); err == nil {
		programs = append(programs, "valkey-server")
	} else {
		t.Log("*** without Valkey, which make tools installs where apt-get knows it:", err)
	}
	for _, program := range programs {
		for name, behind := range map[string]bool{"in step": false, "behind": true} {
			t.Run(program+", replica "+name, func(t *testing.T) {
				t.Parallel()
				testFailover(t, program, behind)
			})
		}
	}
}

func testFailover(t *testing.T, program string, behind bool) {
	master, replica := redistest.StartProgram(t, program), redistest.StartProgram(t, program)
	link := redistest.NewProxy(t, master.Addr())
	host, port, _ := strings.Cut(link.Addr(), ":")
	replica.CLI("replicaof", host, port)
	proxy := redistest.NewProxy(t, master.Addr())
	all := crowdOn(t, newFleet(startNodes(t, 3, master.URLAt(proxy.Addr()), "-history", "0")...), 9)
	stop := talk(all, 20*time.Millisecond)
	all[0].until("to be busy", func() bool { return all[0].told.whole["groupX"] > 200 })
	stop()
	quiet(all)
	check(t, all)
	if got := master.CLI("wait", "1", "10000"); got != "1" {
		t.Fatalf("%s replicas have it all", got)
	}
	covered := acknowledged(all)

	if behind {
		link.Stall()
	}
	stop = talk(all, 20*time.Millisecond)
	all[0].until("to go on", func() bool { return all[0].told.whole["groupX"] > 500 })
	if !behind {
		stop()
		quiet(all)
		if got := master.CLI("wait", "1", "10000"); got != "1" {
			t.Fatalf("%s replicas have it all", got)
		}
		covered = acknowledged(all)
		stop = talk(all, 20*time.Millisecond)
	}
	given := acknowledged(all)
	master.Kill()
	replica.CLI("replicaof", "no", "one")
	proxy.Switch(replica.Addr())
	goOn(all)
	stop()
	quiet(all)
	check(t, all)
	areThere(t, all, covered)
	if behind {
		inEpochsOfTheirOwn(t, all, given)
	}
}

// inEpochsOfTheirOwn checks that something that was acknowledged is lost, and that there is a
// new epoch.
func inEpochsOfTheirOwn(t *testing.T, chatters []*chatter, given map[number]string) {
	t.Helper()
	lost := 0
	for at, text := range given {
		for _, c := range chatters {
			of, takesPart := c.calls(at.of)
			c.mu.Lock()
			if takesPart && c.told.texts[of][at.seq] != text {
				lost++
			}
			c.mu.Unlock()
		}
	}
	if lost == 0 {
		t.Error("nothing is lost")
	}
	for _, c := range chatters {
		c.mu.Lock()
		if c.told.epochs != 2 {
			t.Errorf("%s: %d epochs, want 2", c.user, c.told.epochs)
		}
		c.mu.Unlock()
	}
}

// A master of a cluster dies, and its replica takes its place. Nobody is told that
// somebody has moved.
func TestNodesClusterFailover(t *testing.T) {
	t.Parallel()
	timeouts := []time.Duration{2 * time.Second}
	keys := []string{"wschat:{c:groupX}"}
	if whole {
		timeouts = append(timeouts, 15*time.Second)
		keys = append(keys, "wschat:{c:all}", "wschat:{nodes}")
	}
	for _, timeout := range timeouts {
		for _, key := range keys {
			t.Run(fmt.Sprintf("the master of %s, cluster-node-timeout %v", key, timeout), func(t *testing.T) {
				t.Parallel()
				testClusterFailover(t, key, timeout)
			})
		}
	}
}

func testClusterFailover(t *testing.T, key string, timeout time.Duration) {
	lines := []string{fmt.Sprintf("cluster-node-timeout %d", timeout.Milliseconds()), "appendonly yes", "appendfsync always"}
	cluster := redistest.StartCluster(t, 3, lines...)
	dying := cluster.Owner(key)
	replica := cluster.AddReplica(dying, lines...)
	other := cluster.Nodes[(dying+1)%3] // who knows the rest
	all := crowdOn(t, newFleet(startNodes(t, 3, other.URL(), "-history", "0")...), 9)
	agree(t, all)
	for _, c := range all {
		c.forgetMoves()
	}
	stop := talk(all, 20*time.Millisecond)
	all[0].until("to be busy", func() bool { return all[0].told.whole["groupX"] > 200 })
	stop()
	quiet(all)
	if got := cluster.Nodes[dying].CLI("wait", "1", "10000"); got != "1" {
		t.Fatalf("%s replicas have it all", got)
	}
	covered := acknowledged(all)
	stop = talk(all, 20*time.Millisecond)
	cluster.Nodes[dying].Kill()
	time.Sleep(timeout)
	redistest.Eventually(t, "the replica is a master", func() bool {
		return strings.HasPrefix(replica.CLI("role"), "master") && strings.Contains(replica.CLI("cluster", "info"), "cluster_state:ok")
	})
	goOn(all)
	stop()
	quiet(all)
	if whole {
		time.Sleep(lease)
	}
	check(t, all)
	areThere(t, all, covered)
	for _, c := range all {
		if wrong := c.falselyTold(nil); len(wrong) > 0 {
			t.Errorf("somebody is said to have moved: %s", some(wrong))
		}
	}
}

// acknowledged is what is safe so far, by number, of any epoch.
func acknowledged(chatters []*chatter) map[number]string {
	safe := make(map[number]string)
	for _, c := range chatters {
		c.mu.Lock()
		for of, texts := range c.told.acked {
			for seq, text := range texts {
				safe[number{"", globalName(c.user, of), seq}] = text
			}
		}
		c.mu.Unlock()
	}
	return safe
}

// areThere checks that messages are where they were, whatever the epoch is now.
func areThere(t *testing.T, chatters []*chatter, safe map[number]string) {
	t.Helper()
	for at, text := range safe {
		for _, c := range chatters {
			of, takesPart := c.calls(at.of)
			c.mu.Lock()
			if got := c.told.texts[of][at.seq]; takesPart && got != text {
				t.Errorf("%s: %q was safe as %d of %s, which is %q", c.user, text, at.seq, of, got)
			}
			c.mu.Unlock()
			if t.Failed() {
				return
			}
		}
	}
}
