package share

// List is a doubly linked list, the oldest item first. Items have the links in themselves, so
// that one can be taken out at once. All calls for a List get the same function, which finds
// the links that an item has for it. Not safe for concurrent use.
type List[T any] struct{ oldest, newest *T }

// Links are an item's links of one List.
type Links[T any] struct{ older, newer *T }

// Oldest returns the first item; nil: there is none.
func (l *List[T]) Oldest() *T { return l.oldest }

// Newest returns the last item; nil: there is none.
func (l *List[T]) Newest() *T { return l.newest }

// Older returns the item before that with the links l; nil: there is none.
func (l *Links[T]) Older() *T { return l.older }

// Newer returns the item behind that with the links l; nil: there is none.
func (l *Links[T]) Newer() *T { return l.newer }

// Push puts i at the end, even if it was in the list before.
func (l *List[T]) Push(i *T, links func(*T) *Links[T]) {
	if l.newest == i {
		return
	}
	l.Remove(i, links)
	links(i).older = l.newest
	if l.newest == nil {
		l.oldest = i
	} else {
		links(l.newest).newer = i
	}
	l.newest = i
}

// Remove takes i out, if it is there.
func (l *List[T]) Remove(i *T, links func(*T) *Links[T]) {
	at := links(i)
	if at.older == nil && l.oldest != i {
		return
	}
	if at.older == nil {
		l.oldest = at.newer
	} else {
		links(at.older).newer = at.newer
	}
	if at.newer == nil {
		l.newest = at.older
	} else {
		links(at.newer).older = at.older
	}
	*at = Links[T]{}
}
