package main

import (
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"wschat/cmd/wschat/metric"
	"wschat/handshake"
)

// refusalPause is the least time between two lines about one reason.
const refusalPause = time.Minute

// refusals counts the logins that are refused, by reason, and tells the operator: of the
// first at once, and of those that follow in one line a minute and reason, so that nobody
// fills the log. Safe for concurrent use.
type refusals struct {
	log *slog.Logger

	mu     sync.Mutex
	closed bool
	by     map[string]*tally
}

// tally is what there is to tell about one reason.
type tally struct {
	total, untold uint64
	from          netip.Addr  // of the first that is untold
	example       string      // what the first that is untold was answered
	timer         *time.Timer // runs after each line; nil: there was none lately
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, by: make(map[string]*tally)}
}

// note notes that a login was refused.
func (f *refusals) note(r *handshake.Rejection, from netip.Addr) {
	reason := r.Kind
	if reason == "" {
		reason = strconv.Itoa(r.Status)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.by[reason]
	if one == nil {
		one = new(tally)
		f.by[reason] = one
	}
	one.total++
	one.untold++
	if one.untold == 1 {
		one.from, one.example = from, ""
		if r.Kind != "" { // other answers may quote a token
			one.example = r.Reason
		}
	}
	if one.timer == nil && !f.closed {
		f.tell(reason, one)
		one.timer = time.AfterFunc(refusalPause, func() { f.next(reason, one) })
	}
}

// next tells what has come since the last line.
func (f *refusals) next(reason string, one *tally) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
	case one.untold == 0:
		one.timer = nil
	default:
		f.tell(reason, one)
		one.timer.Reset(refusalPause)
	}
}

// tell writes a line. The lock is held.
func (f *refusals) tell(reason string, one *tally) {
	f.log.Warn("refused", "reason", reason, "count", one.untold, "from", one.from.String(), "example", one.example)
	one.untold = 0
}

// close tells what is untold. Nothing is told after it.
func (f *refusals) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for reason, one := range f.by {
		if one.timer != nil {
			one.timer.Stop()
		}
		if one.untold > 0 {
			f.tell(reason, one)
		}
	}
}

func (f *refusals) write(t *metric.Text) {
	f.mu.Lock()
	defer f.mu.Unlock()
	totals := make(map[string]uint64, len(f.by))
	for reason, one := range f.by {
		totals[reason] = one.total
	}
	t.CounterBy("wschat_handshakes_refused_total", "Requests for a connection that were refused, by reason.", "reason", totals)
}
