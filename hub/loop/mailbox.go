package loop

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Item is something to send. It is immutable once handed over and is used by
// several loops at once.
type Item interface {
	// AppendFrame appends whole frames for one recipient to dst, or nothing if
	// the item is not meant for it.
	AppendFrame(dst []byte, to Handler) []byte
	// Size is roughly what AppendFrame appends, in bytes.
	Size() int
}

// Receipted is an Item that wants to know when its frame has been written to
// the recipient's socket.
type Receipted interface {
	Item
	// Receipt returns what waits for that in the place of the item, which is longer.
	Receipt() Receipt
}

// Receipt is told when a frame has been written. Written is called on the loop's
// goroutine, once for each recipient for whom something was appended, in the order of the
// frames; never if the connection ends or the frame is dropped before. It may come after
// Handler.Closed, for what was queued ahead of the close frame.
type Receipt interface{ Written(to Handler) }

type commandKind uint8

const (
	cmdCall    commandKind = iota // call, for all that is not frequent
	cmdSend                       // item to conn
	cmdExpress                    // likewise, ahead of what goes to lists
	cmdPublish                    // item, by conn or nil, to all of list
	cmdJoin                       // conn into list
	cmdLeave                      // conn out of list
	cmdInTurn                     // call, but not ahead of what goes to lists; to conn, if it is not nil
)

// overtakes reports whether a command may be carried out ahead of others. What is
// sent to a connection stays behind what it is still pulling: that comes first.
func (c *command) overtakes() bool {
	switch c.kind {
	case cmdCall:
		return true
	case cmdExpress:
		return c.conn.inTurn == 0 && (c.conn.out == nil || len(c.conn.out.sources) == 0)
	}
	return false
}

type command struct {
	kind commandKind
	// answers tells that item, which may be nil, is a promised answer; cmdSend alone.
	answers bool
	conn    *Conn
	list    *List
	item    Item
	call    func()
	// posted is when a message was sent on its way, for the statistics.
	posted time.Time
}

// size is what a command counts for in the mailbox.
func (c *command) size() int64 {
	const self = 64
	if c.item == nil {
		return self
	}
	return self + int64(c.item.Size())
}

// maxBacklog bounds the bytes of commands in a mailbox, by back-pressure: while
// any mailbox holds more, no connection is read from, and so nobody adds to it
// but who has read already. It is less where memory is short.
const maxBacklog = 32 << 20

// IsBehind reports whether a mailbox holds an 8th of its bound, or memory is short: who brings
// messages from elsewhere should wait.
func (ls *Loops) IsBehind() bool {
	return ls.budget.short.Load() || slices.ContainsFunc(ls.loops, func(l *Loop) bool {
		return l.mail.backlog.Load() > ls.maxBacklog/8
	})
}

// mailbox is a loop's queue of commands. post is safe for concurrent use and
// never blocks, the rest is for the loop's goroutine.
type mailbox struct {
	loops   *Loops
	backlog atomic.Int64 // bytes of commands not yet carried out

	mu       sync.Mutex
	commands []command
	asleep   bool // the loop waits in its poller: wake it
	closed   bool
	wake     func()
}

// call posts f to run on the loop's goroutine, see express; false after the loop has ended.
func (m *mailbox) call(f func()) bool { return m.post(command{kind: cmdCall, call: f}) }

// callInTurn posts f to run behind all that has been posted before.
func (m *mailbox) callInTurn(f func()) bool { return m.post(command{kind: cmdInTurn, call: f}) }

// post adds a command; false after the loop has ended.
func (m *mailbox) post(c command) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.commands = append(m.commands, c)
	size := c.size()
	if n := m.backlog.Add(size); n > m.loops.maxBacklog && n-size <= m.loops.maxBacklog {
		m.loops.lagging.Add(1)
	}
	if size >= shortMessage {
		pendingOf(c.item).add()
	}
	if m.asleep {
		m.asleep = false
		m.wake() // under the lock, since after close there is nothing left to wake
	}
	m.mu.Unlock()
	return true
}

// done says that a command of size bytes is carried out.
func (m *mailbox) done(item Item, size int64) {
	if n := m.backlog.Add(-size); n <= m.loops.maxBacklog && n+size > m.loops.maxBacklog {
		m.loops.lagging.Add(-1)
	}
	if size >= shortMessage {
		pendingOf(item).Done()
	}
}

// take exchanges the commands that wait for the emptied slice old.
func (m *mailbox) take(old []command) []command {
	if cap(old) > maxSpareCommands {
		old = nil
	}
	m.mu.Lock()
	got := m.commands
	m.commands = old
	m.mu.Unlock()
	return got
}

// takeMore appends the commands that wait to batch.
func (m *mailbox) takeMore(batch []command) []command {
	m.mu.Lock()
	defer m.mu.Unlock()
	batch = append(batch, m.commands...)
	clear(m.commands)
	m.commands = m.commands[:0]
	return batch
}

const (
	// maxSpareCommands bounds the slice that is kept after a burst,
	maxSpareCommands = 4096
	// and idleCommands that of a loop which has nothing to do.
	idleCommands = 128
)

// shrink lets a large empty slice go.
func (m *mailbox) shrink() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.commands) == 0 && cap(m.commands) > idleCommands {
		m.commands = nil
	}
}

// sleep reports whether the loop may wait; from then on a post wakes it.
func (m *mailbox) sleep() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asleep = len(m.commands) == 0
	return m.asleep
}

// awake is the end of sleep.
func (m *mailbox) awake() {
	m.mu.Lock()
	m.asleep = false
	m.mu.Unlock()
}

// close refuses further commands and returns those that still wait.
func (m *mailbox) close() []command {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return m.commands
}
