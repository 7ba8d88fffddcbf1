package journal

import "time"

const (
	// requestAge is how long the id of a send is remembered (PROTOCOL §6).
	requestAge = 10 * time.Minute
	// maxRequests bounds how many of them outlive a restart, the newest.
	maxRequests = 100_000
)

// request is a send that has been acknowledged.
type request struct {
	user, id, conversation string
	seq                    uint64
	time                   int64
	flags                  byte
}

// request is that of a message.
func (m *message) request() request {
	r := request{user: string(m.from), id: string(m.id), conversation: string(m.conversation), seq: m.seq, time: m.time}
	if m.flags&flagAway != 0 {
		r.flags = flagToldAway
	}
	return r
}

// requests is the newest requests, in the order of their coming. Not safe for
// concurrent use.
type requests struct {
	since int64 // older ones are of no interest
	ring  []request
	begin int // the oldest, once the ring is full
}

// wants reports whether a request of this time is of interest.
func (r *requests) wants(t int64) bool { return t > r.since }

func (r *requests) add(q request) {
	switch {
	case !r.wants(q.time):
	case len(r.ring) < maxRequests:
		r.ring = append(r.ring, q)
	default:
		r.ring[r.begin] = q
		r.begin = (r.begin + 1) % maxRequests
	}
}

// all returns the requests, oldest first.
func (r *requests) all() []request {
	return append(r.ring[r.begin:len(r.ring):len(r.ring)], r.ring[:r.begin]...)
}
