package local

import (
	"fmt"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// PROTOCOL 6: "A conversation that nobody is in any more": nobody who is online, or has
// been away for less than -membership-ttl.
func TestInhabited(t *testing.T) {
	for _, test := range []struct {
		known []chat.KnownUser
		want  map[string]bool
	}{
		{nil, map[string]bool{"all": true, "groupA": false, "A,B": false}},
		{[]chat.KnownUser{{Name: "B"}}, map[string]bool{"all": true, "groupA": false, "A,B": true, "B,C": true, "B,B": true, "A,C": false}},
		{[]chat.KnownUser{{Name: "A", Groups: []string{"groupA"}}}, map[string]bool{"groupA": true, "groupB": false, "A,B": true, "B,B": false}},
	} {
		e := New(Config{Store: store.New(0)})
		e.mu.Lock()
		e.restore(chat.Known{Users: test.known})
		e.mu.Unlock()
		for conversation, want := range test.want {
			if got := e.inhabited(conversation); got != want {
				t.Errorf("with %+v: %s: %v, want %v", test.known, conversation, got, want)
			}
		}
	}
}

// come has a user come from an address and go, a member of a group unless that is "".
func come(t *testing.T, e *Engine, user, address, group string) {
	t.Helper()
	enter(t, e, user)
	if group != "" {
		setMember(e, user, group, true)
	}
	e.Exit(user, address)
}

// However many names come from one address, whoever comes from elsewhere is let in, and
// is remembered with all groups.
func TestNamesOfOneAddress(t *testing.T) {
	for _, group := range []string{"", "groupX"} {
		e, _ := open(t, Config{Presence: chat.ToNone, MaxUsers: 20})
		for i := range 5 {
			come(t, e, fmt.Sprint("holding", i), "near", "groupNear")
			come(t, e, fmt.Sprint("idle", i), "near", "")
		}
		for i := range 100 {
			come(t, e, fmt.Sprint("mallory", i), "far", group)
		}
		come(t, e, "late", "elsewhere", "groupX")
		for i := range 5 {
			if e.users[fmt.Sprint("holding", i)] == nil || e.users[fmt.Sprint("idle", i)] == nil {
				t.Errorf("in %q: users %d are forgotten", group, i)
			}
		}
		if e.users["late"] == nil || e.users["mallory99"] == nil || e.users["mallory0"] != nil || len(e.users) != 20 {
			t.Errorf("in %q: %d are remembered", group, len(e.users))
		}
	}
}

// Nor are those who hold something forgotten for many who hold nothing, each from an address
// of his own.
func TestNamesOfManyAddresses(t *testing.T) {
	e, _ := open(t, Config{Presence: chat.ToNone, MaxUsers: 20})
	for i := range 8 {
		come(t, e, fmt.Sprint("holding", i), "near", "groupNear")
	}
	for i := range 100 {
		come(t, e, fmt.Sprint("mallory", i), fmt.Sprint("far", i), "")
	}
	if g := e.groups["groupNear"]; g == nil || len(g.members) != 8 {
		t.Errorf("the members are %+v", g)
	}
}

// Very many may be due: some are forgotten at a time, with their memberships.
func TestForgetBeforeGivesWay(t *testing.T) {
	e, _ := open(t, Config{Presence: chat.ToNone})
	for i := range 3 * maxForgotten {
		come(t, e, fmt.Sprint("idle", i), "", "")
	}
	for i := range maxForgotten {
		come(t, e, fmt.Sprint("holding", i), "", "groupX")
	}
	for before, more := len(e.users), true; more; before = len(e.users) {
		more = e.forgetBefore(time.Now())
		if n := before - len(e.users); n > maxForgotten || more && n < maxForgotten/2 {
			t.Fatalf("%d are forgotten at once, more: %v", n, more)
		}
	}
	if len(e.users) != 0 {
		t.Errorf("%d are left", len(e.users))
	}
}
