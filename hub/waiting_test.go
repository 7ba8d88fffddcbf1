package hub

import (
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/loop"
)

// offline is what a sender reads when its message has to wait.
func offline(user string) string { return "系统:用户(" + user + ")不在线,上线后送达" }

// PROTOCOL 6: kept, told to the sender, sent right after the login, once and in
// order.
func TestWaitingMessages(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		s.away("B")
		a, c := s.client("A"), s.client("C")
		a.say("D,never seen")
		a.want("错误:用户(D)不在线")

		a.say("B,1")
		a.want(offline("B"))
		c.say("B,2, two")
		c.want(offline("B"))
		a.Send(frame.Binary, []byte("B,\x003"))
		a.want(offline("B"))
		c.say("B,4\x1b\n用户(A=>B):forged")
		c.want(offline("B"))
		quiet(a, c)

		b := s.client("B")
		b.want("用户(A=>B):1", "用户(C=>B):2, two")
		b.wantMessage(frame.Binary, []byte("用户(A=>B):\x003"))
		b.want("用户(C=>B):4\ufffd\n\t用户(A=>B):forged")
		a.say("B,5")
		b.want("用户(A=>B):5")
		quiet(a, b, c)
		second := s.client("B")
		quiet(second) // gets nothing again

		b.conn.Close()
		second.conn.Close()
		s.gone("B")
		b = s.client("B")
		quiet(b)
		b.say("history,A") // what has been delivered stays in the history
		b.want("用户(A=>B):1")
		b.wantMessage(frame.Binary, []byte("用户(A=>B):\x003"))
		b.want("用户(A=>B):5")
		b.say("history,C")
		b.want("用户(C=>B):2, two", "用户(C=>B):4\ufffd\n\t用户(A=>B):forged")
	})
}

// Only private messages wait.
func TestGroupAndAllDoNotWait(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	b := s.client("B")
	b.say("join,groupX")
	b.want("系统:已加入 groupX")
	b.conn.Close()
	s.gone("B")
	a := s.client("A")
	a.say("all,1", "groupX,2")
	a.want("用户(A=>A):1", "用户(A=>A):2")
	quiet(a)
	b = s.client("B")
	quiet(b)
	b.say("history,groupX")
	b.want("用户(A=>B):2")
}

// What was not written when a connection died waits on.
func TestWaitingOutlivesABrokenCatchUp(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		s.away("B")
		a := s.client("A")
		want := backlog([]*client{a}, 0, 17)["A"]
		a.sync()
		a.pending = nil // 17 times: not online
		dead := s.small("B")
		dead.want(want[0])
		a.say("B,live") // is held back, and never written
		want = append(want, "用户(A=>B):live")
		quiet(a)
		if !isHolding(dead) {
			t.Fatal("the sockets have taken everything: this tests nothing")
		}
		dead.reset()
		s.gone("B")

		b := s.client("B")
		got := len(b.pending)
		if got == 0 || got >= len(want) {
			t.Fatalf("%d of %d messages came, want those that were not written", got, len(want))
		}
		b.want(want[len(want)-got:]...)
		quiet(a, b)
	})
}

// A live message that was not written, because its reader was stuck, waits too.
func TestUnwrittenLiveMessageWaits(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		stuck := s.small("B")
		stuck.sync()
		filler := strings.Repeat("x", 256<<10)
		want := make(map[string][]string)
		var authors []*client // the next long message of one has to wait for a while
		for i := range 12 {
			a := s.client(fmt.Sprint("A", i))
			a.say("B," + filler)
			authors = append(authors, a)
			want[a.name] = []string{fmt.Sprintf("用户(%s=>B):%s", a.name, filler)}
		}
		quiet(authors...)
		authors[0].say("B,last")
		quiet(authors[0])
		b := s.client("B") // another connection is told what the first has not got
		for len(b.pending) > 1 {
			b.wantNextOf(want)
		}
		b.want("用户(A0=>B):last")
		stuck.reset()
		b.reset()
		s.gone("B")
		quiet(s.client("B")) // written to one connection is written
	})
}

// backlog sends B count messages from each sender, numbered from first on;
// together they are more than the sockets take. It returns what B is to read.
func backlog(senders []*client, first, count int) (want map[string][]string) {
	want = make(map[string][]string)
	filler := strings.Repeat("x", 60<<10) // 17 are less than chat.MaxWaitingBytes
	for i := first; i < first+count; i++ {
		for _, c := range senders {
			c.say(fmt.Sprintf("B,%d %s", i, filler))
			want[c.name] = append(want[c.name], fmt.Sprintf("用户(%s=>B):%d %s", c.name, i, filler))
		}
	}
	return want
}

// isHolding reports whether messages are held back for c.
func isHolding(c *client) bool {
	h := c.session.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	return c.session.start != nil && c.session.start.held != nil
}
