//go:build redis

package redis

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
)

// When there are too many users, who holds nothing goes first; who is known stays, and an
// unknown user is turned away if all hold something.
func TestTooManyUsers(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour, MaxUsers: 10})
	enter(t, s, "B")
	left(t, s, "C")
	say(t, s, "B", "C", "", "waits")
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprint("A", i))
	}
	left(t, s, names...)
	known := func() (users []string) { return strings.Fields(server.CLI("zrange", forgetKey, "0", "-1")) }
	redistest.Eventually(t, "there are no more", func() bool { return len(known()) <= 10 })
	if got := strings.Join(known(), " "); got != "C A21 A22 A23 A24 A25 A26 A27 A28 A29" {
		t.Errorf("known are %s", got)
	}
	if waiting, err := s.Waiting("C"); len(waiting) != 1 || err != nil {
		t.Errorf("%d messages wait for C, %v", len(waiting), err)
	}

	for i := range 12 {
		name := fmt.Sprint("D", i)
		left(t, s, name)
		say(t, s, "B", name, "", "waits")
	}
	redistest.Eventually(t, "there is nobody to be forgotten", s.crowded.Load)
	if _, err := s.Enter("E", false, false); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	left(t, s, "D0", "B")
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}
