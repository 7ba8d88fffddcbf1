// Package share counts who holds how much of what is bounded, and knows who holds most. The
// rules by which bounds are shared are in hub/chat.
//
//	ranking.go   holders, whoever holds most first
//	queue.go     items in the order of their coming, bounded by the shares of their holders
package share

// Holder is somebody, or something, that holds a share. It is in one Ranking at most.
type Holder[T any] struct {
	Of   T
	held int64
	at   int32 // in the heap, from 1; 0: it holds nothing
}

// Held returns how much h holds.
func (h *Holder[T]) Held() int64 { return h.held }

// Ranking has the holders of more than nothing. It is a heap; its zero value is empty. Not
// safe for concurrent use.
type Ranking[T any] struct{ heap []*Holder[T] }

// Len returns how many holders there are.
func (r *Ranking[T]) Len() int { return len(r.heap) }

// Most returns who holds most; nil: nobody holds anything.
func (r *Ranking[T]) Most() *Holder[T] {
	if len(r.heap) == 0 {
		return nil
	}
	return r.heap[0]
}

// At returns a holder by its place, from 0: the first holds most, and those behind it hold
// roughly less and less. A change moves holders to other places.
func (r *Ranking[T]) At(place int) *Holder[T] { return r.heap[place] }

// Add changes by more what h holds, in O(log n). It must not become less than nothing.
func (r *Ranking[T]) Add(h *Holder[T], more int64) {
	h.held += more
	switch i := int(h.at) - 1; {
	case i < 0 && h.held > 0:
		r.heap = append(r.heap, h)
		r.up(len(r.heap)-1, h)
	case i >= 0 && h.held == 0:
		r.remove(i)
	case more > 0 && i >= 0:
		r.up(i, h)
	case more < 0:
		r.down(i, h)
	}
}

func (r *Ranking[T]) remove(i int) {
	end := len(r.heap) - 1
	last := r.heap[end]
	r.heap[i].at, r.heap[end] = 0, nil
	r.heap = r.heap[:end]
	if i < end {
		r.down(i, last)
		r.up(int(last.at)-1, last)
	}
}

// up puts h at i, or nearer to the front.
func (r *Ranking[T]) up(i int, h *Holder[T]) {
	for i > 0 && r.heap[(i-1)/2].held < h.held {
		r.put(i, r.heap[(i-1)/2])
		i = (i - 1) / 2
	}
	r.put(i, h)
}

// down puts h at i, or further from the front.
func (r *Ranking[T]) down(i int, h *Holder[T]) {
	for {
		child := 2*i + 1
		if child+1 < len(r.heap) && r.heap[child+1].held > r.heap[child].held {
			child++
		}
		if child >= len(r.heap) || r.heap[child].held <= h.held {
			break
		}
		r.put(i, r.heap[child])
		i = child
	}
	r.put(i, h)
}

func (r *Ranking[T]) put(i int, h *Holder[T]) { r.heap[i], h.at = h, int32(i+1) }
