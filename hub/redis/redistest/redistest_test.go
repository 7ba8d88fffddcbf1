//go:build redis

package redistest

import (
	"bufio"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"wschat/frame/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

func TestServerKeepsItsDataOrNot(t *testing.T) {
	s := Start(t, "appendonly yes", "appendfsync always", "requirepass secret")
	s.CLI("set", "k", "v")
	s.Restart(true)
	if got := s.CLI("get", "k"); got != "v" {
		t.Errorf("%q is left after a kill", got)
	}
	s.Stop()
	s.Restart(false)
	if got := s.CLI("get", "k"); got != "" {
		t.Errorf("%q is left without data", got)
	}
	if !strings.HasPrefix(s.URL(), "redis://:secret@127.0.0.1:") {
		t.Error(s.URL())
	}
}

func TestServerSpeaksTLS(t *testing.T) {
	if got := StartTLS(t).CLI("ping"); got != "PONG" {
		t.Error(got)
	}
}

func TestClusterMovesASlot(t *testing.T) {
	c := StartCluster(t, 3)
	key := "{a}x" // of slot 15495
	from, to := c.Owner(key), 0
	c.Nodes[from].CLI("set", "{a}x", "v")
	c.BeginMove(key, to)
	if got, _ := c.Nodes[from].cli([]string{"get", "{a}y"}); !strings.HasPrefix(got, "ASK 15495 ") {
		t.Errorf("a key that is not there: %s", got)
	}
	c.MoveKeys(key, to)
	c.EndMove(key, to)
	if got := c.Owner(key); got != to {
		t.Errorf("node %d has it", got)
	}
	if got, _ := c.Nodes[from].cli([]string{"get", "{a}x"}); !strings.HasPrefix(got, "MOVED 15495 ") {
		t.Errorf("at the old node: %s", got)
	}
	if got := c.Nodes[to].CLI("get", "{a}x"); got != "v" {
		t.Errorf("at the new node: %s", got)
	}
	c.Wait()
}

func TestProxy(t *testing.T) {
	p := NewProxy(t, Start(t).Addr())
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	ask := func(patience time.Duration) (string, error) {
		conn.Write([]byte("PING\r\n"))
		conn.SetReadDeadline(time.Now().Add(patience))
		return r.ReadString('\n')
	}
	if got, err := ask(patience); got != "+PONG\r\n" {
		t.Fatal(got, err)
	}
	p.Stall()
	if got, err := ask(50 * time.Millisecond); !os.IsTimeout(err) {
		t.Error("stalled:", got, err)
	}
	p.Pass()
	conn.SetReadDeadline(time.Now().Add(patience))
	if got, err := r.ReadString('\n'); got != "+PONG\r\n" { // to what has stalled
		t.Error("passing again:", got, err)
	}
	if got, err := ask(patience); got != "+PONG\r\n" {
		t.Error("as before:", got, err)
	}
}
