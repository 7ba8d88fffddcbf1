package loop

import (
	"errors"
	"io"
	"time"

	"wschat/frame"
)

// Handler is told what happens to connections. Its methods run on the
// connection's loop: they must not block, and what they wait for, nobody on
// that loop gets. One handler may serve many connections.
type Handler interface {
	// Open is the first call for a connection. What is sent to it from now on
	// reaches it.
	Open(c *Conn)
	// Message brings a whole text or binary message. The payload is only valid
	// during the call.
	Message(c *Conn, op frame.Opcode, payload []byte)
	// Closed is the last call, once, as soon as the connection is of no more
	// use, which may be a while before its socket is closed. The code is the
	// one the peer sent (1005 for none), or else the one sent to it, or 1006 if
	// it vanished. 1011 comes without a close frame if the system could not watch its
	// socket any more, and so may 1001 if Loops.Close ended the connection.
	Closed(c *Conn, code frame.CloseCode)
}

type state uint8

const (
	open         state = iota
	closing            // our close frame is on its way; the peer's answer is awaited
	failing            // likewise, of a peer whose message is too long; see too_big.go
	lingering          // nothing more is to be sent; what still comes is thrown away until the peer ends
	gone               // the socket is closed, or the pages'
	shakingHands       // the request is awaited
	entering           // the request is there, its handler is awaited
)

// Conn is one connection. Send, SendExpress and Close are safe for concurrent use; the
// other methods may only be called by its handler, inside a call from its loop.
type Conn struct {
	loop     *Loop
	handler  Handler
	decoder  frame.Decoder
	out      *outbox  // nil while nothing waits, see outbox.go
	wire     *wire    // nil: fd is the socket, and there is no TLS
	places   [2]place // most are in two lists: everyone, and a group
	more     *[]place // others; nil: none
	from     *address // where it counts as a user; nil: nowhere
	paid     int64    // until when the allowance is used up, see rate.go
	fd       int32
	slot     int32
	state    state
	deferred bool   // is in loop.deferred or heavy
	quiet    uint16 // visits without a sign of life, see silence.go
	dirty    bool   // is in loop.dirty
	reading  bool   // what the poller has been told last
	writing  bool
	metered  bool
	added    bool // to the poller
	slowed   bool // is in loop.slowed

	windowBits uint8  // see WindowBits
	stuck      bool   // had to wait for room at the last visit
	heard      uint16 // bytes since the last visit, lifeBytes at most
	finished   bool   // the peer has ended its side
	closeCame  bool   // the peer's close frame has come
	inTurn     int32  // of the commands that wait: SendExpress, but not to overtake any more
	promised   int32  // answers that are still to come, see Promise
}

// Send queues item for this connection, behind all that has been sent to it or
// published to its lists.
func (c *Conn) Send(item Item) {
	c.loop.mail.post(command{kind: cmdSend, conn: c, item: item, posted: time.Now()})
}

// SendExpress is Send for what need not wait for what has been published to lists
// with very many members. It keeps behind what was sent by SendExpress or pulled
// before it.
func (c *Conn) SendExpress(item Item) {
	c.loop.mail.post(command{kind: cmdExpress, conn: c, item: item, posted: time.Now()})
}

// Address returns the address, or IPv6 /64, for which the connection counts as a user's; "":
// it was not accepted by a Server. It is safe for concurrent use.
func (c *Conn) Address() string {
	if c.from == nil {
		return ""
	}
	return c.from.name
}

// Promise says that an answer to the message at hand will follow, by one call of
// Answer. Only from inside Handler.Message.
func (c *Conn) Promise() { c.promised++ }

// Answer is Send for an answer that was promised; nil stands for one without words.
// It is safe for concurrent use.
func (c *Conn) Answer(item Item) {
	answer := command{kind: cmdSend, conn: c, item: item, answers: true}
	if item != nil {
		answer.posted = time.Now()
	}
	c.loop.mail.post(answer)
}

// Close starts the closing handshake with the given code and reason, behind what
// is queued and the answers to what has been accepted; see parting. It has no effect
// on a connection that is closing already, and does not wait with TooSlow.
func (c *Conn) Close(code frame.CloseCode, reason string) {
	c.loop.mail.callInTurn(func() { c.closeWith(code, reason) })
}

// Write sends a message behind what waits already, without a turn through the
// mailbox. Only from inside Handler.Message or Handler.Open.
func (c *Conn) Write(op frame.Opcode, payload []byte) {
	if c.state != open || c.writeThrough(op, payload) {
		return
	}
	w := c.waiting()
	w.buf = c.appendMessage(w.buf, op, payload)
}

// tellReadable makes the loop read where no poller tells it to. Safe for concurrent
// use.
func (c *Conn) tellReadable() {
	c.loop.mail.call(func() {
		switch {
		case c.state == gone:
		case c.loop.congested():
			c.loop.late = append(c.loop.late, c)
		default:
			c.readable()
		}
	})
}

