//go:build e2e

package crash

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

// box is a user who comes with a line client now and then, and reads what has
// waited. One other user writes to it, numbers as texts. Safe for concurrent use.
type box struct {
	*known
	name string

	mu     sync.Mutex
	sent   int // acknowledged: 1 to sent
	newest int // of those that were read
	read   map[int]reading
}

// reading is when a message was read last.
type reading struct {
	life int // of the server
	at   time.Time
}

// noteTime is how long the server may take, after the write, to note that a message
// has been written. The note is safe no later than any message from then on.
const noteTime = 100 * time.Millisecond

func (b *box) isSent(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = n
}

func (b *box) isRead() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.newest >= b.sent
}

// comeAndGo reads until the server is gone.
func (b *box) comeAndGo(s *target.Server) {
	for b.visit(s, rand.N(40*time.Millisecond)) {
	}
}

// visit logs in, reads for so long, and logs out as one should: by a close frame, and
// reading what comes before its answer. It reports whether it got in.
func (b *box) visit(s *target.Server, length time.Duration) bool {
	c, err := s.OpenWith("/socket?userId="+b.name, handshake.Dialer{})
	if err != nil {
		return false
	}
	defer c.Conn.Close()
	leaving := time.AfterFunc(length, func() { c.Close(frame.NormalClosure, "") })
	defer leaving.Stop()
	life := b.life()
	for before := 0; ; {
		line, err := c.NextText()
		if err != nil {
			return true
		}
		if !strings.HasPrefix(line, "用户(post") {
			continue // to all
		}
		n, err := strconv.Atoi(line[strings.LastIndexByte(line, '.')+1:])
		if err != nil {
			b.t.Errorf("%s reads %q", b.name, line)
			return true
		}
		if n <= before {
			b.t.Errorf("%s reads %d behind %d", b.name, n, before)
		}
		b.reads(n, life)
		before = n
	}
}

// reads notes that a message has been read, and checks that it may be.
func (b *box) reads(n, life int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last, again := b.read[n]
	b.read[n] = reading{life, time.Now()}
	switch {
	case again && last.life == life:
		b.t.Errorf("%s reads %d twice in one life of the server", b.name, n)
	case again:
		b.mayRepeat(n, last)
	case n != b.newest+1:
		b.t.Errorf("%s reads %d, and has read up to %d", b.name, n, b.newest)
		b.newest = max(b.newest, n)
	default:
		b.newest = n
	}
}

// mayRepeat checks that the note of a reading may be lost.
func (b *box) mayRepeat(n int, last reading) {
	k := b.known
	k.mu.Lock()
	defer k.mu.Unlock()
	k.repeated++
	l := k.lives[last.life]
	if !l.crash {
		k.t.Errorf("%s reads %d again, which it had read in a life that ended in order by %s", b.name, n, l.name)
	}
	if later := l.answered.Sub(last.at); later > noteTime {
		k.t.Errorf("%s reads %d again, and a message that was sent %v later is acknowledged", b.name, n, later)
	}
}
