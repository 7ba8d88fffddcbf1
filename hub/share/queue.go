package share

import "iter"

// Queue has items in the order of their coming. When there are more than its bound, the
// holder of most loses the oldest of its items. Not safe for concurrent use.
type Queue[T any] struct {
	max            int
	oldest, newest *Item[T]
	len            int
	lines          map[string]*line[T] // by holder
	ranking        Ranking[*line[T]]
}

// Item is an item of a Queue.
type Item[T any] struct {
	Value        T
	older, newer *Item[T]
	line         *line[T]
	next         *Item[T] // in its line
}

// line has the items of one holder.
type line[T any] struct {
	holder      string
	share       Share // how many they are
	first, last *Item[T]
}

// Share implements Holder.
func (l *line[T]) Share() *Share { return &l.share }

// NewQueue returns an empty queue for at most max items.
func NewQueue[T any](max int) Queue[T] {
	return Queue[T]{max: max, lines: make(map[string]*line[T])}
}

// Len returns how many items there are.
func (q *Queue[T]) Len() int { return q.len }

// Push adds an item of a holder. dropped is the item that makes room for it, if there must
// be one.
func (q *Queue[T]) Push(holder string, value T) (item, dropped *Item[T]) {
	l := q.lines[holder]
	if l == nil {
		l = &line[T]{holder: holder}
		q.lines[holder] = l
	}
	item = &Item[T]{Value: value, older: q.newest, line: l}
	if q.newest == nil {
		q.oldest = item
	} else {
		q.newest.newer = item
	}
	q.newest = item
	if l.last == nil {
		l.first = item
	} else {
		l.last.next = item
	}
	l.last = item
	q.len++
	q.ranking.Add(l, 1)
	if q.len > q.max {
		dropped = q.ranking.At(0).first
		q.drop(dropped)
	}
	return item, dropped
}

// Oldest returns the oldest item; nil: there is none.
func (q *Queue[T]) Oldest() *Item[T] { return q.oldest }

// DropOldest takes it out.
func (q *Queue[T]) DropOldest() { q.drop(q.oldest) }

// drop takes out an item, which must be the first of its line.
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
	l := i.line
	if l.first = i.next; i.next == nil {
		l.last = nil
		delete(q.lines, l.holder)
	}
	i.older, i.newer, i.next = nil, nil, nil
	q.len--
	q.ranking.Add(l, -1)
}

// All returns the items, oldest first.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := q.oldest; i != nil && yield(i.Value); i = i.newer {
		}
	}
}
