//go:build redis

package resp

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"wschat/hub/redis/redistest"
)

func TestClusterFindsItsNodes(t *testing.T) {
	cluster := redistest.StartCluster(t, 3, "requirepass right")
	c := open(t, Config{URL: cluster.URL(), Scripts: []*Script{increase}})
	var all [100]answers
	for i := range 1000 {
		key := fmt.Sprintf("{%d}k", i%len(all))
		if i%2 == 0 {
			all[i%len(all)].do(t, c, key, "INCR", key)
		} else {
			all[i%len(all)].do(t, c, key, increase, 1, key, 1)
		}
	}
	for i := range all {
		all[i].inOrder(t)
	}
	waitUp(t, c, true)
	if n := c.Stats().Connections; n != 6 {
		t.Errorf("%d connections", n)
	}
	call(t, c, "", "PING")
}

func TestClusterNodeIsKilled(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	c, l := listen(t, Config{URL: cluster.URL()})
	waitUp(t, c, true)
	keys := [3]string{}
	for i := 0; keys[0] == "" || keys[1] == "" || keys[2] == ""; i++ {
		keys[slotOf(fmt.Sprint(i))*3/slots] = fmt.Sprint(i)
	}
	for _, key := range keys {
		c.Subscribe(key)
	}
	l.waitSubscribed(t, nil, keys[:]...)
	cluster.Nodes[1].Kill()
	waitUp(t, c, false)
	redistest.Eventually(t, "it is known to be away", func() bool {
		_, err := ask(t, c, keys[1], "GET", keys[1])
		return errors.Is(err, ErrUnavailable)
	})
	// What the others do in the short time until they miss it is their business.
	cluster.Nodes[1].Restart(true)
	waitUp(t, c, true)
	cluster.Wait()
	for _, key := range keys {
		l.reach(t, c, key, "x")
	}
}

// While a slot moves, with all that Redis says meanwhile (MOVED, ASK, a
// SUNSUBSCRIBE of its own), each command happens once and in the order of Do, and each
// subscriber gets each message or is told of the gap.
func TestClusterSlotMovesUnderLoad(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	const both = "redis.call('INCR', KEYS[2]); return redis.call('INCR', KEYS[1])"
	c, l := listen(t, Config{URL: cluster.URL(), Scripts: []*Script{increase}})
	waitUp(t, c, true)
	// Two keys that move together: if one were missing, it would have to wait, and
	// be overtaken.
	call(t, c, "{a}2", "SET", "{a}2", 0)
	call(t, c, "{a}1", "SET", "{a}1", 0)
	c.Subscribe("{a}")
	l.waitSubscribed(t, nil, "{a}")

	if got, want := slotOf("{a}"), cluster.Slot("{a}"); got != want {
		t.Fatalf("slot %d, not %d", got, want)
	}
	sent := answers{room: make(chan struct{}, 50)}
	stop := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			var err error
			switch i % 3 {
			case 0:
				err = sent.try(c, "{a}1", "EVAL", both, 2, "{a}1", "{a}2")
			case 1:
				err = sent.try(c, "{a}1", "INCR", "{a}1")
			case 2:
				err = sent.try(c, "{a}1", increase, 1)
			}
			if err != nil {
				t.Errorf("command %d: %v", i, err)
				return
			}
		}
	})
	from := cluster.Owner("{a}")
	for round := range 4 {
		to := (from + 1) % 3
		cluster.BeginMove("{a}", to)
		redistest.Eventually(t, "some commands were sent meanwhile", somethingIsSent(c))
		cluster.MoveKeys("{a}", to)
		redistest.Eventually(t, "some commands were redirected", somethingIsSent(c))
		cluster.EndMove("{a}", to)
		l.reach(t, c, "{a}", fmt.Sprint("round ", round))
		from = to
	}
	close(stop)
	sending.Wait()
	sent.inOrder(t)
	if sent.asked < 100 {
		t.Errorf("only %d commands", sent.asked)
	}
	t.Logf("%d commands during 4 moves", sent.asked)
	waitUp(t, c, true)
}

// reach publishes until somebody is there to get it.
func (l *listener) reach(t testing.TB, c *Client, channel, text string) {
	t.Helper()
	redistest.Eventually(t, channel+" is subscribed again", func() bool {
		return call(t, c, channel, "SPUBLISH", channel, text) != "0"
	})
	l.waitMessage(t, channel, text)
}

func somethingIsSent(c *Client) func() bool {
	begin := c.Stats().Replies
	return func() bool { return c.Stats().Replies > begin+100 }
}

// A key that is still at the old node, and one that is already at the new one:
// ASK leads to the latter, and a script with both must wait.
func TestClusterAskAndTryAgain(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	c := open(t, Config{URL: cluster.URL(), Timeout: patience})
	waitUp(t, c, true)
	call(t, c, "{a}old", "SET", "{a}old", "1")
	to := (cluster.Owner("{a}") + 1) % 3
	cluster.BeginMove("{a}", to)
	if got := call(t, c, "{a}new", "INCR", "{a}new"); got != "1" {
		t.Error(got)
	}
	if got := cluster.Nodes[to].CLI("cluster", "countkeysinslot", fmt.Sprint(slotOf("{a}"))); got != "1" {
		t.Errorf("ASK led %s keys to the new node", got)
	}
	if got := call(t, c, "{a}old", "INCR", "{a}old"); got != "2" {
		t.Error(got)
	}
	var a answers
	a.do(t, c, "{a}old", "MGET", "{a}old", "{a}new")
	before := c.Stats().Replies
	redistest.Eventually(t, "it is tried again", func() bool { return c.Stats().Replies > before+10 })
	cluster.MoveKeys("{a}", to)
	cluster.EndMove("{a}", to)
	a.running.Wait()
	if a.errs[0] != nil {
		t.Error(a.errs[0])
	}
	if got := call(t, c, "{a}old", "GET", "{a}old"); got != "2" {
		t.Error(got)
	}
}

// What cannot be retried for long is told.
func TestClusterDown(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	c := open(t, Config{URL: cluster.URL()})
	waitUp(t, c, true)
	slot := fmt.Sprint(slotOf("k"))
	cluster.Nodes[cluster.Owner("k")].CLI("cluster", "delslots", slot)
	for _, node := range cluster.Nodes { // they may hear of the old owner once more
		redistest.Eventually(t, "all have forgotten it", func() bool {
			if !strings.Contains(node.CLI("cluster", "info"), "cluster_slots_assigned:16384") {
				return true
			}
			node.CLI("cluster", "delslots", slot)
			return false
		})
	}
	_, err := ask(t, c, "k", "GET", "k")
	wrong, ok := err.(*ServerError)
	if !ok || wrong.Code() != "CLUSTERDOWN" {
		t.Error(err)
	}
	waitUp(t, c, false)
	cluster.Nodes[0].CLI("cluster", "addslots", slot)
	cluster.Wait()
	waitUp(t, c, true)
	call(t, c, "k", "SET", "k", "v")
}
