package journal

import (
	"time"

	"wschat/hub/share"
)

const (
	// requestAge is how long the id of a send is remembered (PROTOCOL §6).
	requestAge = 10 * time.Minute
	// maxRequests bounds how many of them outlive a restart.
	maxRequests = 100_000
)

// request is a send that has been acknowledged.
type request struct {
	user, id, conversation string
	seq                    uint64
	time                   int64
	flags                  byte
}

// send is the request without what was told of it, and when.
func (r request) send() request {
	r.time, r.flags = 0, 0
	return r
}

func (r request) toldAway() bool { return r.flags&flagToldAway != 0 }

// request is that of a message.
func (m *message) request() request {
	r := request{user: string(m.from), id: string(m.id), conversation: string(m.conversation), seq: m.seq, time: m.time}
	if m.flags&flagAway != 0 {
		r.flags = flagToldAway
	}
	return r
}

// requests is what is remembered of sends, in the order of their coming. Beyond maxRequests
// the user with most loses the oldest. Not safe for concurrent use.
type requests struct {
	since int64 // older ones are of no interest
	share.Queue[request]
}

func newRequests(since int64) requests {
	return requests{since, share.NewQueue[request](maxRequests)}
}

// wants reports whether a request of this time is of interest.
func (r *requests) wants(t int64) bool { return t > r.since }

func (r *requests) add(q request) {
	if r.wants(q.time) {
		r.Push(q.user, q)
	}
}
