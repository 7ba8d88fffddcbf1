package search

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
)

// places returns how many rooms are free.
func (t *turns) places() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.free)
}

// desk answers searches when the test says so, and notes whose they are.
type desk struct {
	searcher *Searcher
	asked    chan string
	answer   chan bool
	failed   chan error
}

func newDesk() *desk {
	return &desk{New(Config{}), make(chan string, 2*maxWaiting), make(chan bool), make(chan error, 2*maxWaiting)}
}

// search has a user search.
func (d *desk) search(t *testing.T, user string) {
	words := parse(t, "x")
	go func() {
		_, err := d.searcher.Search(context.Background(), Query{By: user, Words: words}, []string{user},
			func(conversation string, _ chat.Query) ([]*chat.Message, bool, error) {
				d.asked <- conversation
				<-d.answer
				return nil, false, nil
			})
		if err != nil {
			d.failed <- err
		}
	}()
}

// PROTOCOL 5.2: a search "never holds up anybody else": users search in turn, however many
// searches each of them has.
func TestUsersSearchInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		for range 100 {
			d.search(t, "A")
		}
		for _, user := range []string{"B", "B", "C"} {
			synctest.Wait()
			d.search(t, user)
		}
		synctest.Wait()
		order := ""
		for range 7 {
			order += <-d.asked
			d.answer <- true
			synctest.Wait()
		}
		if order != "AAABCAB" {
			t.Errorf("they have searched in the order %s", order)
		}
		close(d.answer)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(d.failed); n != 0 || len(d.searcher.turns.lines) != 0 || len(d.searcher.turns.free) != maxRunning {
			t.Errorf("%d have failed; left: %+v", n, &d.searcher.turns)
		}
	})
}

// Of too many who wait, whoever has most loses the oldest; and none waits longer than maxTime.
func TestSearchesThatWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		for range maxRunning + maxWaiting {
			d.search(t, "A")
		}
		synctest.Wait()
		if len(d.failed) > 0 {
			t.Fatalf("%v", <-d.failed)
		}
		for i := range 10 {
			d.search(t, fmt.Sprint("U", i))
		}
		synctest.Wait()
		for range 10 {
			if err := <-d.failed; !errors.Is(err, errBusy) {
				t.Fatalf("got %v", err)
			}
		}
		time.Sleep(maxTime)
		synctest.Wait()
		for range maxWaiting {
			if err := <-d.failed; !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v", err)
			}
		}
		close(d.answer)
		time.Sleep(time.Second)
		synctest.Wait()
		if left := &d.searcher.turns; left.waiting != 0 || len(left.lines) != 0 || len(left.free) != maxRunning {
			t.Errorf("left: %+v", left)
		}
	})
}
