package share

import "iter"

// Queue has items in the order of their coming. When there are more than its bound, the
// holder of most loses the oldest of its items. Not safe for concurrent use.
type Queue[T any] struct {
	max     int
	all     list[T]
	len     int
	lines   map[string]*line[T] // by holder
	ranking Ranking[*line[T]]
}

// Item is an item of a Queue.
type Item[T any] struct {
	Value T
	line  *line[T]
	links [2]links[T] // among all, and in its line
}

// Of the links of an item, and of a list, these are the indices.
const (
	amongAll = iota
	inLine
)

type links[T any] struct{ older, newer *Item[T] }

// Holder returns whose item it is.
func (i *Item[T]) Holder() string { return i.line.holder }

// list is items by their links of one index.
type list[T any] struct{ oldest, newest *Item[T] }

func (l *list[T]) push(i *Item[T], by int) {
	if i.links[by].older = l.newest; l.newest == nil {
		l.oldest = i
	} else {
		l.newest.links[by].newer = i
	}
	l.newest = i
}

func (l *list[T]) remove(i *Item[T], by int) {
	at := &i.links[by]
	if at.older == nil {
		l.oldest = at.newer
	} else {
		at.older.links[by].newer = at.newer
	}
	if at.newer == nil {
		l.newest = at.older
	} else {
		at.newer.links[by].older = at.older
	}
	*at = links[T]{}
}

// line has the items of one holder.
type line[T any] struct {
	holder string
	share  Share // how many they are
	items  list[T]
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
	item = &Item[T]{Value: value, line: l}
	q.all.push(item, amongAll)
	l.items.push(item, inLine)
	q.len++
	q.ranking.Add(l, 1)
	if q.len > q.max {
		dropped = q.Greatest()
		q.Drop(dropped)
	}
	return item, dropped
}

// Oldest returns the oldest item; nil: there is none.
func (q *Queue[T]) Oldest() *Item[T] { return q.all.oldest }

// Greatest returns the oldest item of the holder of most. There must be one.
func (q *Queue[T]) Greatest() *Item[T] { return q.ranking.At(0).items.oldest }

// Drop takes out an item.
func (q *Queue[T]) Drop(i *Item[T]) {
	l := i.line
	q.all.remove(i, amongAll)
	l.items.remove(i, inLine)
	q.len--
	if q.ranking.Add(l, -1); l.share.Held() == 0 {
		delete(q.lines, l.holder)
	}
}

// All returns the items, oldest first.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := q.all.oldest; i != nil && yield(i.Value); i = i.links[amongAll].newer {
		}
	}
}
