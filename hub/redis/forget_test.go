//go:build redis

package redis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// When too many users are away, the longest away of the larger lot are forgotten, those who
// hold nothing first. Who is online does not count, and nobody is turned away.
func TestTooManyUsers(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour, MaxUsers: 10})
	left(t, s, "B")
	enter(t, s, "B")
	left(t, s, "C")
	say(t, s, "B", "C", "", "waits")
	away := func() string {
		lots := strings.Fields(server.CLI("zrange", idleKey, "0", "-1"))
		return strings.Join(append(lots, strings.Fields(server.CLI("zrange", holdingKey, "0", "-1"))...), " ")
	}
	check := func(want string) {
		t.Helper()
		redistest.Eventually(t, "there are no more", func() bool { return len(strings.Fields(away())) <= 10 })
		if got := away(); got != want {
			t.Errorf("away are %s, want %s", got, want)
		}
	}
	for i := range 30 {
		left(t, s, fmt.Sprint("A", i))
	}
	check("A21 A22 A23 A24 A25 A26 A27 A28 A29 C")
	if waiting, err := s.Waiting("C"); len(waiting) != 1 || err != nil {
		t.Errorf("%d messages wait for C, %v", len(waiting), err)
	}

	for i := range 12 {
		name := fmt.Sprint("D", i)
		enter(t, s, name)
		say(t, s, name, "B", "", "x")
		s.Exit(name, "")
		if err := s.Reach(); err != nil {
			t.Fatal(err)
		}
	}
	check("A25 A26 A27 A28 A29 D7 D8 D9 D10 D11")
	left(t, s, "E", "B")
}
