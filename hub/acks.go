package hub

import (
	"sync"
	"time"
)

const (
	// ackTTL is how long the id of a send is remembered.
	ackTTL = 10 * time.Minute
	// maxAcks bounds how many are; the oldest is forgotten first. At the default
	// rate that is 16 users who send all the time.
	maxAcks = 1 << 20
)

// ack is what a send is answered with.
type ack struct {
	seq     uint64
	offline bool
}

// acks remembers the ids of sends, so that one that is repeated is answered
// again and not delivered twice. Safe for concurrent use.
type acks struct {
	mu     sync.Mutex
	byName map[ackName]*ackEntry
	order  []ackName // of those that are done, oldest first
	gone   int       // so many at the front of order are forgotten
}

type ackName struct{ user, id string }

type ackEntry struct {
	ack
	at      time.Time // zero: under way
	waiting []func(ack, error)
}

func newAcks() *acks { return &acks{byName: make(map[ackName]*ackEntry)} }

// begin reports whether a send is a new one; done or failed must follow then,
// and calls told. For a repeated one told is called with the first answer, at
// once or when there is one.
func (a *acks) begin(user, id string, told func(ack, error)) bool {
	a.mu.Lock()
	a.expire(time.Now())
	name := ackName{user, id}
	e := a.byName[name]
	switch {
	case e == nil:
		a.byName[name] = &ackEntry{waiting: []func(ack, error){told}}
		a.mu.Unlock()
		return true
	case e.at.IsZero():
		e.waiting = append(e.waiting, told)
		a.mu.Unlock()
		return false
	}
	a.mu.Unlock()
	told(e.ack, nil)
	return false
}

// done answers a send, and all who repeated it meanwhile.
func (a *acks) done(user, id string, answer ack) {
	a.mu.Lock()
	name := ackName{user, id}
	e := a.byName[name]
	waiting := e.waiting
	e.ack, e.at, e.waiting = answer, time.Now(), nil
	a.order = append(a.order, name)
	a.mu.Unlock()
	for _, told := range waiting {
		told(answer, nil)
	}
}

// failed answers with an error, and forgets the id. Without one there is nobody
// to be told.
func (a *acks) failed(user, id string, err error) {
	a.mu.Lock()
	name := ackName{user, id}
	e := a.byName[name]
	delete(a.byName, name)
	a.mu.Unlock()
	for _, told := range e.waiting {
		told(ack{}, err)
	}
}

// restore remembers a send from before a restart.
func (a *acks) restore(user, id string, answer ack, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := ackName{user, id}
	if a.byName[name] == nil {
		a.byName[name] = &ackEntry{ack: answer, at: at}
		a.order = append(a.order, name)
	}
}

// expire forgets what is too old, or too much. The lock is held.
func (a *acks) expire(now time.Time) {
	for a.gone < len(a.order) {
		oldest := a.order[a.gone]
		if len(a.order)-a.gone <= maxAcks && now.Sub(a.byName[oldest].at) <= ackTTL {
			break
		}
		delete(a.byName, oldest)
		a.gone++
	}
	if a.gone > len(a.order)/2 {
		a.order, a.gone = append(a.order[:0:0], a.order[a.gone:]...), 0
	}
}