// readable takes what there is to read, as far as the turn allows: a large message
// is best taken in one go, while its first bytes are still in the cache.
func (c *Conn) readable() {
	for c.reading && c.readOnce() && c.loop.again > 0 && !c.loop.congested() {
		c.loop.again--
	}
}

// readOnce takes what one read gives, and reports whether there may be more.
func (c *Conn) readOnce() (more bool) {
	input := c.loop.input
	if c.windowBits > 0 && c.secure() == nil { // it is put off, and must be kept meanwhile
		input = input[:readCompressed]
	}
	n, more, err := c.read(input)
	switch {
	case err == nil:
	case errors.Is(err, errAgain):
		return false
	case errors.Is(err, io.EOF):
		c.peerEnded()
		return false
	default:
		c.vanished()
		return false
	}
	if c.state == shakingHands {
		c.shakeHands(input[:n])
		return more && c.state != gone // what comes is for the pages
	}
	if c.state == lingering { // drained, for as long as closeTimeout allows
		return more
	}
	if c.state == failing {
		c.seekAnswer(input[:n])
	} else {
		c.receive(input[:n])
	}
	if c.state != gone {
		c.settle()
	}
	return more && c.state != gone
}

// feed decodes b and handles the messages in it, until one of them makes the
// connection wait; it returns the rest, which is for later then.
func (c *Conn) feed(b []byte) []byte {
	for len(b) > 0 && c.state <= closing {
		if c.state == open && c.held() {
			c.flush()
			if c.held() {
				return b
			}
			if c.state == gone { // found out by the flush
				return nil
			}
		}
		m, n, err := c.decoder.Next(b)
		if err != nil {
			c.refuse(err, b)
			return nil
		}
		b = b[n:]
		if c.metered {
			c.pay(c.loop.loops.bytePrice(int64(n)))
		}
		c.handle(m)
		c.decoder.Recycle(m)
		if len(b) > 0 && c.mustYield() {
			return b
		}
	}
	return nil
}

func (c *Conn) handle(m frame.Message) {
	if m.Opcode == frame.Continuation { // nothing is whole yet
		return
	}
	c.quiet = 0
	if c.metered {
		c.payMessage(m)
	}
	switch m.Opcode {
	case frame.Text, frame.Binary:
		if c.state == open {
			c.loop.stats.count(m)
			c.tell(m)
			c.postpone()
		}
	case frame.Ping:
		if c.state == open {
			c.Write(frame.Pong, m.Payload)
		}
	case frame.Close:
		c.peerClosed(m.Payload)
	}
}

// held reports whether nothing more may be read or decoded for now: much waits
// to be written, something asked for is still being sent, the connection is about to
// be closed, a long message waits for its turn or its answer, or the client has used up
// what it may send.
func (c *Conn) held() bool {
	w := c.out
	return w != nil && (len(w.sources) > 0 || w.unanswered >= largeMessage || w.postponed != nil || w.parting != nil || w.size() > c.loop.loops.high()) ||
		c.metered && c.overRate()
}

// keep puts off what has been read, but cannot be handled yet. It is at most
// what one read gives. b is the connection's from now on: it may be handled
// message by message, and must not be copied for each.
func (c *Conn) keep(b []byte) {
	if len(b) > 0 {
		c.waiting().unread = b
	}
}

// settle brings a connection to rest after something has happened to it: it
// writes what waits, asks sources for more, puts what has been read in line, and
// tells the poller what to look for.
func (c *Conn) settle() {
	c.flush()
	c.fill()
	c.retry()
	c.deferUnread()
	if c.isParting() && !c.owes() { // in turn, as some of what was said may be under way to a list
		c.loop.mail.callInTurn(c.closeIfAnswered)
	}
	if c.finished && c.written() {
		c.vanished()
	}
	if c.state != gone {
		c.watch()
		c.reckon()
	}
}

// watch tells the poller which readiness matters.
func (c *Conn) watch() {
	read := !c.finished && c.state != entering && (c.state != open || !c.held()) && !c.hasUnread()
	write := c.out != nil && c.out.size() > 0
	if s := c.secure(); s != nil && s.mustNotRead() {
		read = false
	}
	if !c.added && c.stream() == nil {
		if err := c.loop.poll.add(int(c.fd), c.slot); err != nil {
			c.end(frame.InternalError)
			return
		}
		c.added, c.reading = true, true
	}
	wasReading, wasWriting := c.reading, c.writing
	c.reading, c.writing = read, write
	if s := c.secure(); s != nil && read && s.behind {
		c.tellReadable()
	}
	if s := c.stream(); s != nil {
		if read != wasReading || write != wasWriting {
			s.resume()
		}
		return
	}
	var err error
	if read != wasReading {
		err = c.loop.poll.watchRead(int(c.fd), c.slot, read)
	}
	if write != wasWriting && err == nil {
		err = c.loop.poll.watchWrite(int(c.fd), c.slot, write)
	}
	if err != nil {
		c.end(frame.InternalError)
	}
}
