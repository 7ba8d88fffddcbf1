//go:build e2e && linux

package nodes

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
	"wschat/hub/redis/redistest"
)

const crowd = 20

// crowdOn connects so many chatters, spread over the nodes.
func crowdOn(t *testing.T, nodes *fleet, count int) []*chatter {
	t.Helper()
	var all []*chatter
	for i := range count {
		all = append(all, newChatter(t, fmt.Sprintf("user%02d", i), nodes, i))
	}
	return all
}

// PROTOCOL 6: everyone in a conversation receives its messages in one order, without
// holes, whichever node one is connected to.
func TestNodesOneOrderForAll(t *testing.T) {
	many := uint64(1000)
	if whole {
		many = 10_000
	}
	for name, url := range map[string]func(t *testing.T) string{
		"one Redis": func(t *testing.T) string { return redistest.Start(t).URL() },
		"a cluster": func(t *testing.T) string { return redistest.StartCluster(t, 3).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := crowdOn(t, newFleet(startNodes(t, 3, url(t), "-history", "0")...), crowd)
			stop := talk(all, 5*time.Millisecond)
			all[0].until("for many messages", func() bool { return all[0].told.whole["groupX"] > many })
			stop()
			quiet(all)
			check(t, all)
			stayed(t, all, 1, 1)
		})
	}
}

// kill -9 of a node: its users are offline for the others within 30 s, those who
// come back elsewhere have not been away, and nobody misses anything.
func TestNodesKilledNode(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, 3, redistest.Start(t).URL())
	all := crowdOn(t, newFleet(nodes...), 9)
	watcher := lineClient(t, nodes[0], "watcher")
	lineClient(t, nodes[1], "gone")
	watcher.until(t, "用户(gone)登录了")
	stop := talk(all, 20*time.Millisecond)
	all[0].until("to be busy", func() bool { return all[0].told.whole["groupX"] > 500 })
	nodes[1].Kill()
	killed := time.Now()
	all[1].until("to be back", func() bool { return all[1].logins == 2 })
	watcher.silent("登录了", "退出了") // of anybody else
	watcher.until(t, "用户(gone)退出了")
	if took := time.Since(killed); took > 30*time.Second {
		t.Errorf("the exit is told after %v", took)
	} else {
		t.Logf("the exit is told after %v", took.Round(time.Millisecond))
	}
	stop()
	quiet(all)
	check(t, all, "watcher")
}

// kill -9 of a Redis with appendfsync always: what was acknowledged is there.
// CRASH_ROUNDS says how often.
func TestNodesKilledRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, "appendonly yes", "appendfsync always")
	nodes := startNodes(t, 3, redis.URL(), "-history", "0")
	all := crowdOn(t, newFleet(nodes...), 9)
	stop := talk(all, 10*time.Millisecond)
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv("CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	for round := range rounds {
		sofar := uint64(300 * (round + 1))
		all[0].until("to be busy", func() bool { return all[0].told.whole["groupX"] > sofar })
		redis.Kill()
		all[1].until("to be told", func() bool { return all[1].refused > round })
		if !target.Until(func() bool { return health(t, nodes[1]) == 503 }) {
			t.Error("/healthz does not say it")
		}
		redis.Restart(true)
		goOn(all)
	}
	stop()
	quiet(all)
	check(t, all)
	stayed(t, all, 1, 1)
}

// kill -9 of a node and of Redis together: nobody can say what the node had given out, so a
// new epoch begins when its lease has ended.
func TestNodesKilledTogether(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, "appendonly yes", "appendfsync always")
	nodes := startNodes(t, 3, redis.URL())
	all := crowdOn(t, newFleet(nodes[:2]...), 6)
	nodes[2].Kill()
	redis.Kill()
	redis.Restart(true)
	time.Sleep(lease)
	for _, c := range all {
		c.until("for a new epoch", func() bool { return c.told.epochs == 2 })
	}
	all = append(all, newChatter(t, "late", all[0].nodes, 0))
	quiet(all)
	check(t, all)
}

