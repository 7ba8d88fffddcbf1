//go:build e2e && linux

package nodes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
	"wschat/hub/redis/redistest"
)

// A text larger than a node takes from Redis never gets there: else every node that reads
// it would lose its connection, again and again. Its sender alone hears of it.
func TestNodesPoison(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	url := redis.URL()
	const most = 16 << 20
	for _, size := range []int{most + 1, 1 << 30, 0} {
		status, _, said := target.Run(t, nil, "-addr", "127.0.0.1:0", "-redis", url, "-max-message", fmt.Sprint(size))
		if status != 2 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "-max-message") {
			t.Errorf("-max-message %d: status %d, %q, want 2 and one sentence", size, status, said)
		}
	}
	nodes := startNodes(t, 2, url, "-max-message", fmt.Sprint(most))
	all := crowdOn(t, newFleet(nodes...), 4)
	connections := nodes[0].Metric("wschat_redis_connections_total")
	stop := talk(all, 50*time.Millisecond)
	for _, size := range []int{most - 100, 65 << 20} {
		poison(t, nodes[0], size)
	}
	sofar := all[0].last("groupX")
	all[0].until("to go on", func() bool { return all[0].told.whole["groupX"] > sofar+100 })
	stop()
	quiet(all)
	// Redis itself cuts off who does not take 32 MiB at once; that is once for each.
	if got := nodes[0].Metric("wschat_redis_connections_total"); got > connections+4 {
		t.Errorf("the node has connected to Redis %v times more", got-connections)
	}
	check(t, all)
	stayed(t, all, 1, 1)
}

// poison sends a text to groupX, which its sender reads again, or that it is too long.
func poison(t *testing.T, s *target.Server, size int) {
	t.Helper()
	c := lineClient(t, s, "poisoner")
	defer c.Conn.Close()
	c.say("join,groupX")
	c.until(t, "系统:已加入 groupX")
	c.say("groupX," + strings.Repeat("x", size))
	c.Conn.SetDeadline(time.Now().Add(target.Patience))
	for {
		text, err := c.NextText()
		if err != nil && !strings.Contains(err.Error(), "closed with") { // 1009
			t.Errorf("the sender of %d bytes gets %.80v", size, err)
		}
		if err != nil || strings.HasPrefix(text, "错误:") || len(text) > size {
			return
		}
	}
}

// The history of a group with messages of 5 MiB, fifty in make crash, comes in parts that a
// node takes, in either protocol: nobody is cut off.
func TestNodesLargeHistory(t *testing.T) {
	t.Parallel()
	const size = 5 << 20
	count := 6
	if whole {
		count = 50
	}
	redis := redistest.Start(t)
	nodes := startNodes(t, 2, redis.URL(), "-max-message", fmt.Sprint(size+1000))
	all := crowdOn(t, newFleet(nodes...), 4)
	writer := lineClient(t, nodes[0], "writer")
	writer.say("join,groupLarge")
	writer.until(t, "系统:已加入 groupLarge")
	for i := range count {
		text := fmt.Sprintf("%02d%s", i, strings.Repeat("x", size))
		writer.say("groupLarge," + text)
		writer.until(t, "用户(writer=>writer):"+text)
	}
	connections := nodes[1].Metric("wschat_redis_connections_total")
	stop := talk(all, 50*time.Millisecond)
	asker := lineClient(t, nodes[1], "writer")
	asker.say("history,groupLarge")
	asker.Conn.SetDeadline(time.Now().Add(target.Patience))
	for i := range count {
		text, err := asker.NextText()
		for err == nil && !strings.HasPrefix(text, "用户(writer=>writer):") { // what others say
			text, err = asker.NextText()
		}
		if want := fmt.Sprintf("用户(writer=>writer):%02d", i); err != nil || !strings.HasPrefix(text, want) {
			t.Fatalf("got %.40q, %v, want %q", text, err, want)
		}
	}
	asker.Conn.Close()
	testLargePages(t, nodes[1], count)
	stop()
	quiet(all)
	if got := nodes[1].Metric("wschat_redis_connections_total"); got != connections {
		t.Errorf("the node has connected to Redis %v times more", got-connections)
	}
	writer.Conn.Close()
	check(t, all)
	stayed(t, all, 1, 1)
	for _, c := range all {
		if n := c.refusals(); n > 0 {
			t.Errorf("%s is refused %d times", c.user, n)
		}
	}
}

// testLargePages asks by JSON, where an answer has some 256 KiB, or one message.
func testLargePages(t *testing.T, s *target.Server, count int) {
	t.Helper()
	asker, err := s.OpenWith("/socket?userId=writer", handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
	if err != nil {
		t.Fatal(err)
	}
	defer asker.Conn.Close()
	read := newTold("writer", newNumbers())
	for after := 0; after < count; {
		asker.SendText(fmt.Sprintf(`{"op":"history","of":"groupLarge","after":%d}`, after))
		for {
			text, err := asker.NextText()
			if err != nil {
				t.Fatalf("after %d: %v", after, err)
			}
			if e := read.take(text); e.Event == "history" {
				if len(e.Messages) == 0 || int(e.Messages[0].Seq) != after+1 {
					t.Fatalf("after %d come %d messages", after, len(e.Messages))
				}
				after += len(e.Messages)
				break
			} else if e.Event == "error" {
				t.Fatalf("after %d: %+v", after, e)
			}
		}
	}
}
