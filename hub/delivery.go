package hub

import (
	"sync"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// The items that are sent to sessions. A loop.Item makes its bytes when they are about to
// be written, for one session after the other, on the goroutine of the session's loop.

// delivery is a message on its way to its recipients, whatever protocol each of them
// speaks. Bytes that are the same for many are made once, when the first of them needs
// them.
type delivery struct {
	*chat.Message
	pending  *loop.Pending   // nil: it is short, or an answer
	deflater *frame.Deflater // nil: nobody takes compressed messages
	size     int
	event    once            // as JSON
	text     once            // the body, for line clients
	line     *deflatedBodies // of the body, for line clients; nil without a deflater
	json     *deflatedBodies // of the event, likewise
}

// once holds bytes that are made once, by the first who needs them.
type once struct {
	once sync.Once
	data []byte
}

func (o *once) get(make func() []byte) []byte {
	o.once.Do(func() { o.data = make() })
	return o.data
}

// deflatedBodies are the compressed forms of one text, by the exponent of the window.
type deflatedBodies [maxWindowBits + 1]once

const maxWindowBits = 15

func (h *Hub) newDelivery(m *chat.Message) *delivery {
	d := &delivery{Message: m, deflater: h.config.Deflater}
	d.size = wire.Line{}.Size(m) - len(m.Body) + longest(m.Binary, m.Body)
	if d.deflater != nil {
		d.line, d.json = new(deflatedBodies), new(deflatedBodies)
	}
	return d
}

// AppendFrame implements loop.Item.
func (d *delivery) AppendFrame(dst []byte, to loop.Handler) []byte {
	head, body := d.AppendHead(dst, to)
	return append(head, body...)
}

// AppendHead implements loop.Shared. What is compressed is short, and is not shared.
func (d *delivery) AppendHead(dst []byte, to loop.Handler) (head, body []byte) {
	s := to.(*session)
	if s.json {
		return d.appendJSON(dst, s)
	}
	if !(wire.Line{}).Tells(d.Message) {
		return dst, nil
	}
	body = d.lineBody()
	if deflated := d.deflate(d.line, body, s); deflated != nil {
		return wire.Line{}.AppendDeflated(dst, d.Message, s.name, deflated), nil
	}
	return wire.Line{}.AppendHead(dst, d.Message, s.name, len(body)), body
}

// lineBody is the body as line clients read it.
func (d *delivery) lineBody() []byte {
	return d.text.get(func() []byte { return wire.Line{}.Body(d.Message) })
}

func (d *delivery) appendJSON(dst []byte, s *session) (head, body []byte) {
	if !s.live { // refused
		return dst, nil
	}
	text := d.event.get(func() []byte {
		text := wire.JSON{}.Message(d.Message)
		d.pending.Grow(len(text))
		return text
	})
	if body := d.deflate(d.json, text, s); body != nil {
		return frame.AppendCompressed(dst, frame.Text, body), nil
	}
	return frame.AppendHeader(dst, frame.Header{Fin: true, Opcode: frame.Text, Length: int64(len(text))}), text
}

// Author implements loop.Shared.
func (d *delivery) Author() string { return d.From }

// Pending implements loop.Shared.
func (d *delivery) Pending() *loop.Pending { return d.pending }

// deflate returns text compressed for s, nil if it is to go uncompressed.
func (d *delivery) deflate(bodies *deflatedBodies, text []byte, s *session) []byte {
	bits := s.deflates(len(text))
	if bits == 0 {
		return nil
	}
	return bodies[bits].get(func() []byte {
		if data := d.deflater.Append(nil, text, bits); len(data) < len(text) {
			return data
		}
		return nil
	})
}

// Size implements loop.Item.
func (d *delivery) Size() int { return d.size }

// longest is how many bytes recipients get of a body at most. A short one is taken as it is.
func longest(binary bool, body []byte) int {
	const short = 2 << 10
	if binary || len(body) < short {
		return len(body)
	}
	return wire.Length(body)
}

// privateLine is a private message to a line client. The engine is told when it is
// written.
type privateLine struct {
	*delivery
	engine chat.Engine
}

// Receipt implements loop.Receipted.
func (l *privateLine) Receipt() loop.Receipt {
	return &written{l.engine, chat.Message{Conversation: l.Conversation, To: l.To, Seq: max(l.Seq, l.Upto)}}
}

// written is the receipt of a message, without its body: very many may wait.
type written struct {
	engine  chat.Engine
	message chat.Message
}

func (w *written) Written(loop.Handler) { w.engine.Written(&w.message) }

// reply is a text for one client.
type reply []byte

// AppendFrame implements loop.Item. A reply is compressed for JSON clients only.
func (r reply) AppendFrame(dst []byte, to loop.Handler) []byte {
	s := to.(*session)
	if !s.json {
		return frame.AppendFrame(dst, frame.Text, r)
	}
	if bits := s.deflates(len(r)); bits > 0 {
		if body := s.hub.config.Deflater.Append(nil, r, bits); len(body) < len(r) {
			return frame.AppendCompressed(dst, frame.Text, body)
		}
	}
	return frame.AppendFrame(dst, frame.Text, r)
}

// Size implements loop.Item.
func (r reply) Size() int { return len(r) }

// notice tells others of a user's login, exit, join or leave.
type notice struct {
	wire.Notice
	about  string          // the user who is not told; "": everybody is
	number uint64          // of a login or exit that all are told of, in their order
	of     *presenceChange // the login or exit that groups are told of; nil: it is none
	before []*loop.List    // the lists that were notified of it before
}

// AppendFrame implements loop.Item.
func (n *notice) AppendFrame(dst []byte, to loop.Handler) []byte {
	s := to.(*session)
	text := n.Line
	if s.json {
		text = n.JSON
	}
	if !s.live || s.name == n.about || text == nil || n.number > 0 && n.number <= s.heard || n.isKnown(s) {
		return dst
	}
	return frame.AppendFrame(dst, frame.Text, text)
}

// isKnown reports whether s has been told by way of an earlier list. Mostly that was the
// last change that s was told of, which is quick to see; users who share many groups make
// the lists many.
func (n *notice) isKnown(s *session) bool {
	if n.of == nil {
		return false
	}
	known := s.more()
	if known.told == n.of {
		return true
	}
	for _, list := range n.before {
		if s.conn.In(list) {
			return true
		}
	}
	known.told = n.of
	return false
}

// Size implements loop.Item.
func (n *notice) Size() int { return len(n.JSON) }