// One master of a cluster is killed, and comes back: with its data as if nothing had
// been, without them with a new epoch.
func TestNodesKilledMaster(t *testing.T) {
	for name, keep := range map[string]bool{"with its data": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := redistest.StartCluster(t, 3, "appendonly yes", "appendfsync always")
			nodes := startNodes(t, 3, cluster.URL(), "-history", "0")
			all := crowdOn(t, newFleet(nodes...), 6)
			stop := talk(all, 20*time.Millisecond)
			all[0].until("to be busy", func() bool { return all[0].told.whole["groupX"] > 200 })
			master := cluster.Nodes[cluster.Owner("{c:groupX}")]
			master.Kill()
			all[1].until("to be told", func() bool { return all[1].refused > 0 })
			master.Restart(keep)
			cluster.Wait()
			began := time.Now()
			epochs := 2
			if keep {
				epochs = 1
			}
			for _, c := range all {
				c.until("to go on", func() bool { return c.told.epochs == epochs && c.answered.After(began) && len(c.open) < 10 })
			}
			wentOn(t, began)
			stop()
			quiet(all)
			stayed(t, all, epochs, epochs) // each epoch begins with a welcome
			check(t, all)
		})
	}
}

// wentOn checks that what began then is over within 10 s.
func wentOn(t *testing.T, began time.Time) {
	t.Helper()
	took := time.Since(began)
	t.Logf("it took %v", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Error("that is too long")
	}
}

// A Redis that comes back without its data: a new epoch, and everybody goes on
// within 10 s.
func TestNodesEmptiedRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	nodes := startNodes(t, 3, redis.URL())
	all := crowdOn(t, newFleet(nodes...), 9)
	watcher := lineClient(t, nodes[0], "watcher")
	stop := talk(all, 20*time.Millisecond)
	all[0].until("to be busy", func() bool { return all[0].told.whole["groupX"] > 300 })
	redis.Restart(false)
	began := time.Now()
	for _, c := range all {
		c.until("for a new epoch", func() bool { return c.logins == 2 && c.told.epochs == 2 && c.told.whole["groupX"] > 100 })
	}
	wentOn(t, began)
	stop()
	quiet(all)
	stayed(t, all, 2, 2)
	check(t, all, "watcher")
	// All are online and members as before, and nobody was told of any of it.
	watcher.silent("登录了", "退出了")
	watcher.say("who,groupX", "who,")
	names := "user00 user01 user02 user03 user04 user05 user06 user07 user08"
	watcher.until(t, "系统:在线 9: "+names)
	watcher.until(t, "系统:在线 10: "+names+" watcher")
}

// A node that Redis is out of reach for, without a word: its senders are told
// within 5 s, and it catches up later. Nobody sees a message twice.
func TestNodesPartition(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	proxy := redistest.NewProxy(t, redis.Addr())
	cut := startNode(t, redis.URLAt(proxy.Addr()), "-history", "0")
	nodes := newFleet(append(startNodes(t, 2, redis.URL(), "-history", "0"), cut)...)
	all := append(crowdOn(t, nodes.only(0, 1), 6), newChatter(t, "user06", nodes.only(2), 0), newChatter(t, "user07", nodes.only(2), 0))
	inside := lineClient(t, cut, "inside")
	stop := talk(all, 20*time.Millisecond)
	all[6].until("to be busy", func() bool { return all[6].told.whole["groupX"] > 300 })
	for _, length := range []time.Duration{3 * time.Second, 16 * time.Second} { // the second is longer than the lease
		before := all[6].refusals()
		proxy.Stall()
		began := time.Now()
		inside.say("all,is anybody there?")
		inside.until(t, "错误:暂时无法发送")
		all[6].until("to be told", func() bool { return all[6].refused > before })
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("senders are told after %v", took)
		} else {
			t.Logf("senders are told after %v", took.Round(time.Millisecond))
		}
		began = time.Now()
		inside.say("all,and now?") // it is known
		inside.until(t, "错误:暂时无法发送")
		if took := time.Since(began); took > time.Second {
			t.Errorf("that it is away is known, and told after %v", took)
		}
		if _, err := cut.Open("/socket?userId=late"); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("who connects meanwhile gets %v, want 503", err)
		}
		time.Sleep(length - time.Since(began)) // what is tested is a partition that long
		proxy.Pass()
		began = time.Now()
		for _, c := range all {
			c.until("to go on", func() bool { return c.answered.After(began) && len(c.open) < 10 })
		}
	}
	stop()
	quiet(all)
	check(t, all, "inside")
	stayed(t, all, 1, 1)
	inside.say("who,")
	inside.until(t, "系统:在线 9: inside user00 user01 user02 user03 user04 user05 user06 user07")
}

