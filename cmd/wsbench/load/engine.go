package load

import (
	"context"
	"math"
	"math/rand/v2"
	"net/url"
	"time"

	"wschat/frame"
)

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

const (
	readSize  = 256 << 10
	maxRounds = 8                      // reads in a row from one connection
	maxWait   = 10 * time.Millisecond  // so that the end of a phase is not slept through
	scanEvery = 250 * time.Millisecond // how often senders are looked after
)

// engine drives all connections of a run. It belongs to one goroutine.
type engine struct {
	ctx       context.Context
	config    *Config
	sockets   sockets
	base      time.Time // all times are since then
	frames    frame.Config
	conns     []conn
	senders   []sender
	templates []*template // by sender
	tracks    []track     // Echo: by connection; Fan: by connection, then sender
	rx, tx    []byte
	key       [4]byte
	hint      int // where the last mark was

	loading  bool
	pace     pace          // open loop
	turnOf   int           // open loop: the sender whose turn it is
	from, to time.Duration // the measured window; never, before the load begins

	opened, closed int
	lastInput      time.Duration
	lastScan       time.Duration
	result         *Result
}

func newEngine(ctx context.Context, c *Config) (*engine, error) {
	e := &engine{
		ctx: ctx, config: c, base: time.Now(), from: never, to: never, result: new(Result), frames: frame.Config{Role: frame.Client},
		conns: make([]conn, c.Conns), senders: newSenders(c), rx: make([]byte, readSize),
	}
	for i := range e.key {
		e.key[i] = byte(rand.Uint32())
	}
	for i := range e.conns {
		e.conns[i].decoder, e.conns[i].sender = frame.NewDecoder(&e.frames), -1
	}
	from := make([]int, len(e.senders))
	for i, s := range e.senders {
		e.conns[s.conn].sender = int32(i)
		from[i] = int(s.conn)
	}
	e.templates = newTemplates(c, from)
	switch c.Mode {
	case Echo:
		e.tracks = make([]track, c.Conns)
	case Fan:
		e.tracks = make([]track, c.Conns*c.Senders)
	}
	var err error
	if u, _ := url.Parse(numbered(c.URL, 0)); u.Scheme == "wss" || c.streams {
		e.sockets = newStreams(c.Conns)
	} else if e.sockets, err = newSockets(c.Conns); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *engine) now() time.Duration { return time.Since(e.base) }

// greet sends the hello message.
func (e *engine) greet(slot int32, c *conn) error {
	if e.config.Hello == "" {
		return nil
	}
	hello := numbered(e.config.Hello, int(slot))
	return e.transmit(slot, c, frame.AppendMaskedFrame(nil, frame.Text, e.key, []byte(hello)))
}

// turn waits for sockets, but not past until, and serves them once.
func (e *engine) turn(until time.Duration) error {
	if err := e.ctx.Err(); err != nil {
		return context.Cause(e.ctx)
	}
	now := e.now()
	wait := min(maxWait, until-now)
	if e.loading && e.config.Rate > 0 && e.pace.due() < e.to {
		wait = min(wait, e.pace.due()-now)
	}
	events, err := e.sockets.wait(wait)
	if err != nil {
		return err
	}
	for _, ev := range events {
		if err := e.serve(ev); err != nil {
			return err
		}
	}
	now = e.now()
	if e.loading && e.config.Rate > 0 {
		if err := e.sendDue(now); err != nil {
			return err
		}
	}
	if now < e.lastScan+scanEvery {
		return nil
	}
	e.lastScan = now
	if e.loading {
		return e.watchSenders(now)
	}
	return nil
}

// serve does what a connection is ready for.
func (e *engine) serve(ev event) error {
	c := &e.conns[ev.slot]
	if c.state == closed {
		return nil
	}
	if ev.writable && len(c.out) > 0 {
		if err := e.flush(ev.slot, c); err != nil {
			return err
		}
		if err := e.pumpOn(ev.slot, c, e.now()); err != nil {
			return err
		}
	}
	if !ev.readable {
		return nil
	}
	for round := 0; ; round++ {
		if round == maxRounds { // the others' turn
			return e.sockets.again(ev.slot, len(c.out) > 0)
		}
		n, err := e.sockets.read(ev.slot, e.rx)
		if err == errAgain {
			return nil
		}
		if n == 0 || err != nil {
			return e.ended(ev.slot, c, err)
		}
		now := e.now()
		e.lastInput = now
		if err := e.receive(ev.slot, c, e.rx[:n], now); err != nil {
			return err
		}
		if err := e.pumpOn(ev.slot, c, now); err != nil {
			return err
		}
		if n < len(e.rx) && !ev.hangup {
			return nil // the socket is empty
		}
	}
}

// pumpOn sends what a sender may send now, and what has become due.
func (e *engine) pumpOn(slot int32, c *conn, now time.Duration) error {
	switch {
	case !e.loading:
		return nil
	case e.config.Rate > 0:
		return e.sendDue(now)
	case c.sender >= 0:
		return e.pump(slot, c, now)
	}
	return nil
}
