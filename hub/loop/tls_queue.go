package loop

import "net/netip"

// fairQueue has handshakes in the order in which they came, except that addresses take
// turns, and that one which has none under way comes before those that have.
type fairQueue struct {
	by    map[netip.Addr][]*tlsHandshake
	begun map[netip.Addr]int // how many are under way
	fresh []netip.Addr       // those with handshakes that had none under way; the first is next
	turns []netip.Addr       // the others
}

func newFairQueue() fairQueue {
	return fairQueue{by: make(map[netip.Addr][]*tlsHandshake), begun: make(map[netip.Addr]int)}
}

func (q *fairQueue) empty() bool { return len(q.by) == 0 }

func (q *fairQueue) push(h *tlsHandshake) {
	switch {
	case len(q.by[h.from]) > 0:
	case q.begun[h.from] == 0:
		q.fresh = append(q.fresh, h.from)
	default:
		q.turns = append(q.turns, h.from)
	}
	q.by[h.from] = append(q.by[h.from], h)
}

// pop returns the next handshake whose connection has not ended meanwhile; nil: there is
// none. It is under way until done.
func (q *fairQueue) pop() *tlsHandshake {
	for !q.empty() {
		line := &q.turns
		if len(q.fresh) > 0 {
			line = &q.fresh
		}
		from := (*line)[0]
		*line = (*line)[1:]
		h := q.by[from][0]
		if rest := q.by[from][1:]; len(rest) > 0 {
			q.by[from] = rest
			q.turns = append(q.turns, from)
		} else {
			delete(q.by, from)
		}
		if !h.ended {
			q.begun[from]++
			return h
		}
	}
	return nil
}

// done notes that a handshake is not under way any more.
func (q *fairQueue) done(h *tlsHandshake) {
	if q.begun[h.from]--; q.begun[h.from] == 0 {
		delete(q.begun, h.from)
	}
}
