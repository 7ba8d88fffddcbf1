// Package share counts who holds how much of what is bounded, and knows who holds most. The
// rules by which bounds are shared are in hub/chat.
//
//	ranking.go   holders, whoever holds most first
//	list.go      items in an order, from which any can be taken out
//	queue.go     items in the order of their coming, bounded by the shares of their holders
package share

// Share is how much somebody, or something, holds.
type Share struct {
	held int64
	at   int32 // in the heap of a Ranking, from 1; 0: nothing is held
}

// Held returns how much that is.
func (s *Share) Held() int64 { return s.held }

// Holder holds a Share, which is in one Ranking.
type Holder interface{ Share() *Share }

// Ranking has the holders of more than nothing. It is a heap; its zero value is empty. Not
// safe for concurrent use.
type Ranking[H Holder] struct{ heap []H }

// Len returns how many holders there are.
func (r *Ranking[H]) Len() int { return len(r.heap) }

// At returns a holder by its place, from 0: the first holds most, and those behind it hold
// roughly less and less. A change moves holders to other places.
func (r *Ranking[H]) At(place int) H { return r.heap[place] }

// Add changes by more what h holds, in O(log n). It must not become less than nothing.
func (r *Ranking[H]) Add(h H, more int64) {
	s := h.Share()
	s.held += more
	switch i := int(s.at) - 1; {
	case i < 0 && s.held > 0:
		r.heap = append(r.heap, h)
		r.up(len(r.heap)-1, h, s)
	case i >= 0 && s.held == 0:
		r.remove(i)
	case i >= 0 && more > 0:
		r.up(i, h, s)
	case more < 0:
		r.down(i, h, s)
	}
}

func (r *Ranking[H]) remove(i int) {
	end := len(r.heap) - 1
	last := r.heap[end]
	r.heap[i].Share().at = 0
	clear(r.heap[end:])
	r.heap = r.heap[:end]
	if i < end {
		s := last.Share()
		r.down(i, last, s)
		r.up(int(s.at)-1, last, s)
	}
}

// up puts h, with its share s, at i, or nearer to the front.
func (r *Ranking[H]) up(i int, h H, s *Share) {
	for i > 0 {
		parent := r.heap[(i-1)/2]
		p := parent.Share()
		if p.held >= s.held {
			break
		}
		r.heap[i], p.at = parent, int32(i+1)
		i = (i - 1) / 2
	}
	r.heap[i], s.at = h, int32(i+1)
}

// down puts h, with its share s, at i, or further from the front.
func (r *Ranking[H]) down(i int, h H, s *Share) {
	for 2*i+1 < len(r.heap) {
		child := 2*i + 1
		c := r.heap[child].Share()
		if child+1 < len(r.heap) {
			if other := r.heap[child+1].Share(); other.held > c.held {
				child, c = child+1, other
			}
		}
		if c.held <= s.held {
			break
		}
		r.heap[i], c.at = r.heap[child], int32(i+1)
		i = child
	}
	r.heap[i], s.at = h, int32(i+1)
}
