package share

import "iter"

// Queue has items in the order of their coming. When there are more than its bound, the
// holder of most loses the oldest of its items. Not safe for concurrent use.
type Queue[T any] struct {
	max            int
	oldest, newest *Item[T]
	len            int
	holders        map[string]*Holder[line[T]]
	ranking        Ranking[line[T]]
}

// Item is an item of a Queue.
type Item[T any] struct {
	Value        T
	older, newer *Item[T]
	next         *Item[T] // of its holder
	holder       *Holder[line[T]]
}

// line has the items of one holder.
type line[T any] struct {
	name        string
	first, last *Item[T]
}

// NewQueue returns an empty queue for at most max items.
func NewQueue[T any](max int) Queue[T] {
	return Queue[T]{max: max, holders: make(map[string]*Holder[line[T]])}
}

// Len returns how many items there are.
func (q *Queue[T]) Len() int { return q.len }

// Push adds an item of a holder. dropped is the item that makes room for it, if there must
// be one.
func (q *Queue[T]) Push(holder string, value T) (item, dropped *Item[T]) {
	h := q.holders[holder]
	if h == nil {
		h = &Holder[line[T]]{Of: line[T]{name: holder}}
		q.holders[holder] = h
	}
	item = &Item[T]{Value: value, older: q.newest, holder: h}
	if q.newest == nil {
		q.oldest = item
	} else {
		q.newest.newer = item
	}
	q.newest = item
	if h.Of.last == nil {
		h.Of.first = item
	} else {
		h.Of.last.next = item
	}
	h.Of.last = item
	q.len++
	q.ranking.Add(h, 1)
	if q.len > q.max {
		dropped = q.ranking.Most().Of.first
		q.drop(dropped)
	}
	return item, dropped
}

// Oldest returns the oldest item; nil: there is none.
func (q *Queue[T]) Oldest() *Item[T] { return q.oldest }

// DropOldest takes it out.
func (q *Queue[T]) DropOldest() { q.drop(q.oldest) }

// drop takes out an item, which must be the first of its holder.
func (q *Queue[T]) drop(i *Item[T]) {
	if i.older == nil {
		q.oldest = i.newer
	} else {
		i.older.newer = i.newer
	}
	if i.newer == nil {
		q.newest = i.older
	} else {
		i.newer.older = i.older
	}
	h := i.holder
	if h.Of.first = i.next; i.next == nil {
		h.Of.last = nil
		delete(q.holders, h.Of.name)
	}
	i.older, i.newer, i.next = nil, nil, nil
	q.len--
	q.ranking.Add(h, -1)
}

// All returns the items, oldest first.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := q.oldest; i != nil && yield(i.Value); i = i.newer {
		}
	}
}
