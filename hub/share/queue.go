package share

import "iter"

// Queue has items in the order of their coming. When there are more than its bound, the
// holder of most loses the oldest of its items. Not safe for concurrent use.
type Queue[T any] struct {
	max     int
	all     List[Item[T]]
	len     int
	lines   map[string]*line[T] // by holder
	ranking Ranking[*line[T]]
}

// Item is an item of a Queue.
type Item[T any] struct {
	Value  T
	line   *line[T]
	inAll  Links[Item[T]]
	inLine Links[Item[T]]
}

func inAll[T any](i *Item[T]) *Links[Item[T]]  { return &i.inAll }
func inLine[T any](i *Item[T]) *Links[Item[T]] { return &i.inLine }

// Holder returns whose item it is.
func (i *Item[T]) Holder() string { return i.line.holder }

// line has the items of one holder.
type line[T any] struct {
	holder string
	share  Share // how many they are
	items  List[Item[T]]
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
	q.all.Push(item, inAll)
	l.items.Push(item, inLine)
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
	q.all.Remove(i, inAll)
	l.items.Remove(i, inLine)
	q.len--
	if q.ranking.Add(l, -1); l.share.Held() == 0 {
		delete(q.lines, l.holder)
	}
}

// All returns the items, oldest first.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := q.all.Oldest(); i != nil && yield(i.Value); i = i.inAll.Newer() {
		}
	}
}
