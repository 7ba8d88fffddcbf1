package loop

import (
	"bytes"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"wschat/frame"
	"wschat/handshake"
)

// shake is the state of a connection during its opening handshake, or while it is sent a
// rejection. It stands in the place of the handler.
type shake struct {
	server  *Server
	guest   guest
	decoder handshake.Decoder
	remote  netip.AddrPort
	began   int64  // by the loop's clock
	due     uint32 // the tick at which the handshake is given up
	early   []byte // bytes that came behind the request, while that waits for its answer
}

// shake returns the state of the connection's handshake; nil: it is over.
func (c *Conn) shake() *shake {
	s, _ := c.handler.(*shake)
	return s
}

// A handler is told nothing before its connection is open.

func (*shake) Open(*Conn)                          {}
func (*shake) Message(*Conn, frame.Opcode, []byte) {}
func (*shake) Closed(*Conn, frame.CloseCode)       {}

// dueAt is the deadline of the handshake of the connection in a slot.
type dueAt struct {
	slot int32
	due  uint32
}

// beginHandshake gives a new connection a slot, and reads what it has sent already.
func (l *Loop) beginHandshake(c *Conn) {
	if !l.expect(c) {
		return
	}
	c.reading = true
	if s := c.stream(); s != nil {
		s.start()
		return
	}
	c.readOnce()
	if c.state == shakingHands {
		c.watch()
	}
}

// beginAgain takes a connection back from the pages, and answers the request r on it:
// with refusal, if that is not nil.
func (l *Loop) beginAgain(c *Conn, r *handshake.Request, refusal error, early []byte) {
	if !l.expect(c) {
		return
	}
	if s := c.stream(); s != nil {
		s.start()
	}
	if refusal != nil {
		c.reject(r, refusal)
		return
	}
	c.judge(r, early)
}

// expect gives a connection a slot and a deadline for its handshake, or ends it if the
// server has closed meanwhile.
func (l *Loop) expect(c *Conn) bool {
	s := c.shake()
	l.seat(c)
	s.began = l.clock.exact()
	if s.server.isClosing() {
		c.vanished()
		return false
	}
	s.due = l.ticks + l.loops.ticksOf(s.server.timeout())
	l.shaking = append(l.shaking, dueAt{c.slot, s.due})
	return true
}

// endLate ends the connections whose handshake has passed its deadline: a slice of them at
// a time, since very many may have come at once. A connection that has shaken hands is
// forgotten as soon as every earlier one has, too.
func (l *Loop) endLate() {
	n, late := 0, 0
	for ; n < len(l.shaking); n++ {
		d := l.shaking[n]
		c := l.conns[d.slot]
		if c == nil || c.state != shakingHands || c.shake().due != d.due {
			continue
		}
		if int32(l.ticks-d.due) < 0 {
			break
		}
		if late == slice {
			l.mail.call(l.endLate)
			break
		}
		late++
		c.vanished()
	}
	l.shaking = slices.Delete(l.shaking, 0, n)
	if len(l.shaking) == 0 {
		l.shaking = nil
	}
}

// giveWay ends a connection that has lost its place to another.
func (c *Conn) giveWay() {
	c.loop.mail.call(func() {
		if c.shake() != nil && c.state != gone {
			c.vanished()
		}
	})
}

// shakeHands reads bytes of the request.
func (c *Conn) shakeHands(b []byte) {
	r, n, err := c.shake().decoder.Next(b)
	switch {
	case err != nil:
		c.reject(nil, err)
	case r != nil:
		r.Remote = c.shake().remote
		c.judge(r, b[n:])
	default:
		c.readMore(false)
		c.reckon()
	}
}

// judge decides on a request: it is for a page, or an upgrade, which is accepted or
// rejected. early has the bytes that came behind it.
func (c *Conn) judge(r *handshake.Request, early []byte) {
	s := c.shake().server
	endpoint, known := s.Endpoints[r.URL.Path]
	rejection := s.drained()
	switch {
	case rejection != nil:
		c.reject(r, rejection)
		return
	case !known:
		c.toPages(r, early)
		return
	}
	key, err := s.check(r)
	var a Acceptance
	if err == nil {
		a, err = endpoint(r)
	}
	if err == nil {
		c.from, err = s.admission.promote(&c.shake().guest, r, a.Metered && c.loop.loops.config.Rate > 0)
	}
	if err != nil {
		c.reject(r, err)
		return
	}
	c.loop.loops.conns.Add(1)
	if a.MayBlock {
		c.awaitEntry(key, a, early)
		return
	}
	handler, err := a.Enter()
	c.answer(key, a, handler, err, early)
}

