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

	// Client.mu guards these.
	link  *link       // nil: down
	todo  []operation // to be written
	sent  []operation // to be answered
	ping  bool        // is to be written
	wrong bool        // an error has been logged
	out   []byte      // what is being written
	ticks int         // that nothing was read

	silent atomic.Bool // nothing was read since the last tick
}

func (s *subscriber) run() {
	s.n.keep(service{
		purpose: "subscriptions", reuse: true,
		begin: s.begin, wake: s.wake, take: s.take, answer: s.answer, lost: s.lost,
	})
}

// add has an operation written, unless the connection is down: then all is
// subscribed when it is up. The lock is held.
func (s *subscriber) add(o operation) {
	if s.link == nil {
		return
	}
	s.todo = append(s.todo, o)
	if len(s.todo) > 2*s.n.c.subscriptions+window {
		s.link.close() // beginning anew is less than that
	}
	s.wake.set()
}

// begin subscribes everything that belongs to the node.
func (s *subscriber) begin(l *link, _ []Reply) { s.connected(l) }

func (s *subscriber) lost(error) { s.connected(nil) }

// connected notes that there is a connection, on which nothing is subscribed yet, or none.
func (s *subscriber) connected(l *link) {
	c := s.n.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s.link, s.todo, s.sent, s.ping, s.wrong, s.ticks = l, nil, nil, false, false, 0
	if l != nil {
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
	c.mu.Lock()
	defer c.mu.Unlock()
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
// silent. The lock is held.
func (s *subscriber) tick() {
	if s.link == nil || !s.silent.Swap(true) {
		s.ticks = 0
		return
	}
	s.ticks++
	switch silence := time.Duration(s.ticks) * tick; {
	case silence == idle:
		s.ping = true
		s.wake.set()
	case silence > idle+s.n.c.config.Timeout:
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
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted = c.wants(o.channel)
	if len(s.sent) > 0 && s.sent[0] == o {
		s.sent = s.sent[1:]
		s.wake.set()
	} else if wanted && !o.on {
		c.refused = append(c.refused, o.channel)
	}
	return wanted
}

// refused notes that an operation has failed, to be tried again.
func (s *subscriber) refused(text []byte) error {
	c := s.n.c
	c.counters.replies.Add(1)
	c.mu.Lock()
	if len(s.sent) == 0 {
		c.mu.Unlock()
		return fmt.Errorf("%w: %.100q to nothing", ErrProtocol, text)
	}
	o := s.sent[0]
	s.sent = s.sent[1:]
	s.wake.set()
	if o.on {
		c.refused = append(c.refused, o.channel)
	}
	told := c.movedTo(s.n, text) || s.wrong
	s.wrong = true
	c.unlock()
	if !told {
		c.config.Log.Warn("redis refuses a subscription", "redis", s.n.addr, "err", string(text))
	}
	return nil
}
