package loop

import (
	"net/http"
	"time"
)

// Every connection of the pages has a goroutine, and a client may send many requests at
// once. If all goroutines answered theirs as fast as they can, the loops would wait for a
// processor behind them: for 10 ms each. So few answer at a time, and each but one request
// in its turn. The other half of the processors is for the loops.

// slowWrite is how long an answer may take to write before the next request has its turn:
// the client reads slowly, or not at all.
const slowWrite = time.Millisecond

// awaitTurn waits until a request that has been read may be answered.
func (c *pageConn) awaitTurn() {
	p := c.shake.server.pages
	select {
	case p.turns <- struct{}{}:
		c.hasTurn.Store(true)
	case <-p.server.closing:
	}
}

// endTurn lets the next request have its turn. It is safe for concurrent use.
func (c *pageConn) endTurn() {
	if c.hasTurn.CompareAndSwap(true, false) {
		<-c.shake.server.pages.turns
	}
}

// pageKey is the key of a page's connection in the context of its requests.
type pageKey struct{}

// EndTurn lets the next request for a page be answered. A page calls it before it waits.
func EndTurn(r *http.Request) {
	if c, ok := r.Context().Value(pageKey{}).(*pageConn); ok {
		c.endTurn()
	}
}

func (c *pageConn) Write(p []byte) (int, error) {
	slow := time.AfterFunc(slowWrite, c.endTurn)
	defer slow.Stop()
	return c.Conn.Write(p)
}
