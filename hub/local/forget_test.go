package local

import (
	"testing"

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
