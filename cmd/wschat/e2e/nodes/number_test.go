//go:build e2e && linux

package nodes

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// PROTOCOL 2: a user without a name gets one that nobody has on any node: of six digits,
// and of more once somebody has taken many of those. All nodes find free ones at once.
func TestNodesNumbers(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	nodes := startNodes(t, 2, redis.URL(), "-presence", "none")
	given := make(map[string]bool)
	numbered := regexp.MustCompile(`^系统:你的用户编号是 ([1-9][0-9]+)$`)
	login := func(i int) string {
		t.Helper()
		c := lineClient(t, nodes[i%2], "")
		text, err := c.NextText()
		found := numbered.FindStringSubmatch(text)
		if err != nil || found == nil || given[found[1]] {
			t.Fatalf("got %q, %v", text, err)
		}
		given[found[1]] = true
		c.Conn.Close()
		return found[1]
	}
	for i := range 20 {
		if got := login(i); len(got) != 6 {
			t.Errorf("got %s, want six digits", got)
		}
	}
	// Half of the six-digit names belong to users who are away.
	const step = 10_000 // which Redis does in a moment
	for from := 100_000; from < 550_000; from += step {
		redis.CLI("EVAL", `for i = ARGV[1], ARGV[2] do redis.call('HSET', 'wschat:{u:' .. i .. '}:h', 'seen', ARGV[3]) end`,
			"0", fmt.Sprint(from), fmt.Sprint(from+step-1), fmt.Sprint(time.Now().UnixMicro()))
	}
	longer := 0
	for i := range 100 {
		if len(login(i)) == 7 {
			longer++
		}
	}
	if longer < 50 {
		t.Errorf("%d of 100 have seven digits", longer)
	}
}
