//go:build e2e && linux

package nodes

import (
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// The slots of a conversation, of a user, of what the nodes know of each other: there
// and back, under load. Seqs have neither holes nor doubles, MIGRATE never finds a key at
// its target already (BUSYKEY), nobody is told of anything, and all goes on.
func TestNodesMovedSlots(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, "appendonly yes", "appendfsync always")
	all := crowdOn(t, newFleet(startNodes(t, 3, cluster.URL(), "-history", "0")...), 9)
	agree(t, all)
	for _, c := range all {
		c.forgetMoves()
	}
	stop := talk(all, 10*time.Millisecond)
	keys := []string{"wschat:{c:groupX}", "wschat:{nodes}"}
	rounds := 1
	if whole {
		keys, rounds = append(keys, "wschat:{u:user00}", "wschat:{c:all}", "wschat:{c:user00,user01}"), 10
	}
	for range rounds {
		for _, key := range keys {
			home := cluster.Owner(key)
			for _, to := range []int{(home + 1) % 3, home} {
				moveSlot(cluster, key, to)
				goOn(all)
			}
		}
	}
	stop()
	quiet(all)
	check(t, all)
	stayed(t, all, 1, 1)
	for _, c := range all {
		if wrong := c.falselyTold(nil); len(wrong) > 0 {
			t.Errorf("somebody is said to have moved: %s", some(wrong))
		}
	}
}

// moveSlot takes its time for each step, in which people talk.
func moveSlot(cluster *redistest.Cluster, key string, to int) {
	const pause = 100 * time.Millisecond
	cluster.BeginMove(key, to)
	time.Sleep(pause)
	cluster.MoveKeys(key, to)
	time.Sleep(pause)
	cluster.EndMove(key, to)
}
