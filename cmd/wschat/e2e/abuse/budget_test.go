//go:build e2e

package abuse

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

// Whatever takes memory, the server stays within -memory: those that hold most are closed,
// and an ordinary user loses nothing.
func TestMemoryBudget(t *testing.T) {
	t.Parallel()
	const budget = 128 * mib
	bomb := masked(frame.Header{Fin: true, RSV: frame.RSV1, Opcode: frame.Binary}, deflated(t, mib))
	for _, row := range []struct {
		name   string
		by     string // in the metrics
		code   frame.CloseCode
		number int
		attack func(s *target.Server, i int) (*target.Client, error)
	}{
		{"messages that are not whole", "unfinished", frame.PolicyViolation, 300, func(s *target.Server, i int) (*target.Client, error) {
			c, err := s.Open("/echo")
			if err == nil {
				head := frame.Header{Fin: true, Opcode: frame.Binary}
				err = ignoreReset(c.Raw(masked(head, make([]byte, mib))[:mib]))
			}
			return c, err
		}},
		{"compressed messages that are not whole", "unfinished", frame.PolicyViolation, 300, func(s *target.Server, i int) (*target.Client, error) {
			c, err := s.Open("/echo", "permessage-deflate")
			if err == nil {
				err = c.Raw(bomb[:len(bomb)-1])
			}
			return c, err
		}},
		{"messages that are not read", "outbox", frame.TooSlow, 200, func(s *target.Server, i int) (*target.Client, error) {
			c, err := s.Open(fmt.Sprintf("/socket?userId=reader%d", i))
			if err != nil {
				return c, err
			}
			friend, err := s.Open(fmt.Sprintf("/socket?userId=friend%d", i))
			if err != nil {
				return c, err
			}
			defer friend.Conn.Close()
			for range 100 {
				if err := friend.SendText(fmt.Sprintf("reader%d,%s", i, strings.Repeat("x", 10<<10))); err != nil {
					return c, err
				}
			}
			sent := fmt.Sprintf("用户(friend%d=>friend%d):sent", i, i)
			err = friend.SendText(fmt.Sprintf("friend%d,sent", i))
			for got := ""; err == nil && got != sent; { // before it, it may hear that the reader is away
				got, err = friend.NextText()
			}
			return c, err
		}},
		{"histories that are not read", "outbox", frame.TooSlow, 200, func(s *target.Server, i int) (*target.Client, error) {
			c, err := s.Open("/socket")
			if err == nil {
				err = c.SendText("history,all")
			}
			return c, err
		}},
		{"heads that are not whole", "handshake", 0, 4000, func(s *target.Server, i int) (*target.Client, error) {
			conn, err := s.Raw()
			if err != nil {
				return nil, err
			}
			_, err = io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: h\r\nX: "+strings.Repeat("x", 15<<10))
			return &target.Client{Conn: target.TCP(conn)}, ignoreReset(err)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, "-memory", fmt.Sprint(budget), "-compress", "-handshake-timeout", "20s")
			talker, err := s.Open("/socket?userId=talker")
			if err != nil {
				t.Fatal(err)
			}
			defer talker.Conn.Close()
			for range 10 { // a long history
				said := strings.Repeat("x", mib-100)
				if err := exchange(talker, "all,"+said, "用户(talker=>talker):"+said); err != nil {
					t.Fatal(err)
				}
			}
			clients := make([]*target.Client, row.number)
			defer func() {
				for _, c := range clients {
					if c != nil && c.Conn != nil {
						c.Conn.Close()
					}
				}
			}()
			b := arrive(t, s)
			s.ResetPeak()
			go b.watch()
			many(t, row.number, func(i int) (err error) {
				clients[i], err = row.attack(s, i)
				return err
			})
			if !target.Until(func() bool { return s.Metric(`wschat_connections_evicted_total{by="`+row.by+`"}`) > 0 }) {
				t.Error("nobody was closed")
			}
			b.leaveOff(t)
			if row.code != 0 && s.Metric(fmt.Sprintf("wschat_connections_closed_total{code=\"%d\"}", row.code)) == 0 {
				t.Errorf("nobody was closed with %v", row.code)
			}
			_, peak := s.Memory()
			t.Logf("%.1f MiB at most; the bystander waited %v at most in %d rounds", float64(peak)/mib, b.worst.Round(time.Millisecond), b.rounds)
			if peak > budget {
				t.Errorf("the server took %.1f MiB", float64(peak)/mib)
			}
		})
	}
}

