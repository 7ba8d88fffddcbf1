//go:build e2e && linux

package nodes

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
	"wschat/hub/redis/redistest"
)

// closedWith reads up to a close frame, answers it, and returns the texts before.
func closedWith(t *testing.T, c *target.Client, want frame.CloseCode) (texts []string) {
	t.Helper()
	c.Conn.SetReadDeadline(time.Now().Add(target.Patience))
	for {
		m, err := c.NextMessage()
		if err != nil {
			t.Fatalf("%v, want close %v", err, want)
		}
		if m.Opcode == frame.Close {
			if code, _, _ := frame.ParseClose(m.Payload); code != want {
				t.Errorf("closed with %v, want %v", code, want)
			}
			c.Send(frame.Close, m.Payload)
			c.Conn.Close()
			return texts
		}
		texts = append(texts, string(m.Payload))
	}
}

// PROTOCOL 4: what was accepted is acknowledged, though Redis answers late.
func TestNodesDrainWaitsForRedis(t *testing.T) {
	const sends = 20
	redis := redistest.Start(t)
	proxy := redistest.NewProxy(t, redis.Addr())
	s := startNode(t, redis.URLAt(proxy.Addr()), "-drain", "20s")
	c, err := s.OpenWith("/socket?userId=A", handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.NextText(); err != nil { // the welcome
		t.Fatal(err)
	}
	proxy.Stall()
	for i := range sends {
		c.SendText(fmt.Sprintf(`{"op":"send","id":"%d","to":"all","text":"x"}`, i))
	}
	c.Send(frame.Ping, []byte("all are read"))
	if m, err := c.Next(); err != nil || m.Opcode != frame.Pong {
		t.Fatalf("got %v, %v, want a pong", m.Opcode, err)
	}
	s.Terminate()
	if !target.Until(func() bool { return health(t, s) == 503 }) {
		t.Fatal("it does not drain")
	}
	proxy.Pass()
	answered := 0
	for _, text := range closedWith(t, c, frame.GoingAway) {
		var e struct{ Event string }
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event == "ack" || e.Event == "error" {
			answered++
		}
	}
	if answered != sends {
		t.Errorf("%d of %d are answered", answered, sends)
	}
}

// A handshake that began before the drain and ends when nobody else is there: a
// connection that gets its 101 gets 1001.
func TestNodesHandshakeDuringDrain(t *testing.T) {
	redis := redistest.Start(t)
	proxy := redistest.NewProxy(t, redis.Addr())
	s := startNode(t, redis.URLAt(proxy.Addr()), "-drain", "20s")
	proxy.Stall()
	type opened struct {
		c   *target.Client
		err error
	}
	done := make(chan opened)
	go func() {
		c, err := s.OpenWith("/socket?userId=A", handshake.Dialer{})
		done <- opened{c, err}
	}()
	if !target.Until(func() bool { return strings.Contains(goroutines(t, s), "(*Hub).Enter") }) {
		t.Fatal("nobody waits for Redis")
	}
	s.Terminate()
	if !target.Until(func() bool { return strings.Contains(s.Log(), "draining") }) {
		t.Fatal("it does not drain")
	}
	proxy.Pass()
	o := <-done
	if o.err != nil {
		t.Fatal(o.err)
	}
	closedWith(t, o.c, frame.GoingAway)
}

// PROTOCOL 6: a live message does not vouch for those that could not be fetched at the
// login, as one of the conversations is out of reach.
func TestNodesWaitingOutOfReach(t *testing.T) {
	redis := redistest.Start(t)
	s := startNode(t, redis.URL(), "-presence", "none")
	open := func(user string) *target.Client {
		c, err := s.Open("/socket?userId=" + user)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Conn.Close() })
		return c
	}
	wants := func(c *target.Client, lines ...string) {
		t.Helper()
		for _, want := range lines {
			if got, err := c.NextText(); err != nil || got != want {
				t.Fatalf("got %q, %v, want %q", got, err, want)
			}
		}
	}
	leave := func(c *target.Client) {
		c.Close(frame.NormalClosure, "")
		closedWith(t, c, frame.NormalClosure)
	}
	const away = "系统:用户(B)不在线,上线后送达"
	leave(open("B"))
	a, c := open("A"), open("C")
	for _, send := range []struct {
		from *target.Client
		line string
	}{{a, "B,1"}, {a, "B,2"}, {c, "B,other"}} {
		send.from.SendText(send.line)
		wants(send.from, away)
	}
	key := strings.TrimSpace(redis.CLI("KEYS", "*B,C*:s"))
	redis.CLI("RENAME", key, key+":kept")
	redis.CLI("SET", key, "of another type")
	closedWith(t, open("B"), frame.InternalError)
	a.SendText("B,3")
	wants(a, away)
	redis.CLI("DEL", key)
	redis.CLI("RENAME", key+":kept", key)
	wants(open("B"), "用户(A=>B):1", "用户(A=>B):2", "用户(C=>B):other", "用户(A=>B):3")
}

// goroutines is what those of a server are doing.
func goroutines(t *testing.T, s *target.Server) string {
	t.Helper()
	response, err := http.Get("http://" + s.AdminAddr + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
