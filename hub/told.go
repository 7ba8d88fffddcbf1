package hub

import (
	"slices"
	"time"

	"wschat/hub/loop"
)

// tellingTime is how long a login or exit may take to reach a node by all its
// groups.
const tellingTime = 10 * time.Second

// tellings remembers the logins and exits that have been told lately, and to which
// groups' sessions. Guarded by Hub.mu.
type tellings struct {
	byEvent map[telling]*toldLists
	order   []telling // the oldest first
}

type telling struct {
	user   string
	number uint64
}

type toldLists struct {
	lists []*loop.List
	since time.Time
}

// add notes that a list is told of an event, and returns those that were told before.
func (t *tellings) add(user string, number uint64, list *loop.List, now time.Time) (before []*loop.List) {
	for len(t.order) > 0 && now.Sub(t.byEvent[t.order[0]].since) > tellingTime {
		delete(t.byEvent, t.order[0])
		t.order = t.order[1:]
	}
	event := telling{user, number}
	told := t.byEvent[event]
	if told == nil {
		if t.byEvent == nil {
			t.byEvent = make(map[telling]*toldLists)
		}
		told = &toldLists{since: now}
		t.byEvent[event] = told
		t.order = append(t.order, event)
	}
	before = slices.Clip(told.lists)
	told.lists = append(told.lists, list)
	return before
}
