//go:build e2e

package abuse

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

const (
	members  = 100
	senders  = 4
	window   = 4   // messages of a sender that are under way at once
	messages = 200 // of each sender in a run
	bodySize = 4096
)

// One who does not read in a group under full load costs the others nothing, and
// is gone with 4100.
func TestSlowReader(t *testing.T) {
	s := start(t)
	group := make([]*target.Client, members)
	many(t, members, func(i int) error {
		c, err := s.Open(fmt.Sprint("/socket?userId=M", i))
		if err != nil {
			return err
		}
		group[i] = c
		t.Cleanup(func() { c.Conn.Close() })
		return exchange(c, "join,groupLoad", "系统:已加入 groupLoad")
	})
	runs := size(3, 5)
	var without, with []time.Duration
	load(t, group) // everybody is warm
	for range runs {
		without = append(without, load(t, group))
		with = append(with, withSlowReader(t, s, group))
	}
	t.Logf("p99 without a slow reader: %v", without)
	t.Logf("p99 with one:              %v", with)
	plain, slowed := median(without), median(with)
	t.Logf("medians %v and %v, a factor of %.2f", plain, slowed, float64(slowed)/float64(plain))
	if slowed > 2*plain+10*time.Millisecond {
		t.Errorf("with a slow reader p99 is %v, want at most twice %v", slowed, plain)
	}
	if n := s.Metric(`wschat_connections_closed_total{code="4100"}`); int(n) != runs {
		t.Errorf("the metrics say that %v were closed with 4100, want %d", n, runs)
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// withSlowReader is load with one more member, who reads nothing until it is
// over.
func withSlowReader(t *testing.T, s *target.Server, group []*target.Client) time.Duration {
	t.Helper()
	slow, err := s.Open("/socket?userId=slow")
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Conn.Close()
	if err := slow.Conn.SetReadBuffer(128 << 10); err != nil {
		t.Fatal(err)
	}
	if err := exchange(slow, "join,groupLoad", "系统:已加入 groupLoad"); err != nil {
		t.Fatal(err)
	}
	p99 := load(t, group)
	slow.Conn.SetDeadline(time.Now().Add(target.Patience))
	for {
		m, err := slow.Next()
		if err != nil {
			t.Fatalf("the slow reader: %v, want close 4100", err)
		}
		if m.Opcode != frame.Close {
			continue
		}
		if code, reason, _ := frame.ParseClose(m.Payload); code != frame.TooSlow {
			t.Fatalf("the slow reader: closed with %v %q, want 4100", code, reason)
		}
		return p99
	}
}

// load lets some members send as much as the others can take, and returns the
// time in which 99 of 100 deliveries were made.
func load(t *testing.T, group []*target.Client) time.Duration {
	t.Helper()
	const perMember = senders * messages
	began := time.Now()
	latencies := make([]time.Duration, members*perMember)
	errs := make([]error, members)
	var wait sync.WaitGroup
	for i, c := range group {
		wait.Go(func() {
			errs[i] = member(c, i, began, latencies[i*perMember:(i+1)*perMember])
		})
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("M%d: %v", i, err)
		}
	}
	slices.Sort(latencies)
	return latencies[len(latencies)*99/100].Round(10 * time.Microsecond)
}

// member receives all messages of a run and notes how long each took. The first
// members send as well: a new message for each of their own that comes back.
func member(c *target.Client, i int, began time.Time, latencies []time.Duration) error {
	own, sent := fmt.Sprintf("用户(M%d=>", i), 0
	say := func() error {
		if i >= senders || sent == messages {
			return nil
		}
		sent++
		body := append([]byte("groupLoad,"), make([]byte, bodySize)...)
		binary.BigEndian.PutUint64(body[len("groupLoad,"):], uint64(time.Since(began)))
		return c.Send(frame.Binary, body)
	}
	for range window {
		if err := say(); err != nil {
			return err
		}
	}
	for n := range latencies {
		m, err := c.NextMessage()
		if err != nil {
			return err
		}
		if m.Opcode != frame.Binary || len(m.Payload) < bodySize {
			return fmt.Errorf("got %v %.80q", m.Opcode, m.Payload)
		}
		body := m.Payload[len(m.Payload)-bodySize:]
		latencies[n] = time.Since(began) - time.Duration(binary.BigEndian.Uint64(body))
		if strings.HasPrefix(string(m.Payload[:len(own)]), own) {
			if err := say(); err != nil {
				return err
			}
		}
	}
	return nil
}
