package hub

import (
	"testing"
	"time"

	"wschat/hub/loop"
)

// Very many logins may be past when the next one comes: some are forgotten at a time.
func TestNotifiedForgetsSomeAtATime(t *testing.T) {
	const many = 10 * maxPast
	var n notified
	list, now := new(loop.List), time.Now()
	for i := range uint64(many) {
		n.notice(changeID{"A", i}, list, true, now)
	}
	now = now.Add(notifyTime + 1)
	for i := range uint64(many) {
		before := len(n.changes)
		n.notice(changeID{"B", i}, list, true, now)
		if forgotten := before + 1 - len(n.changes); forgotten > maxPast {
			t.Fatalf("%d are forgotten for one notice", forgotten)
		}
	}
	if len(n.changes) != many || len(n.order) != many {
		t.Errorf("%d are remembered, %d in order", len(n.changes), len(n.order))
	}
}
