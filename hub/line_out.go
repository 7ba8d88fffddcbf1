package hub

import (
	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// lineMessage is a message as line clients read it: 用户(A=>R):text. R is each
// recipient's own name, so the frames differ; the body is shared by all of them
// and with the store.
type lineMessage struct{ *chat.Message }

const lineOpen, lineArrow, lineShut = "用户(", "=>", "):"

// AppendFrame implements loop.Item.
func (l lineMessage) AppendFrame(dst []byte, to loop.Handler) []byte {
	name := l.recipient(to)
	length := len(lineOpen) + len(l.From) + len(lineArrow) + len(name) + len(lineShut) + len(l.Body)
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, Opcode: l.opcode(), Length: int64(length)})
	return append(l.appendHead(dst, name), l.Body...)
}

// recipient is the name that one of those who get the message reads in it.
func (l lineMessage) recipient(to loop.Handler) string {
	if l.Private() {
		return l.To
	}
	return to.(*session).name
}

func (l lineMessage) opcode() frame.Opcode {
	if l.Binary {
		return frame.Binary
	}
	return frame.Text
}

// appendHead appends what stands before the body.
func (l lineMessage) appendHead(dst []byte, name string) []byte {
	dst = append(dst, lineOpen...)
	dst = append(dst, l.From...)
	dst = append(dst, lineArrow...)
	dst = append(dst, name...)
	return append(dst, lineShut...)
}

// Size implements loop.Item.
func (l lineMessage) Size() int {
	return len(lineOpen) + len(lineArrow) + len(lineShut) + 2*chat.MaxName + len(l.Body)
}

// appendDeflated appends the frame with a body that is compressed already. What
// stands before it differs for each recipient and goes uncompressed.
func (l lineMessage) appendDeflated(dst []byte, to loop.Handler, body []byte) []byte {
	var plain, stored [len(lineOpen) + len(lineArrow) + len(lineShut) + 2*chat.MaxName + 16]byte
	head := l.appendHead(plain[:0], l.recipient(to))
	return frame.AppendCompressed(dst, l.opcode(), frame.AppendStored(stored[:0], head), body)
}

// linePrivate is a private message to a line client. It tells the store when it
// is written.
type linePrivate struct {
	*delivery
	store chat.Store
}

// Written implements loop.Receipted.
func (l *linePrivate) Written(loop.Handler) { l.store.Written(l.Message) }
