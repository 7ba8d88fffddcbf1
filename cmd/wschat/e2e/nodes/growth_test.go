//go:build e2e && linux

package nodes

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// What people leave behind ends by itself: groups that were joined and left, however long
// memberships last, and those whose members never came back.
func TestNodesGrowth(t *testing.T) {
	ttls, groups := []string{"2s", "0"}, 1000
	if whole {
		ttls, groups = append(ttls, "24h"), 3000
	}
	for _, ttl := range ttls {
		t.Run("-membership-ttl "+ttl, func(t *testing.T) {
			t.Parallel()
			redis := redistest.Start(t)
			s := startNode(t, redis.URL(), "-membership-ttl", ttl)
			a := lineClient(t, s, "A")
			a.say("join,groupFirst", "groupFirst,x", "leave,groupFirst")
			a.until(t, "系统:已离开 groupFirst")
			before := lasting(t, redis)
			for i := range groups {
				a.say(fmt.Sprintf("join,group%d", i), fmt.Sprintf("leave,group%d", i))
			}
			a.until(t, fmt.Sprintf("系统:已离开 group%d", groups-1))
			if ttl == "2s" {
				comeAndGo(t, s)
			}
			left, least := groups, groups+1
			for left > 10 && left < least { // as long as it gets less
				least = left
				target.Until(func() bool {
					left = lasting(t, redis) - before
					return left <= 10 || left < least/2
				})
			}
			if left > 10 {
				t.Errorf("%d keys without TTL are left", left)
			}
		})
	}
}

// comeAndGo has people write to a group and to each other, and never come back.
func comeAndGo(t *testing.T, s *target.Server) {
	t.Helper()
	for i := range 100 {
		b := lineClient(t, s, fmt.Sprint("B", i))
		b.say(fmt.Sprintf("groupOf%d,x", i), fmt.Sprintf("B%d,to another", i/2))
		b.until(t, fmt.Sprintf("用户(B%d=>B%d):x", i, i))
		b.Conn.Close()
	}
}

// lasting is how many keys Redis has for good.
func lasting(t *testing.T, redis *redistest.Server) int {
	t.Helper()
	const count = `local n = 0; for _, key in ipairs(redis.call('KEYS', '*')) do
		if redis.call('TTL', key) == -1 then n = n + 1 end end; return n`
	n, err := strconv.Atoi(redis.CLI("eval", count, "0"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A user to whom 300,000 people have written gets in as anybody else does, and reads what
// they write next.
func TestNodesManyPairs(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := startNode(t, redis.URL())
	a := lineClient(t, s, "A")
	lineClient(t, s, "C")
	a.say("C,known")
	a.Conn.Close()
	if !target.Until(func() bool { return !strings.Contains(userList(s), `"A"`) }) {
		t.Fatal("A never leaves")
	}
	const pairs, step = 300_000, 10_000 // which Redis does in a moment
	anHourAgo := time.Now().Add(-time.Hour).UnixMicro()
	for from := 0; from < pairs; from += step {
		redis.CLI("eval", `for i = ARGV[1], ARGV[2] do
			redis.call('ZADD', KEYS[1], string.format('%.0f', ARGV[3] + i), string.format('A,p%06d', i)) end`,
			"1", "wschat:{u:A}:p", fmt.Sprint(from), fmt.Sprint(from+step-1), fmt.Sprint(anHourAgo))
	}
	before := scriptCalls(t, redis)
	began := time.Now()
	a = lineClient(t, s, "A")
	took := time.Since(began)
	t.Logf("the login takes %v", took.Round(time.Millisecond))
	if took > 2*time.Second {
		t.Error("that is too long")
	}
	b := lineClient(t, s, "B")
	a.Conn.SetDeadline(time.Now().Add(target.Patience))
	a.until(t, "用户(B)登录了")
	b.insist(t, "A,still there?")
	a.until(t, "用户(B=>A):still there?")
	if n, err := strconv.Atoi(redis.CLI("zcard", "wschat:{u:A}:p")); n < pairs/2 || n > pairs || err != nil {
		t.Errorf("%d of the pairs are left at once, %v", n, err) // it would hold up everybody
	}
	if n := scriptCalls(t, redis) - before; n > pairs/100 {
		t.Errorf("that takes %d calls of scripts", n)
	}
}

// scriptCalls is how many calls of scripts Redis has carried out.
func scriptCalls(t *testing.T, redis *redistest.Server) int {
	t.Helper()
	_, stats, _ := strings.Cut(redis.CLI("info", "commandstats"), "cmdstat_evalsha:calls=")
	calls, _, _ := strings.Cut(stats, ",")
	n, err := strconv.Atoi(calls)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func userList(s *target.Server) string {
	_, list := s.Admin("/api/users", "")
	return list
}