// What a burst has left goes back to the system soon, though nothing happens any more.
func TestMemoryGoesBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := arrive(t, s)
	b.round()
	before, _ := s.Memory()
	clients := make([]*target.Client, 100)
	many(t, len(clients), func(i int) (err error) {
		if clients[i], err = s.Open("/echo"); err == nil {
			err = clients[i].Raw(masked(frame.Header{Fin: true, Opcode: frame.Binary}, make([]byte, mib))[:mib])
		}
		return err
	})
	if !target.Until(func() bool { return s.Metric(`wschat_memory_held_bytes{by="unfinished"}`) >= 100*mib }) {
		t.Error("the messages are not held")
	}
	time.Sleep(3 * time.Second) // the server has been quiet, and has looked for what it can give back
	if held, _ := s.Memory(); held < 100*mib {
		t.Errorf("the server takes %.1f MiB", float64(held)/mib)
	}
	for _, c := range clients {
		c.Reset()
	}
	began := time.Now()
	if !target.Until(func() bool { rss, _ := s.Memory(); return rss < before+2*left }) {
		rss, _ := s.Memory()
		t.Errorf("after the burst %.1f MiB are left, before it was %.1f", float64(rss)/mib, float64(before)/mib)
	}
	t.Logf("given back after %v", time.Since(began).Round(time.Second/10))
}

// Thirty readers at 10 Mbit/s, and one who says twelve MiB at once: nobody is closed.
func TestOneSenderAndSlowReaders(t *testing.T) {
	t.Parallel()
	const readers, messages = 30, 12
	s := start(t)
	message := masked(frame.Header{Fin: true, Opcode: frame.Binary}, append([]byte("all,"), bytes.Repeat([]byte("x"), mib-4)...))
	var wait sync.WaitGroup
	defer wait.Wait()
	for i := range readers {
		c, err := s.Open(fmt.Sprintf("/socket?userId=reader%d", i))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Conn.Close()
		wait.Go(func() {
			const bytesPerSecond, step = 10_000_000 / 8, 20 * time.Millisecond
			pace := time.NewTicker(step)
			defer pace.Stop()
			buf := make([]byte, bytesPerSecond*step/time.Second)
			for read := 0; read < messages*(mib-4); <-pace.C {
				n, err := io.ReadFull(c.Conn, buf[:min(len(buf), messages*(mib-4)-read)])
				if read += n; err != nil {
					t.Errorf("reader %d: %v after %d bytes", i, err, read)
					return
				}
			}
		})
	}
	sender, err := s.Open("/socket?userId=sender")
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Conn.Close()
	go io.Copy(io.Discard, sender.Conn)
	for range messages {
		if err := sender.Raw(message); err != nil {
			t.Fatal(err)
		}
	}
	wait.Wait()
	if n := s.Metric(`wschat_connections_closed_total{code="4100"}`); n != 0 {
		t.Errorf("%v readers were closed as too slow", n)
	}
}

// Many who join as many groups of their own as they can do not pass -memory, and an ordinary
// user can still join one.
func TestMembershipsFitIntoMemory(t *testing.T) {
	const budget, connections, groups = 64 * mib, 400, 400
	s := start(t, "-memory", fmt.Sprint(budget), "-presence", "none", "-rate", fmt.Sprint(groups))
	s.ResetPeak()
	many(t, connections, func(i int) error {
		c, err := s.Open(fmt.Sprintf("/socket?userId=mallory%d", i))
		if err != nil {
			return err
		}
		defer c.Conn.Close()
		sent := make(chan error, 1)
		go func() {
			for j := range groups {
				if err := c.SendText(fmt.Sprintf("join,group%d.%d", i, j)); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		for range groups { // each join is granted or refused
			if _, err := c.NextText(); err != nil {
				return err
			}
		}
		return <-sent
	})
	c, err := s.Open("/socket?userId=late")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Conn.Close()
	if err := exchange(c, "groupLate,x", "用户(late=>late):x"); err != nil {
		t.Error(err)
	}
	_, peak := s.Memory()
	t.Logf("%.1f MiB at most", float64(peak)/mib)
	if peak > budget {
		t.Errorf("the server took %.1f MiB", float64(peak)/mib)
	}
}
