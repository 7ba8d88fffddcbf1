//go:build e2e

package abuse

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// When no descriptor is left, accepting slows down, chats go on, and all is well
// once there are some again.
func TestDescriptorExhaustion(t *testing.T) {
	const limit = 100
	s := target.StartWithin(t, limit, append(usual, "-max-conns", "0", "-max-conns-per-ip", "0", "-ping", "0", "-handshake-timeout", "20s")...)
	a, err := s.Open("/socket?userId=A")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Conn.Close()
	if err := exchange(a, "A,hi", "用户(A=>A):hi"); err != nil {
		t.Fatal(err)
	}
	b := arrive(t, s)
	b.round()
	before := s.Usage()

	b.remaining = true // nobody new gets in
	go b.watch()
	idle := gather(t, s, 2*limit, "")
	if !target.Until(func() bool { return strings.Contains(s.Log(), "too many open files") }) {
		t.Fatalf("the server still has descriptors:\n%s", s.Log())
	}
	// While it has none, it neither spins nor fills the log.
	began, used := time.Now(), s.Processor()
	for range 100 {
		if err := exchange(a, "A,still here", "用户(A=>A):still here"); err != nil {
			t.Fatal(err)
		}
	}
	lull := time.NewTimer(2 * time.Second)
	defer lull.Stop()
	<-lull.C
	if share := (s.Processor() - used).Seconds() / time.Since(began).Seconds(); share > 0.5 {
		t.Errorf("the server uses %.0f %% of a processor while it cannot accept", 100*share)
	}
	if n := strings.Count(s.Log(), "\n"); n > 50 {
		t.Errorf("%d lines in the log:\n%s", n, s.Log())
	}
	b.leaveOff(t)

	crowd(idle).close()
	if !target.Until(func() bool { return strings.Contains(s.Log(), "accepting connections again") }) {
		t.Fatalf("the server does not recover:\n%s", s.Log())
	}
	b.remaining = false
	for range 20 {
		b.round()
	}
	if b.err != nil {
		t.Errorf("the bystander, after the abuse: %v", b.err)
	}
	var after target.Usage
	if !target.Until(func() bool {
		after = s.Usage()
		return after.Descriptors <= before.Descriptors && after.Goroutines <= before.Goroutines
	}) {
		t.Errorf("the server has kept something: %v before, %v after", before, after)
	}
	t.Logf("before: %v\nafter:  %v; the bystander waited %v at most", before, after, b.worst)
}

// By default there is no need for that: -max-conns is below the limit, and who
// comes in vain is told so.
func TestDescriptorReserve(t *testing.T) {
	const limit = 200
	s := target.StartWithin(t, limit, usual...)
	before := s.Usage()
	var in crowd
	defer func() { in.close() }()
	refused := ""
	for i := range limit {
		c, err := s.Open(fmt.Sprint("/socket?userId=U", i))
		if err != nil {
			refused = err.Error()
			break
		}
		in = append(in, c.Conn)
	}
	if !strings.Contains(refused, "503") || len(in) < limit/4 {
		t.Errorf("after %d users: got %q, want 503", len(in), refused)
	}
	if log := s.Log(); strings.Contains(log, "too many open files") {
		t.Errorf("the server ran out of descriptors:\n%s", log)
	}
	t.Logf("%d users with %d descriptors", len(in), limit)
	in.close()
	in = nil
	if !target.Until(func() bool {
		c, err := s.Open("/socket?userId=later")
		if err == nil {
			c.Conn.Close()
		}
		return err == nil
	}) {
		t.Error("nobody gets in any more")
	}
	if !target.Until(func() bool { return s.Usage().Descriptors <= before.Descriptors }) {
		t.Errorf("the server has kept something: %v before, %v after", before, s.Usage())
	}
}