// A node that starts while there is no Redis serves the page, and lets nobody in
// until there is one.
func TestNodesStartWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	redis.Stop()
	s := target.Start(t, "-redis", redis.URL())
	if status := health(t, s); status != 503 {
		t.Errorf("/healthz: %d", status)
	}
	if status := get(t, s, "/"); status != 200 {
		t.Errorf("the page: %d", status)
	}
	raw, err := s.Raw()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	fmt.Fprint(raw, "GET /socket?userId=A HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(raw), nil)
	if err != nil || answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a connection gets %v, %v, want 503 with Retry-After", answer, err)
	}
	redis.Restart(false)
	if !target.Until(func() bool { return health(t, s) == 200 }) {
		t.Fatal("it never finds Redis")
	}
	a := lineClient(t, s, "A")
	a.say("who,")
	a.until(t, "系统:在线 1: A")
}

// reader is a line client; what it has read is kept.
type reader struct {
	t *testing.T
	*target.Client
	read []string
}

func lineClient(t *testing.T, s *target.Server, user string) *reader {
	t.Helper()
	var c *target.Client
	var err error
	target.Until(func() bool { // on a busy machine Redis may be out of reach for a moment
		c, err = s.OpenWith("/socket?userId="+user, handshake.Dialer{})
		return err == nil || !strings.Contains(err.Error(), "503")
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Conn.Close() })
	return &reader{t: t, Client: c}
}

func (r *reader) say(lines ...string) {
	r.t.Helper()
	for _, line := range lines {
		if err := r.SendText(line); err != nil {
			r.t.Fatal(err)
		}
	}
}

// until reads up to a line.
func (r *reader) until(t *testing.T, line string) {
	t.Helper()
	for {
		text, err := r.NextText()
		if err != nil {
			t.Fatalf("no %q: %v; read: %q", line, err, r.read[max(0, len(r.read)-5):])
		}
		if text == line {
			r.read = nil
			return
		}
		r.read = append(r.read, text)
	}
}

// insist says a line until it is not refused: on a busy machine Redis may take longer for an
// answer than senders wait.
func (r *reader) insist(t *testing.T, line string) {
	t.Helper()
	for refused := true; refused; {
		refused = false
		r.say(line, "leave,groupNobody")
		for text := ""; text != "错误:你不在 groupNobody 中"; {
			var err error
			if text, err = r.NextText(); err != nil {
				t.Fatal(err)
			}
			if text == "错误:暂时无法发送" {
				t.Logf("%q is refused", line)
				refused = true
			}
		}
	}
}

// silent checks that none of the lines read since the last until ends so.
func (r *reader) silent(endings ...string) {
	r.t.Helper()
	r.say("leave,groupNobody")
	const answer = "错误:你不在 groupNobody 中"
	for text := ""; text != answer; {
		var err error
		if text, err = r.NextText(); err != nil {
			r.t.Fatal(err)
		}
		for _, ending := range endings {
			if strings.HasSuffix(text, ending) {
				r.t.Errorf("it is told %q", text)
			}
		}
	}
}
