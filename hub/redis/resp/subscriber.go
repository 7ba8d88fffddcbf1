package resp

import (
	"fmt"
	"sync/atomic"
	"time"
)

// operation subscribes a channel, or ends that.
type operation struct {
	channel string
	on      bool
}

// window bounds the operations that are written and not answered, so that the
// answers to many never fill a buffer.
const window = 4096

// subscriber is the connection of a node for subscriptions.
type subscriber struct {
	n    *node
	wake signal // of the writer

	// pubsub.mu guards these.
	link  *link       // nil: down
	todo  []operation // to be written
	sent  []operation // to be answered
	ping  bool        // is to be written
	wrong bool        // an error has been logged
	out   []byte      // what is being written

	silent atomic.Bool // nothing was read since the last tick
	ticks  int         // that nothing was read, by Client.mu
}

func newSubscriber(n *node) *subscriber {
	return &subscriber{n: n, wake: newSignal()}
}

func (s *subscriber) run() {
	s.n.keep(service{
		purpose: "subscriptions", reuse: true,
		begin: s.begin, wake: s.wake, take: s.take, answer: s.answer, lost: s.lost,
	})
}

// add has an operation written, unless the connection is down: then all is
// subscribed when it is up. pubsub.mu is held.
func (s *subscriber) add(o operation) {
	if s == nil || s.link == nil {
		return
	}
	s.todo = append(s.todo, o)
	if len(s.todo) > 2*len(s.n.c.pubsub.wanted)+window {
		s.link.close() // beginning anew is less than that
	}
	s.wake.set()
}

// begin subscribes everything that belongs to the node.
func (s *subscriber) begin(l *link, _ []Reply) {
	s.reset(l)
	s.up(true)
}

func (s *subscriber) lost(error) {
	s.reset(nil)
	s.up(false)
}

func (s *subscriber) reset(l *link) {
	ps := &s.n.c.pubsub
	ps.mu.Lock()
	defer ps.mu.Unlock()
	s.link, s.todo, s.sent, s.ping, s.wrong = l, nil, nil, false, false
}

// up notes whether there is a connection; then its channels must be subscribed.
func (s *subscriber) up(up bool) {
	c := s.n.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s.n.subscribed, s.ticks = up, 0
	if up {
		for slot, n := range &c.route {
			if n == s.n {
				c.moved[slot] = true
			}
		}
	}
	c.wake.set()
}

// take returns what is to be written now. What it returned before is written.
func (s *subscriber) take() []byte {
	c := s.n.c
	c.pubsub.mu.Lock()
	defer c.pubsub.mu.Unlock()
	out := s.out[:0]
	n := min(len(s.todo), window-len(s.sent))
	for _, o := range s.todo[:n] {
		name := "SUNSUBSCRIBE"
		if o.on {
			name = "SSUBSCRIBE"
		}
		out = appendCommand(out, "", []any{name, o.channel})
	}
	c.counters.commands.Add(uint64(n))
	s.sent = append(s.sent, s.todo[:n]...)
	if s.todo = s.todo[n:]; len(s.todo) == 0 {
		s.todo = nil
	}
	if s.ping {
		s.ping = false
		c.counters.commands.Add(1)
		out = appendCommand(out, "", []any{"PING"})
	}
	s.out = out
	return out
}

// tick asks a silent server whether it is there, and gives it up if it stays
// silent. Client.mu is held.
func (s *subscriber) tick() {
	c := s.n.c
	if !s.n.subscribed || !s.silent.Swap(true) {
		s.ticks = 0
		return
	}
	s.ticks++
	silence := time.Duration(s.ticks) * tick
	if silence != idle && silence <= idle+c.config.Timeout {
		return
	}
	c.pubsub.mu.Lock()
	defer c.pubsub.mu.Unlock()
	switch {
	case s.link == nil:
	case silence == idle:
		s.ping = true
		s.wake.set()
	default:
		s.link.giveUp()
	}
}

// answer handles what the server says.
func (s *subscriber) answer(reply Reply) error {
	s.silent.Store(false)
	switch reply.kind {
	case array:
		return s.event(reply.list)
	case failure:
		return s.refused(reply.bytes)
	case status: // PONG, while nothing is subscribed
		return nil
	}
	return fmt.Errorf("%w: %s from pub/sub", ErrProtocol, reply.kind)
}

// event handles what the server pushes or confirms.
func (s *subscriber) event(parts []Reply) error {
	c := s.n.c
	if len(parts) == 2 && string(parts[0].bytes) == "pong" {
		return nil
	}
	if len(parts) != 3 {
		return fmt.Errorf("%w: an array of %d from pub/sub", ErrProtocol, len(parts))
	}
	switch string(parts[0].bytes) {
	case "smessage":
		c.counters.messages.Add(1)
		if c.config.Message != nil {
			c.config.Message(string(parts[1].bytes), parts[2].bytes)
		}
	case "ssubscribe":
		channel := string(parts[1].bytes)
		if s.answered(operation{channel, true}) && c.config.Subscribed != nil {
			c.config.Subscribed(channel)
		}
	case "sunsubscribe":
		s.answered(operation{string(parts[1].bytes), false})
	}
	return nil
}

// answered notes the confirmation of an operation, and tells whether the channel
// is wanted. One that was not asked for says that the slot has moved.
func (s *subscriber) answered(o operation) (wanted bool) {
	c := s.n.c
	c.counters.replies.Add(1)
	c.pubsub.mu.Lock()
	defer c.pubsub.mu.Unlock()
	_, wanted = c.pubsub.wanted[o.channel]
	if len(s.sent) > 0 && s.sent[0] == o {
		s.sent = s.sent[1:]
		s.wake.set()
	} else if wanted && !o.on {
		c.pubsub.failed = append(c.pubsub.failed, o.channel)
	}
	return wanted
}

// refused notes that an operation has failed, to be tried again.
func (s *subscriber) refused(text []byte) error {
	c := s.n.c
	c.counters.replies.Add(1)
	c.pubsub.mu.Lock()
	if len(s.sent) == 0 {
		c.pubsub.mu.Unlock()
		return fmt.Errorf("%w: %.100q to nothing", ErrProtocol, text)
	}
	o := s.sent[0]
	s.sent = s.sent[1:]
	s.wake.set()
	if o.on {
		c.pubsub.failed = append(c.pubsub.failed, o.channel)
	}
	first := !s.wrong
	s.wrong = true
	c.pubsub.mu.Unlock()
	if c.movedTo(s.n, text) {
		return nil
	}
	if first {
		c.config.Log.Warn("redis refuses a subscription", "redis", s.n.addr, "err", string(text))
	}
	return nil
}
