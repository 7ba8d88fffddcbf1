package search

import (
	"context"
	"errors"
	"slices"
	"sync"

	"wschat/hub/share"
)

// maxWaiting bounds the searches that wait for their turn.
const maxWaiting = 1024

var errBusy = errors.New("search: too many wait")

// turns are the searches of a node: those that run have a room each, and those that wait get
// one in turn, one address after the other, however many users and searches each has. Beyond
// maxWaiting, who has most of them loses the oldest. Safe for concurrent use.
type turns struct {
	mu      sync.Mutex
	free    []*scratch
	waiting int
	lines   map[string]*line // by address, of those who wait
	order   share.List[line] // the one who is next first
}

// line is the searches of one address that wait.
type line struct {
	by    string
	rooms []chan *scratch // the oldest first; one that is closed gets no room
	links share.Links[line]
}

func lineLinks(l *line) *share.Links[line] { return &l.links }

// enter waits for a room, which leave gives back.
func (t *turns) enter(ctx context.Context, by string) (*scratch, error) {
	room := make(chan *scratch, 1)
	t.mu.Lock()
	l := t.lines[by]
	if l == nil {
		l = &line{by: by}
		t.lines[by] = l
		t.order.Push(l, lineLinks)
	}
	l.rooms = append(l.rooms, room)
	if t.waiting++; t.waiting > maxWaiting {
		most := l
		for _, other := range t.lines {
			if len(other.rooms) > len(most.rooms) {
				most = other
			}
		}
		close(t.take(most, 0))
	}
	t.serve()
	t.mu.Unlock()
	select {
	case has, ok := <-room:
		if !ok {
			return nil, errBusy
		}
		return has, nil
	case <-ctx.Done():
		t.giveUp(by, room)
		return nil, ctx.Err()
	}
}

// giveUp takes out a search that does not wait any longer, and may just have got a room.
func (t *turns) giveUp(by string, room chan *scratch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lines[by]; l != nil {
		if i := slices.Index(l.rooms, room); i >= 0 {
			t.take(l, i)
			return
		}
	}
	if has, ok := <-room; ok {
		t.free = append(t.free, has)
		t.serve()
	}
}

// leave gives a room back.
func (t *turns) leave(room *scratch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free = append(t.free, room)
	t.serve()
}

// serve gives free rooms to those who are next. The lock is held.
func (t *turns) serve() {
	for l := t.order.Oldest(); l != nil && len(t.free) > 0; l = t.order.Oldest() {
		t.order.Push(l, lineLinks) // the last, from now on
		last := len(t.free) - 1
		t.take(l, 0) <- t.free[last]
		t.free = t.free[:last]
	}
}

// take takes the search at an index out of a line. The lock is held.
func (t *turns) take(l *line, i int) (room chan *scratch) {
	room = l.rooms[i]
	l.rooms = slices.Delete(l.rooms, i, i+1)
	t.waiting--
	if len(l.rooms) == 0 {
		t.order.Remove(l, lineLinks)
		delete(t.lines, l.by)
	}
	return room
}
