//go:build e2e && linux

package living

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// lineReader is the user with a line client, in groupA, who reads only.
type lineReader struct {
	*world
	reading sync.WaitGroup

	mu     sync.Mutex
	conn   *target.Client
	joined bool       // it is in groupA, and reads on
	read   [][]string // live, of each connection
}

func newLineReader(w *world) *lineReader {
	l := &lineReader{world: w}
	l.reading.Go(l.run)
	l.waitToJoin()
	return l
}

func (l *lineReader) waitToJoin() {
	l.until("the line client to join", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.joined
	})
}

// begin forgets what was read.
func (l *lineReader) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.joined, l.read = false, [][]string{nil}
}

func (l *lineReader) run() {
	for node := 0; l.running(); node++ {
		moment := l.model.goneNow()
		conn, err := l.house.get(node).Open("/socket?userId=" + lineUser)
		if err != nil {
			time.Sleep(20 * time.Millisecond) // as a client does before it tries again
			continue
		}
		conn.SendText("join,groupA")
		l.mu.Lock()
		l.conn = conn
		l.read = append(l.read, nil)
		l.mu.Unlock()
		stop := make(chan struct{})
		l.reading.Go(func() {
			select {
			case <-l.over.Done():
			case <-stop:
			}
			conn.Conn.Close()
		})
		for {
			conn.Conn.SetDeadline(time.Now().Add(patience))
			line, err := conn.NextText()
			if err != nil {
				break
			}
			l.take(line, moment)
		}
		close(stop)
		l.mu.Lock()
		l.joined = false
		l.mu.Unlock()
		time.Sleep(100 * time.Millisecond) // meanwhile something waits
	}
}

// drop ends the connection. What is on its way is read to its end: what has been written does
// not wait any more.
func (l *lineReader) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.joined = false
	l.conn.Conn.CloseWrite()
}

// take takes a line in. moment is from before the connection, see model.goneNow: what has
// waited is sent as it reads now.
func (l *lineReader) take(line string, moment int) {
	_, text, _ := strings.Cut(line, "):")
	if l.model.wasGone(strings.TrimPrefix(text, correction), moment) {
		l.fault("the line client reads %q, which was gone before it came", line)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if line == "系统:已加入 groupA" {
		l.joined = true
	}
	last := &l.read[len(l.read)-1]
	*last = append(*last, line)
}

// about is what has been read of a conversation on each connection: the lines in which its
// texts are, which begin with its name.
func (l *lineReader) about(of string) (read [][]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, lines := range l.read {
		read = append(read, slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
			_, text, _ := strings.Cut(line, "):")
			return !strings.HasPrefix(strings.TrimPrefix(text, correction), of+" ")
		}))
	}
	return read
}

const correction = "更正:"

// lineOf is e as the user reads it live; "": not at all.
func lineOf(e entry) string {
	switch to := e.To; {
	case e.Delete > 0 || e.React > 0:
		return ""
	case to == "all" || isGroup(to):
		e.To = lineUser
		fallthrough
	default:
		if e.Edit > 0 {
			e.Text = correction + e.Text
		}
		return fmt.Sprintf("用户(%s=>%s):%s", e.From, e.To, e.Text)
	}
}

// checkLive waits until the user has read the last of a conversation, and compares what was
// read on each connection: it is a run of what was sent.
func (l *lineReader) checkLive(of string, entries []entry) {
	var want []string
	for _, e := range entries {
		if line := lineOf(e); line != "" {
			want = append(want, line)
		}
	}
	if len(want) == 0 {
		return
	}
	last := want[len(want)-1]
	l.until("the line client to read "+last, func() bool {
		read := l.about(of)
		return slices.Contains(read[len(read)-1], last)
	})
	for _, read := range l.about(of) {
		if len(read) == 0 {
			continue
		}
		if i := slices.Index(want, read[0]); i < 0 || len(read) > len(want)-i || !slices.Equal(read, want[i:i+len(read)]) {
			l.t.Errorf("the line client reads of %s\n\t%q\nand there was\n\t%q", of, read, want)
		}
	}
}

// checkPrivate compares what somebody has sent to the user: each message has been read as it
// is now.
func (l *lineReader) checkPrivate(of string, entries []entry) {
	l.until("the line client to read what was sent to it in "+of, func() bool {
		return len(l.unread(of, entries)) == 0
	})
	for _, line := range l.unread(of, entries) {
		l.t.Errorf("the line client never reads %q", line)
	}
}

func (l *lineReader) unread(of string, entries []entry) (lines []string) {
	read := slices.Concat(l.about(of)...)
	for _, e := range entries {
		if e.amends() > 0 {
			continue
		}
		m := reads(entries, e.Seq)
		e.Text = m.Text
		asSent := lineOf(e)
		e.Edit = 1
		if !m.Deleted && !slices.Contains(read, asSent) && !slices.Contains(read, lineOf(e)) {
			lines = append(lines, asSent)
		}
	}
	return lines
}

// checkHistory compares the answer to history: the last 50 messages as they read now.
func (l *lineReader) checkHistory(called, of string, entries []entry) {
	const most = 50
	var want []string
	sure := 0 // how many of them are kept for sure
	for _, e := range entries {
		if m := reads(entries, e.Seq); e.amends() == 0 && !m.Deleted {
			e.Text = m.Text
			want = append(want, lineOf(e))
			if l.history == 0 || int(e.Seq)+l.history > len(entries) {
				sure++
			}
		}
	}
	want = want[max(0, len(want)-most):]
	l.mu.Lock()
	from := len(l.read[len(l.read)-1])
	l.conn.SendText("history," + called)
	l.conn.SendText("leave,groupNobody")
	l.mu.Unlock()
	const end = "错误:你不在 groupNobody 中"
	var got []string
	l.until("the history of "+of, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		got = l.read[len(l.read)-1][from:]
		i := slices.Index(got, end)
		got = got[:max(i, 0)]
		return i >= 0
	})
	got = slices.DeleteFunc(slices.Clone(got), func(line string) bool { return strings.HasPrefix(line, "系统") })
	if len(got) < min(sure, most) || len(got) > len(want) || !slices.Equal(got, want[len(want)-len(got):]) {
		l.t.Errorf("history,%s is\n\t%q\nand there was\n\t%q", called, got, want)
	}
	l.mu.Lock() // nothing more is live
	defer l.mu.Unlock()
	last := &l.read[len(l.read)-1]
	*last = (*last)[:from]
}
