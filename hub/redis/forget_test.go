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
	away := func() string { return strings.Join(strings.Fields(server.CLI("zrange", dueKey, "0", "-1")), " ") }
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
	check("C A21 A22 A23 A24 A25 A26 A27 A28 A29")
	redistest.Eventually(t, "the store tells how many are away", func() bool { return s.Stats().Away == 10 })
	if waiting, err := allWaiting(s, "C"); len(waiting) != 1 || err != nil {
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

// However many names come from one address, whoever came from elsewhere is remembered.
func TestNamesOfOneAddress(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour, MaxUsers: 10})
	for i := range 40 {
		name, address := fmt.Sprint("M", i), "far"
		if i < 4 {
			address = "near"
		}
		enter(t, s, name)
		s.Exit(name, address)
		if err := s.Reach(); err != nil {
			t.Fatal(err)
		}
	}
	away := func() []string { return strings.Fields(server.CLI("zrange", dueKey, "0", "-1")) }
	redistest.Eventually(t, "there are no more", func() bool { return len(away()) <= 10 })
	if got := strings.Join(away(), " "); got != "M0 M1 M2 M3 M34 M35 M36 M37 M38 M39" {
		t.Errorf("away are %s", got)
	}
	if got := strings.Join(strings.Fields(server.CLI("zrange", awayKey+":idle:from", "0", "-1", "withscores")), " "); got != "near 4 far 6" {
		t.Errorf("they count for %s", got)
	}
}
