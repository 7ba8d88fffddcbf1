package hub

import (
	"sync"

	"wschat/frame"
	"wschat/hub/loop"
)

// lineItem is a message on its way to line clients.
func (h *Hub) lineItem(m *Message) loop.Item {
	if h.config.Deflater == nil || len(m.Body) < frame.MinDeflate {
		return lineMessage{m}
	}
	return &deflatedLine{lineMessage: lineMessage{m}, deflater: h.config.Deflater}
}

// deflatedLine is a lineMessage for some who take compressed messages. What
// stands before the body differs for each and goes uncompressed; the body is
// compressed once for all whose windows are of one size.
type deflatedLine struct {
	lineMessage
	deflater *frame.Deflater
	bodies   [maxWindowBits + 1]deflatedBody
}

type deflatedBody struct {
	once sync.Once
	data []byte // nil: no shorter than the body itself
}

const maxWindowBits = 15

// AppendFrame implements loop.Item.
func (l *deflatedLine) AppendFrame(dst []byte, to loop.Handler) []byte {
	body := l.body(to.(*session).conn.WindowBits())
	if body == nil {
		return l.lineMessage.AppendFrame(dst, to)
	}
	var plain, stored [len(lineOpen) + len(lineArrow) + len(lineShut) + 2*maxName + 16]byte
	head := l.appendHead(plain[:0], l.recipient(to))
	return frame.AppendCompressed(dst, l.opcode(), frame.AppendStored(stored[:0], head), body)
}

// body returns the compressed body for a size of window, nil for none.
func (l *deflatedLine) body(windowBits int) []byte {
	if windowBits == 0 || !frame.WorthDeflating(len(l.Body), windowBits) {
		return nil
	}
	b := &l.bodies[windowBits]
	b.once.Do(func() {
		if data := l.deflater.Append(nil, l.Body, windowBits); len(data) < len(l.Body) {
			b.data = data
		}
	})
	return b.data
}
