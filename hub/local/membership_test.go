package local

import (
	"errors"
	"fmt"
	"testing"

	"wschat/hub/chat"
)

// However many groups some users join, the memberships are bounded, and whoever is in few
// groups can join another one.
func TestMembershipsAreShared(t *testing.T) {
	const most, greedy = 100, 4
	e, _ := open(t, Config{Presence: chat.ToNone, MaxMemberships: most})
	enter(t, e, "honest")
	for i := range greedy {
		enter(t, e, fmt.Sprint("mallory", i))
	}
	join := func(user string, i int) error {
		var result error
		e.SetMember(user, fmt.Sprint("group", user, i), true, func() {}, func(err error) { result = err })
		return result
	}
	for i := range most {
		for j := range greedy {
			join(fmt.Sprint("mallory", j), i)
		}
	}
	if e.members != most {
		t.Errorf("%d memberships, want %d", e.members, most)
	}
	for i := range most / (greedy + 1) {
		if err := join("honest", i); err != nil {
			t.Errorf("the honest user cannot join group %d: %v", i, err)
		}
	}
	if err := join("mallory0", most); !errors.Is(err, chat.ErrManyMembers) {
		t.Errorf("who has most joins another group: %v", err)
	}
	e.SetMember("mallory0", "groupmallory00", false, func() {}, func(error) {})
	if want := most + most/(greedy+1) - 1; e.members != want {
		t.Errorf("after a leave %d memberships, want %d", e.members, want)
	}
	for i := range 2 * most { // each may be in one group
		user := fmt.Sprint("late", i)
		enter(t, e, user)
		if err := join(user, 0); err != nil {
			t.Errorf("%s cannot join a group: %v", user, err)
		}
		for j := 1; join(user, j) == nil; j++ {
		}
	}
	if max := 2*most + len(e.users); e.members > max {
		t.Errorf("%d memberships, want %d at most", e.members, max)
	}
}
