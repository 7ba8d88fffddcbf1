//go:build e2e && linux

package nodes

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// A node that stands still under full load, for longer than Redis keeps what it does not
// read, catches up: its users miss nothing, and it takes no more memory for it than it
// has to. The others notice nothing.
func TestNodesSlowNode(t *testing.T) {
	t.Parallel()
	const most = 48 << 20 // bytes of memory for it, a fraction of what it has missed in full
	length := 4 * time.Second
	if whole {
		length = 10 * time.Second // no longer than a lease
	}
	redis := redistest.Start(t, "client-output-buffer-limit pubsub 4mb 2mb 2")
	nodes := newFleet(startNodes(t, 3, redis.URL(), "-history", "0")...)
	var all []*chatter
	for i := range 2 {
		all = append(all, newChatter(t, fmt.Sprintf("user%02d", i), nodes.only(i), 0))
	}
	slow := nodes.get(2)
	behind := lineClient(t, slow, "behind") // reads faster than a program, so that little waits for it
	agree(t, all, "behind")
	for _, c := range all {
		c.forgetMoves()
	}
	slow.ResetPeak()
	before, _ := slow.Memory()
	slow.Freeze()
	body, began := strings.Repeat("x", 64<<10), time.Now()
	var sending sync.WaitGroup
	for _, c := range all {
		sending.Go(func() {
			for i := 0; time.Since(began) < length; {
				if c.waiting() < 20 {
					c.say("all", fmt.Sprintf("%s says %d %s", c.user, i, body))
					i++
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	sending.Wait()
	quiet(all)
	slow.Signal(syscall.SIGCONT)
	last := all[0].last("all")
	missed := last * uint64(len(body))
	next := make(map[string]int) // message of each sender
	for range last {
		text, err := behind.NextText()
		var user string
		var n int
		if _, err2 := fmt.Sscanf(text, "用户(user%2s=>behind):user%2s says %d ", &user, &user, &n); err != nil || err2 != nil || n != next[user] {
			t.Fatalf("got %.50q, %v, want message %v", text, errors.Join(err, err2), next)
		}
		next[user]++
	}
	_, peak := slow.Memory()
	t.Logf("it missed %d MiB, and took %d MiB", missed>>20, (peak-before)>>20)
	if peak-before > most {
		t.Errorf("it took %d MiB, want at most %d", (peak-before)>>20, most>>20)
	}
	check(t, all, "behind")
	stayed(t, all, 1, 1)
	for _, c := range all {
		if wrong := c.falselyTold(nil); len(wrong) > 0 || c.refusals() > 0 {
			t.Errorf("%s is refused %d times, and told of others: %s", c.user, c.refusals(), some(wrong))
		}
	}
}
