package loop

import (
	"context"
	"time"
)

// lastGrace is how long a client that has connected at the end of a drain may take to send
// its request.
const lastGrace = time.Second

// Finish comes between Loops.Drain and Close: whoever has connected by now still gets its
// 503. It takes the connections that wait in the listeners' queues, closes the listeners,
// and returns when every request is answered, and those that have not come are late: after
// a second, or when ctx is done, at the latest. A listener that no loop accepts on stays
// open until Close, and its queue is lost.
func (s *Server) Finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastGrace)
	defer cancel()
	s.Loops.ask(func(l *Loop) { l.acceptRest(s) })
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		unanswered := false
		s.Loops.ask(func(l *Loop) { unanswered = unanswered || l.owesAnswers(s) })
		if !unanswered {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// owesAnswers reports whether a client is in the middle of its handshake: it has connected
// within lastGrace, or its answer is on its way.
func (l *Loop) owesAnswers(s *Server) bool {
	now := l.clock.exact()
	for _, c := range l.conns {
		if c == nil || c.shake() == nil || c.shake().server != s {
			continue
		}
		if c.state == entering || c.state == lingering && !c.written() ||
			c.state == shakingHands && now-c.shake().began < int64(lastGrace) {
			return true
		}
	}
	return false
}
