package loop

import "time"

// A metered connection may send Config.Rate messages and Config.RateBytes bytes a second.
// Both are one allowance, of a second a second, from which everything is paid that the
// client makes the server do:
//
//	a message or control frame   1/Rate s, or its bytes at RateBytes a second if that is more
//	what is not whole yet        its bytes, as they arrive: with the default of RateBytes,
//	                             3.8 µs of the allowance for a byte. That pays for frames without
//	                             a message and for blocks of DEFLATE without a byte in them,
//	                             too: 20 and at worst 140 ns (frame.BenchmarkNothing)
//	a compressed message         the bytes that it has inflated to
//	a text of control characters the bytes that recipients get, see ChargeBytes
//	work for a message           messageWork counts as one message; the first is free
//	a login, with its exit       likewise, from the allowance of its address; see ration.go
//
// So with 100 messages a second a client can use one twentieth of a core, for whatever.

// messageWork is the work that one message pays for.
const messageWork = 500 * time.Microsecond

// Work is what a client has made the server do for one message. Its prices are time on the
// processor as make bench-go prints them, on an AMD EPYC, rounded up.
type Work struct {
	Deliveries int   // of a message, or of a join or leave, to a list
	Notices    int   // of logins and exits: mostly several are written at once
	Entries    int   // messages in an answer
	Names      int   // users or conversations in an answer
	Bytes      int64 // of deliveries and answers
	Deflated   int   // bytes that were compressed for one client alone
	Joins      int   // of lists
	Logins     int
}

const (
	deliveryWork = 4 * time.Microsecond   // BenchmarkDelivery: a write, to one who gets nothing else
	kibWork      = 250 * time.Nanosecond  // BenchmarkDelivery: the 1,024 bytes more
	noticeWork   = 500 * time.Nanosecond  // several of them at once, as when many come
	deflateWork  = 20 * time.Microsecond  // frame.BenchmarkDeflate: 1,024 bytes
	entryWork    = 2 * time.Microsecond   // hub.BenchmarkHistory
	nameWork     = 200 * time.Nanosecond  // hub.BenchmarkWho
	joinWork     = 500 * time.Nanosecond  // hub.BenchmarkLogin
	loginWork    = 100 * time.Microsecond // hub.BenchmarkLogin, with its handshake and exit
)

// time is what w takes on the processor.
func (w Work) time() time.Duration {
	return time.Duration(w.Deliveries)*deliveryWork +
		time.Duration(w.Notices)*noticeWork +
		time.Duration(w.Entries)*entryWork +
		time.Duration(w.Names)*nameWork +
		time.Duration(w.Bytes)*kibWork/1024 +
		time.Duration(w.Deflated)*deflateWork/1024 +
		time.Duration(w.Joins)*joinWork +
		time.Duration(w.Logins)*loginWork
}

// Charge takes from the allowance of c what w costs more than a message. It counts before the
// next message is handled, so that a burst is bounded by its work. Only from inside
// Handler.Message.
func (c *Conn) Charge(w Work) {
	if more := w.time() - messageWork; c.metered && more > 0 {
		c.pay(c.loop.loops.workPrice(more))
	}
}

// ChargeLater is Charge on any goroutine. It counts once the loop of c has got to it.
func (c *Conn) ChargeLater(w Work) {
	if c.metered && w.time() > messageWork {
		c.loop.mail.call(func() { c.Charge(w) })
	}
}

// workPrice is what some time on the processor takes of an allowance.
func (ls *Loops) workPrice(d time.Duration) time.Duration {
	return time.Duration(float64(d) / float64(messageWork) * float64(ls.messagePrice()))
}

// ChargeBytes takes from the allowance of c what n more bytes of a message would have cost.
// Only from inside Handler.Message.
func (c *Conn) ChargeBytes(n int) {
	if c.metered {
		c.pay(c.loop.loops.bytePrice(int64(n)))
	}
}
