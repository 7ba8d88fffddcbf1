package password

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	home   = netip.MustParseAddr("192.0.2.1")
	office = netip.MustParseAddr("192.0.2.2")
)

func wrong() bool { return false }
func right() bool { return true }

// address is one of many.
func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }

func wantLimited(t *testing.T, what string, err error, wait time.Duration) {
	t.Helper()
	var limited *Limited
	if !errors.As(err, &limited) || limited.Wait != wait {
		t.Errorf("%s: got %v, want to wait %v", what, err, wait)
	}
}

// PROTOCOL 9: after 5 wrong ones in a minute for a name, 429 until the minute is over, for
// the right password too.
func TestGuessesOfAName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ctx := NewChecker(), t.Context()
		for i := range perName {
			if err := c.Check(ctx, "A", address(i), wrong); err != ErrWrong {
				t.Fatalf("guess %d: %v", i, err)
			}
			time.Sleep(time.Second)
		}
		wantLimited(t, "the right one", c.Check(ctx, "A", home, right), 55*time.Second)
		if err := c.Check(ctx, "B", address(0), right); err != nil {
			t.Errorf("another name: %v", err)
		}
		time.Sleep(55*time.Second - 1)
		wantLimited(t, "a moment before", c.Check(ctx, "A", home, right), 1)
		time.Sleep(1)
		if err := c.Check(ctx, "A", home, right); err != nil {
			t.Errorf("when the minute is over: %v", err)
		}
		if err := c.Check(ctx, "A", home, wrong); err != ErrWrong {
			t.Errorf("one more: %v", err)
		}
		wantLimited(t, "and that was the fifth within a minute", c.Check(ctx, "A", home, right), time.Second)
		time.Sleep(span)
		c.Check(ctx, "B", home, right)
		if len(c.guesses.byName)+len(c.guesses.byFrom)+c.guesses.all.Len() != 0 {
			t.Errorf("remembered: %v, %v", c.guesses.byName, c.guesses.byFrom)
		}
	})
}

// PROTOCOL 9: or 20 from an address (an IPv6 /64).
func TestGuessesFromAnAddress(t *testing.T) {
	for _, row := range []struct{ from, same, other string }{
		{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"},
		{"2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, ctx := NewChecker(), t.Context()
			for i := range perAddress {
				if err := c.Check(ctx, fmt.Sprint("u", i), netip.MustParseAddr(row.from), wrong); err != ErrWrong {
					t.Fatalf("guess %d: %v", i, err)
				}
			}
			wantLimited(t, row.same, c.Check(ctx, "A", netip.MustParseAddr(row.same), right), span)
			if err := c.Check(ctx, "A", netip.MustParseAddr(row.other), right); err != nil {
				t.Errorf("%s: %v", row.other, err)
			}
		})
	}
}

// crowd begins checks that last until they are let go.
type crowd struct {
	c       *Checker
	release chan struct{}
	wait    sync.WaitGroup

	mu    sync.Mutex
	began []string
	ended map[string]error
}

func newCrowd(c *Checker) *crowd {
	return &crowd{c: c, release: make(chan struct{}), ended: make(map[string]error)}
}

func (w *crowd) begin(ctx context.Context, name string, from netip.Addr, is bool) {
	w.wait.Go(func() {
		err := w.c.Check(ctx, name, from, func() bool {
			w.mu.Lock()
			w.began = append(w.began, name)
			w.mu.Unlock()
			<-w.release
			return is
		})
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ended[name] = err
	})
	synctest.Wait()
}

// Guesses that are sent at once are no more than those that come one after the other.
func TestGuessesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewChecker()
		c.free = 50
		w, n := newCrowd(c), 0
		for i := range 30 {
			w.wait.Go(func() {
				err := c.Check(t.Context(), "A", address(i), func() bool {
					w.mu.Lock()
					defer w.mu.Unlock()
					n++
					return false
				})
				if err == nil {
					t.Error("a guess was right")
				}
			})
		}
		w.wait.Wait()
		if n != perName {
			t.Errorf("%d were checked", n)
		}
	})
}

// One at a time runs where there is one place; who has not guessed wrong comes first.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewChecker()
		c.free = 1
		for i := range 3 {
			c.Check(t.Context(), fmt.Sprint("x", i), home, wrong)
		}
		w := newCrowd(c)
		for i, from := range []netip.Addr{home, home, office, office, address(1)} {
			w.begin(t.Context(), fmt.Sprint(i), from, true)
		}
		if len(w.began) != 1 {
			t.Errorf("%v run at once", w.began)
		}
		close(w.release)
		w.wait.Wait()
		if want := []string{"0", "4", "2", "3", "1"}; !slices.Equal(w.began, want) {
			t.Errorf("got %v, want %v", w.began, want)
		}
	})
}

// PROTOCOL 9: those who wait are bounded. An address that has many waiting gives way.
func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewChecker()
		c.free = 1
		w := newCrowd(c)
		w.begin(t.Context(), "running", office, true)
		for i := range maxWaiting + 1 {
			w.begin(t.Context(), fmt.Sprint("u", i), home, true)
		}
		if len(w.ended) != 1 || w.ended[fmt.Sprint("u", maxWaiting)] != ErrBusy {
			t.Errorf("got %v, want the last one refused", w.ended)
		}
		w.begin(t.Context(), "other", address(1), true)
		if _, ended := w.ended["other"]; ended || len(w.ended) != 2 {
			t.Errorf("another address: got %v", w.ended)
		}
		close(w.release)
		w.wait.Wait()
		if w.began[1] != "other" || len(w.began) != maxWaiting+1 {
			t.Errorf("began %v", w.began)
		}
	})
}

// Who gives up, or waits when the server ends, is not checked.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewChecker()
		c.free = 1
		w := newCrowd(c)
		w.begin(t.Context(), "running", office, true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.begin(ctx, "hasty", home, true)
		w.begin(t.Context(), "patient", home, true)
		time.Sleep(time.Second)
		synctest.Wait()
		if w.ended["hasty"] != ErrBusy || len(w.ended) != 1 {
			t.Errorf("got %v", w.ended)
		}
		c.Close()
		synctest.Wait()
		if w.ended["patient"] != ErrBusy || len(w.ended) != 2 {
			t.Errorf("got %v", w.ended)
		}
		if err := c.Check(t.Context(), "late", home, right); err != ErrBusy {
			t.Errorf("got %v", err)
		}
		close(w.release)
		w.wait.Wait()
		if len(w.began) != 1 || w.ended["running"] != nil {
			t.Errorf("began %v, got %v", w.began, w.ended)
		}
	})
}

// The memory of guesses is bounded: who has most loses the oldest.
func TestGuessesAreBounded(t *testing.T) {
	g, now := newGuesses(10), time.Now()
	for i := range 100 {
		g.add(fmt.Sprint("u", i), home, now)
		if i%20 == 0 {
			g.add("A", office, now)
		}
	}
	if g.all.Len() != 10 || len(g.byFrom[office]) != 5 || len(g.byFrom[home]) != 5 || len(g.byName) != 6 {
		t.Errorf("got %d, %v", g.all.Len(), g.byName)
	}
}