// check makes the checks that do not depend on the endpoint.
func (s *Server) check(r *handshake.Request) (key string, err error) {
	if err = handshake.CheckHost(r, s.AllowHost); err == nil {
		key, err = handshake.Verify(r)
	}
	if err == nil {
		err = handshake.CheckOrigin(r, s.AllowOrigin)
	}
	return key, err
}

// awaitEntry has another goroutine wait for the handler. Nothing is read meanwhile.
func (c *Conn) awaitEntry(key string, a Acceptance, early []byte) {
	c.state = entering
	c.shake().early = bytes.Clone(early)
	c.watch()
	c.shake().server.entries.do(func() {
		handler, err := a.Enter()
		if !c.loop.mail.call(func() { c.entered(key, a, handler, err) }) && err == nil {
			a.Abandon(handler)
		}
	})
}

// entered is the end of awaitEntry.
func (c *Conn) entered(key string, a Acceptance, handler Handler, err error) {
	switch {
	case c.state == entering:
		c.answer(key, a, handler, err, c.shake().early)
	case err == nil:
		a.Abandon(handler)
	}
}

// answer writes the 101 and opens the connection, or rejects it if err is not nil. The
// handler's first messages go out with the 101.
func (c *Conn) answer(key string, a Acceptance, handler Handler, err error, early []byte) {
	if err != nil {
		c.reject(nil, err)
		return
	}
	s := c.shake()
	w := c.waiting()
	w.buf = handshake.AppendResponse(w.buf, key, a.Protocol, a.Header)
	w.lead = len(w.buf)
	s.server.observe(c, nil, nil)
	c.agree(a.Deflate, a.Metered)
	c.open(handler, early)
}

// agree sets up the connection as the handshake has decided.
func (c *Conn) agree(deflate *frame.Deflate, metered bool) {
	ls := c.loop.loops
	c.decoder = frame.NewDecoder(ls.codecs.of(deflate))
	c.metered = metered && ls.config.Rate > 0
	if metered && c.stream() == nil { // others can send to it what it does not read
		sysBoundUnsent(int(c.fd))
	}
	if deflate != nil {
		c.windowBits = uint8(deflate.ServerWindowBits)
	}
}

// open hands the connection to its handler, and handles the bytes that came early.
func (c *Conn) open(handler Handler, early []byte) {
	c.state, c.handler = open, handler
	c.loop.stats.Opened++
	c.loop.opening = c
	handler.Open(c)
	c.loop.opening = nil
	if c.fill(); c.state == gone {
		return
	}
	c.reckon()
	c.readMore(true)
	c.receive(early)
	c.loop.touch(c)
}

// reject answers the request r with the reason, and ends the connection in order. r is nil
// if it is not at hand; then it is no HEAD.
func (c *Conn) reject(r *handshake.Request, err error) {
	s := c.shake()
	var rejection *handshake.Rejection
	if !errors.As(err, &rejection) {
		s.server.log().Error("endpoint failed", "error", err)
		rejection = &handshake.Rejection{Status: http.StatusInternalServerError, Reason: "the server failed to handle the request"}
	}
	s.server.observe(c, r, rejection)
	if c.from != nil { // what follows needs no user's place
		s.server.admission.demote(&s.guest, c.from, s.remote.Addr())
		c.loop.loops.conns.Add(-1)
		c.from = nil
	}
	method := ""
	if r != nil {
		method = r.Method
	}
	w := c.waiting()
	w.buf = rejection.AppendResponse(w.buf, method, time.Now())
	w.lead = len(w.buf)
	c.state = lingering
	c.readMore(true)
	l := c.loop
	l.closeDue.add(c, l.ticks+l.loops.ticksOf(closeTimeout))
	l.touch(c)
}

// toPages gives a connection to the pages, with all that was read from it.
func (c *Conn) toPages(r *handshake.Request, early []byte) {
	s := c.shake()
	read := append([]byte(r.Head), early...)
	c.loop.detach(c)
	if c.stream() == nil {
		sysBoundUnsent(int(c.fd))
	}
	s.server.running.Go(func() {
		nc, err := c.netConn()
		if err != nil {
			s.server.log().Warn("connection lost on its way to the pages", "error", err)
			s.server.admission.leave(&s.guest)
			return
		}
		s.server.pages.take(nc, read, s)
	})
}
