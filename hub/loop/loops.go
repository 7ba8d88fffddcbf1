package loop

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"wschat/frame"
)

// ErrClosed is returned by Add after Close.
var ErrClosed = errors.New("loop: closed")

// Config says how connections are run. The zero value is usable.
type Config struct {
	// Loops is the number of loops; 0 stands for GOMAXPROCS.
	Loops int
	// MaxMessage bounds a message in bytes, fragments together; 0: no limit.
	MaxMessage int64
	// Queue bounds the bytes that wait for one reader; 0: no limit. One
	// message alone is never too much, however long it is.
	Queue int
	// Ping is how long a connection may be silent before it is pinged. After
	// two pings without any sign of life it is ended. 0: no pings.
	Ping time.Duration
	// Rate bounds the messages and control frames a second that are taken from a
	// metered connection, with bursts of one second's worth, by reading no
	// faster. What costs the server more counts as more; see price.go. 0: no limit,
	// RateBytes is void, and messages below 16 KiB do not wait for readers; see author.go.
	Rate int
	// RateBytes bounds the bytes a second likewise; 0: no limit.
	RateBytes int
	// Deflater compresses what Conn.Write sends on connections that have
	// negotiated it; nil: nothing is compressed there.
	Deflater *frame.Deflater
	// Memory returns how many bytes of memory the connections may hold together at the
	// moment, in messages that are not whole and in what waits for readers. Beyond that,
	// those that hold most are closed, with 1008 or 4100. An 8th of it more may lie in each
	// mailbox. nil: no limit.
	Memory func() int64
	// Goroutines drives every connection by goroutines, also where epoll could
	// do it.
	Goroutines bool
}

// Loops is a set of event loops that share out the connections added to it.
// All methods are safe for concurrent use.
type Loops struct {
	config   Config
	codecs   codecs
	loops    []*Loop
	next     atomic.Uint32
	conns    atomic.Int64 // not gone, but for those that have not asked for their upgrade
	draining atomic.Bool
	running  sync.WaitGroup // loops, the ticker, the keeper of the budget, and the goroutines of streams and of TLS
	visits   uint16         // in a ping period, see silence.go

	maxBacklog    int64        // see mailbox.go
	lagging       atomic.Int32 // mailboxes that hold more
	maxSpare      int          // see outbox.go
	shared        atomic.Int64 // bytes of long messages that wait, see shared.go
	authors       authors
	tlsHandshakes *tlsHandshakes
	budget        budget
	making        sync.Mutex // of a net.Conn, see newConn
	stop          chan struct{}
	once          sync.Once
}

// Start starts the loops. Close ends them.
func Start(config Config) (*Loops, error) {
	n := config.Loops
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	ls := &Loops{
		config: config,
		codecs: codecs{maxMessage: config.MaxMessage, configs: make(map[frame.Deflate]*frame.Config)},
		stop:   make(chan struct{}),
	}
	ls.visits = ls.pingVisits()
	ls.startBudget()
	ls.tlsHandshakes = newTLSHandshakes(&ls.running)
	for i := range n {
		poll, err := newPoller(config.Goroutines)
		if err != nil {
			for _, l := range ls.loops {
				l.poll.close()
			}
			return nil, err
		}
		ls.loops = append(ls.loops, newLoop(ls, i, poll))
	}
	for _, l := range ls.loops {
		ls.running.Go(l.run)
	}
	ls.running.Go(ls.tick)
	return ls, nil
}

// Arrival is a connection whose handshake somebody else has done. Add keeps its slices.
type Arrival struct {
	Conn     net.Conn // no *tls.Conn: TLS is for a Server
	Response []byte   // the 101, which is sent ahead of everything else; may be empty
	Early    []byte   // what the client has sent already, behind its request
	Handler  Handler
	Deflate  *frame.Deflate // what was negotiated; nil: no compression
	Metered  bool           // Config.Rate holds for it
}

// Add takes a connection over. Its loop queues the response, calls Open, and
// then decodes what came early. After an error the connection is closed, and
// neither its Handler nor Gone is ever called.
func (ls *Loops) Add(a Arrival) error {
	l := ls.nextLoop()
	c := &Conn{loop: l, fd: -1, slot: -1}
	c.agree(a.Deflate, a.Metered)
	if err := c.take(a.Conn); err != nil {
		return err
	}
	ls.conns.Add(1)
	if !l.mail.call(func() { l.add(c, a.Handler, a.Response, a.Early) }) {
		ls.conns.Add(-1)
		c.discard()
		return ErrClosed
	}
	return nil
}

// nextLoop is the one whose turn it is to get a connection.
func (ls *Loops) nextLoop() *Loop { return ls.loops[ls.next.Add(1)%uint32(len(ls.loops))] }

// Len tells how many connections there are, those that are closing included.
func (ls *Loops) Len() int { return int(ls.conns.Load()) }

// shutdownReason is the reason of a close frame with 1001.
const shutdownReason = "server is shutting down"

// Drain has Servers answer every request with 503 from now on. It closes every
// connection with 1001, spread evenly over the time given, and returns when none is
// left or ctx is done. From now on a peer that keeps TCP
// open behind a finished closing handshake is waited for one second at most.
func (ls *Loops) Drain(ctx context.Context, over time.Duration) error {
	ls.draining.Store(true)
	const step = 10 * time.Millisecond
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	conns := ls.snapshot()
	steps := max(1, int(over/step))
	for i := 0; ; i++ {
		from, to := portion(len(conns), i, steps), portion(len(conns), i+1, steps)
		for _, c := range conns[from:to] {
			c.Close(frame.GoingAway, shutdownReason)
		}
		if ls.Len() == 0 {
			return nil
		}
		if i >= steps { // some came in while the others were leaving
			conns, steps, i = ls.snapshot(), 1, -1
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// portion returns how many of n are done after i of the steps. It rounds up, so that a single
// one does not wait.
func portion(n, i, steps int) int { return (n*min(i, steps) + steps - 1) / steps }

// snapshot collects the connections of all loops that are to be drained.
func (ls *Loops) snapshot() (all []*Conn) {
	ls.ask(func(l *Loop) { all = append(all, l.drain()...) })
	return all
}

// ask calls f on one loop after the other, and waits for it. A loop that has ended is left
// out. It must not be called on a loop.
func (ls *Loops) ask(f func(*Loop)) {
	for _, l := range ls.loops {
		done := make(chan struct{})
		if l.mail.call(func() { defer close(done); f(l) }) {
			<-done
		}
	}
}

// Close ends every connection at once and waits for all goroutines. Handlers are
// told. A connection that was open gets a close frame with 1001, if its socket takes
// that; its answer is not waited for.
func (ls *Loops) Close() {
	ls.once.Do(func() {
		close(ls.stop)
		for _, l := range ls.loops {
			l.mail.call(func() { l.stopped = true })
		}
	})
	ls.running.Wait()
	ls.tlsHandshakes.timer.Stop()
}

// tick makes every loop look after its silent and its closing connections.
func (ls *Loops) tick() {
	ticker := time.NewTicker(ls.tickPeriod())
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if ls.config.Memory != nil {
				ls.budget.most.Store(ls.config.Memory())
				ls.checkBudget()
			}
			ls.authors.release()
			for _, l := range ls.loops {
				l.mail.call(l.tick)
			}
		case <-ls.stop:
			return
		}
	}
}
