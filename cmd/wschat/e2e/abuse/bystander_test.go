//go:build e2e

package abuse

import (
	"fmt"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

const (
	// soon is how long an ordinary user waits for an answer at most.
	soon = time.Second
	// left is how many bytes of memory more than before a server may keep,
	// besides what the abuse may take: what Go's heap does not give back at once.
	left = 8 << 20
	mib  = 1 << 20
)

// under runs an abuse with a bystander looking on, and checks that the server
// has grown by less than growth bytes at its peak and is what it was before in
// the end.
func under(t *testing.T, s *target.Server, growth int64, abuse func()) {
	t.Helper()
	b := arrive(t, s)
	for range 20 { // the server has met its first users
		b.round()
	}
	before := s.Usage()
	go b.watch()
	s.ResetPeak()
	abuse()
	_, peak := s.Memory()
	b.leaveOff(t)
	b.round()
	if b.err != nil {
		t.Errorf("the bystander, after the abuse: %v", b.err)
	}
	if grown := peak - before.RSS; grown >= growth {
		t.Errorf("the server has grown by %.1f MiB, want less than %d", float64(grown)/mib, growth/mib)
	}
	var after target.Usage
	settled := target.Until(func() bool {
		after = s.Usage()
		return after.Descriptors <= before.Descriptors && after.Goroutines <= before.Goroutines && after.RSS < before.RSS+left
	})
	t.Logf("before: %v", before)
	t.Logf("after:  %v; grown by %.1f MiB at most; the bystander waited %v at most in %d rounds",
		after, float64(peak-before.RSS)/mib, b.worst.Round(time.Millisecond), b.rounds)
	if !settled {
		t.Errorf("the server has kept something")
	}
}

// bystander is an ordinary user of the server.
type bystander struct {
	s         *target.Server
	chat      *target.Client
	remaining bool // makes no new connections

	rounds int
	worst  time.Duration
	err    error // the first
	stop   chan struct{}
	done   chan struct{}
}

func arrive(t *testing.T, s *target.Server) *bystander {
	t.Helper()
	chat, err := s.Open("/socket?userId=bystander")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { chat.Conn.Close() })
	return &bystander{s: s, chat: chat, stop: make(chan struct{}), done: make(chan struct{})}
}

// watch makes round after round until leaveOff.
func (b *bystander) watch() {
	defer close(b.done)
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for b.err == nil {
		b.round()
		select {
		case <-pace.C:
		case <-b.stop:
			return
		}
	}
}

// leaveOff ends watch. The bystander must have been served.
func (b *bystander) leaveOff(t *testing.T) {
	t.Helper()
	close(b.stop)
	<-b.done
	if b.err != nil {
		t.Errorf("the bystander, during the abuse: %v", b.err)
		b.err = nil
	}
}

// round asks for everything that an ordinary user does: a chat message, and an
// echo over a new connection.
func (b *bystander) round() {
	b.rounds++
	b.timed("a chat message", func() error {
		return exchange(b.chat, "bystander,hi", "用户(bystander=>bystander):hi")
	})
	if b.remaining {
		return
	}
	b.timed("an echo", func() error {
		c, err := b.s.Open("/echo")
		if err != nil {
			return err
		}
		defer c.Reset() // leaves nothing behind in the system's tables
		c.Conn.SetDeadline(time.Now().Add(target.Patience))
		return exchange(c, "hello", "hello")
	})
}

// timed notes how long a user waits.
func (b *bystander) timed(what string, ask func() error) {
	began := time.Now()
	err := ask()
	took := time.Since(began)
	b.worst = max(b.worst, took)
	if err == nil && took > soon {
		err = fmt.Errorf("it took %v", took)
	}
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("%s: %w", what, err)
	}
}

func exchange(c *target.Client, say, want string) error {
	if err := c.SendText(say); err != nil {
		return err
	}
	if got, err := c.NextText(); err != nil || got != want {
		return fmt.Errorf("got %q, %w, want %q", got, err, want)
	}
	return nil
}
