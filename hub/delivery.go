package hub

import (
	"sync"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// delivery is a message on its way to its recipients, each of whom gets it as
// his protocol has it. What is the same for many is made once, when the first of
// them needs it.
type delivery struct {
	lineMessage
	deflater *frame.Deflater // nil: nobody takes compressed messages
	event    shared          // as JSON
	line     *deflatedBodies // of the body, for line clients; nil without a deflater
	json     *deflatedBodies // of the event, likewise
}

// shared is made once, by whoever needs it first.
type shared struct {
	once sync.Once
	data []byte
}

func (s *shared) get(make func() []byte) []byte {
	s.once.Do(func() { s.data = make() })
	return s.data
}

// deflatedBodies are the compressed forms of one text, by the size of window.
type deflatedBodies [maxWindowBits + 1]shared

const maxWindowBits = 15

func (h *Hub) newDelivery(m *chat.Message) *delivery {
	d := &delivery{lineMessage: lineMessage{m}, deflater: h.config.Deflater}
	if d.deflater != nil {
		d.line, d.json = new(deflatedBodies), new(deflatedBodies)
	}
	return d
}

// AppendFrame implements loop.Item.
func (d *delivery) AppendFrame(dst []byte, to loop.Handler) []byte {
	s := to.(*session)
	if s.json() {
		return d.appendJSON(dst, s)
	}
	if body := d.deflate(d.line, d.Body, s); body != nil {
		return d.appendDeflated(dst, to, body)
	}
	return d.lineMessage.AppendFrame(dst, to)
}

func (d *delivery) appendJSON(dst []byte, s *session) []byte {
	if s.user == nil { // refused
		return dst
	}
	text := d.event.get(func() []byte { return encode(newMessageEvent(d.Message)) })
	if body := d.deflate(d.json, text, s); body != nil {
		return frame.AppendCompressed(dst, frame.Text, body)
	}
	return frame.AppendFrame(dst, frame.Text, text)
}

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
