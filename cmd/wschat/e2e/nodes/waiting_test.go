//go:build e2e && linux

package nodes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// Redis goes out of reach while a line client is sent what has waited for it: at once, or
// when it has read some. A message that comes later does not count for those that were not
// sent: over both connections, it reads all of them, once and in order.
func TestNodesWaitingInterrupted(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	proxy := redistest.NewProxy(t, redis.Addr())
	near := startNode(t, redis.URL(), "-queue", "1048576")
	far := startNode(t, redis.URLAt(proxy.Addr()), "-queue", "1048576")
	authors := []*reader{lineClient(t, near, "A0"), lineClient(t, near, "A1"), lineClient(t, near, "A2"), lineClient(t, near, "A3")}
	const each = 250 // of 3,000 bytes, since 1 MiB may wait
	for trial, stallAt := range []int{0, 1, 100, 600} {
		user := fmt.Sprint("B", trial)
		b := lineClient(t, far, user)
		authors[0].until(t, "用户("+user+")登录了")
		b.Conn.Close()
		authors[0].until(t, "用户("+user+")退出了")
		for _, a := range authors {
			for i := range each {
				a.say(fmt.Sprintf("%s,%03d%s", user, i, strings.Repeat("x", 3000)))
			}
			for range each {
				a.until(t, "系统:用户("+user+")不在线,上线后送达")
			}
		}
		got := make(map[string][]string) // by author
		b = lineClient(t, far, user)
		read := func(n int) {
			for i := 0; i < n; i++ {
				text, err := b.NextText()
				if err != nil {
					return
				}
				if from, text, ok := strings.Cut(strings.TrimPrefix(text, "用户("), "=>"+user+"):"); ok {
					got[from] = append(got[from], text[:3])
				} else {
					i--
				}
			}
		}
		read(stallAt)
		proxy.Stall()
		b.Conn.SetDeadline(time.Now().Add(6 * time.Second)) // more than Redis has for an answer
		read(4 * each)
		authors[0].say(user + ",250 is live")
		proxy.Pass()
		if !target.Until(func() bool { return health(t, far) == 200 }) {
			t.Fatal("the node never finds Redis again")
		}
		b.Conn.SetDeadline(time.Now().Add(2 * time.Second)) // what it still gets
		read(4 * each)
		b.Conn.Close()
		if len(got["A0"]) == each && len(got["A3"]) == each {
			t.Errorf("stalled at %d: nothing was interrupted", stallAt)
		}
		b = lineClient(t, far, user)
		authors[0].say(user + ",251 is the last")
		b.Conn.SetDeadline(time.Now().Add(target.Patience))
		for len(got["A0"]) == 0 || got["A0"][len(got["A0"])-1] != "251" {
			before := len(got["A0"])
			read(1)
			if len(got["A0"]) == before && t.Failed() {
				break
			}
		}
		for i, a := range []string{"A0", "A1", "A2", "A3"} {
			var want []string
			for n := range each + 2*(1-min(i, 1)) {
				want = append(want, fmt.Sprintf("%03d", n))
			}
			if strings.Join(got[a], " ") != strings.Join(want, " ") {
				t.Errorf("stalled at %d, from %s: got %d: %v", stallAt, a, len(got[a]), got[a])
			}
		}
		b.Conn.Close()
		authors[0].until(t, "用户("+user+")退出了")
	}
}
