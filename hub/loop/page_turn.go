package loop

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Every connection of the pages has a goroutine, and a client may send many requests at
// once. If all goroutines answered theirs as fast as they can, the loops would wait for a
// processor behind them: for 10 ms each. So few answer at a time, and each but one request
// in its turn. The other half of the processors is for the loops. A request with a body, and a
// page that has ended its turn, have a short turn for each part that they read or write.

// slowWrite is how long an answer may take to write before the next request has its turn:
// the client reads slowly, or not at all.
const slowWrite = time.Millisecond

// shortTurn is how long the turn for a part lasts.
const shortTurn = 100 * time.Microsecond

// turn is a connection's.
type turn struct {
	has  atomic.Bool
	ends atomic.Pointer[time.Timer] // a short one; nil: there was none
}

// awaitTurn waits until a request that has been read may be answered.
func (c *pageConn) awaitTurn() {
	if ends := c.turn.ends.Load(); ends != nil {
		ends.Stop()
	}
	if c.turn.has.Load() {
		return
	}
	p := c.shake.server.pages
	select {
	case p.turns <- struct{}{}:
		if !c.turn.has.CompareAndSwap(false, true) { // another goroutine has got one meanwhile
			<-p.turns
		}
	case <-p.server.closing:
	}
}

// awaitShortTurn waits until a part may be handled.
func (c *pageConn) awaitShortTurn() {
	c.awaitTurn()
	c.turn.ends.Store(time.AfterFunc(shortTurn, c.endTurn))
}

// endTurn lets the next request have its turn. It is safe for concurrent use.
func (c *pageConn) endTurn() {
	if c.turn.has.CompareAndSwap(true, false) {
		<-c.shake.server.pages.turns
	}
}

// pageKey is the key of a page's connection in the context of its requests.
type pageKey struct{}

// EndTurn lets the next request for a page be answered. A page calls it before it waits. What it
// reads and writes from then on has short turns.
func EndTurn(r *http.Request) {
	if c, ok := r.Context().Value(pageKey{}).(*pageConn); ok {
		c.endTurn()
	}
}

func (c *pageConn) Write(p []byte) (int, error) {
	if !c.turn.has.Load() {
		c.awaitShortTurn()
		return c.Conn.Write(p)
	}
	slow := time.AfterFunc(slowWrite, c.endTurn)
	defer slow.Stop()
	return c.Conn.Write(p)
}
