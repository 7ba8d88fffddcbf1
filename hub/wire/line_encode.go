package wire

import (
	"strconv"

	"wschat/frame"
	"wschat/hub/chat"
)

// Changed implements Protocol.
func (Line) Changed(r Request) []byte {
	if r.Op == Leave {
		return []byte("系统:已离开 " + r.Target)
	}
	return []byte("系统:已加入 " + r.Target)
}

// Acked implements Protocol: a line client is told only that the recipient is away.
func (Line) Acked(r Request, _ uint64, away bool) []byte {
	if !away {
		return nil
	}
	return []byte("系统:用户(" + r.Target + ")不在线,上线后送达")
}

// Members implements Protocol.
func (Line) Members(_ Request, names []string, count int, _ []string) []byte {
	size := len("系统:在线 1000000: …")
	for _, name := range names {
		size += len(" ") + len(name)
	}
	text := make([]byte, 0, size) // one allocation: many clients may ask for many names
	text = append(text, "系统:在线 "...)
	text = strconv.AppendInt(text, int64(count), 10)
	text = append(text, ':')
	for _, name := range names {
		text = append(text, ' ')
		text = append(text, name...)
	}
	if count > len(names) {
		text = append(text, " …"...)
	}
	return text
}

// Failed implements Protocol. The sentence may repeat what the client sent.
func (Line) Failed(_ string, e *chat.Error) []byte {
	return LineText([]byte("错误:" + e.Chinese()))
}

// Named tells a client the user id that the server has chosen for it.
func (Line) Named(user string) []byte { return []byte("系统:你的用户编号是 " + user) }

// NoHistory answers a request for the history of a conversation without messages.
// Otherwise each message is sent like any other.
func (Line) NoHistory() []byte { return []byte("系统:没有历史消息") }

// Body is the body of a message as line clients read it: that of a text without control
// characters, of an edit with a word before it, and with the name and path of the file that
// comes with it. They get every byte of a binary one.
func (Line) Body(m *chat.Message) []byte {
	if m.Binary {
		return m.Body
	}
	text := LineText(m.Body)
	if m.Kind == chat.Edit {
		return append([]byte(lineEdit), text...)
	}
	if file, ok := chat.ParseFile(m.OwnFile()); ok {
		return appendFile(text[:len(text):len(text)], file)
	}
	return text
}

// appendFile appends a file behind the text of its message.
func appendFile(text []byte, f chat.File) []byte {
	if len(text) > 0 {
		text = append(text, ' ')
	}
	text = append(append(text, '['), LineText([]byte(f.Name))...)
	return append(append(append(text, " /files/"...), LineText([]byte(f.ID))...), ']')
}

// Tells reports whether line clients are told of a message: not of deletions and
// reactions, nor of what is deleted already.
func (Line) Tells(m *chat.Message) bool {
	gone := m.Now != nil && m.Now.Deleted || m.Kind == chat.Edit && len(m.Body) == 0
	return m.Kind < chat.Deletion && !gone
}

// lineEdit stands before the text of an edit.
const lineEdit = "更正:"

const lineOpen, lineArrow, lineShut = "用户(", "=>", "):"

// maxHead bounds the bytes before the body of a message.
const maxHead = len(lineOpen) + len(lineArrow) + len(lineShut) + 2*chat.MaxName

// AppendHead appends the frame of a message as reader gets it, 用户(A=>reader):body, up to
// its body. body is the length of that; a text comes from LineText. The frames of a group's
// members differ; only the body is shared.
func (Line) AppendHead(dst []byte, m *chat.Message, reader string, body int) []byte {
	name := recipient(m, reader)
	length := len(lineOpen) + len(m.From) + len(lineArrow) + len(name) + len(lineShut) + body
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, Opcode: opcode(m), Length: int64(length)})
	return appendHead(dst, m.From, name)
}

// AppendDeflated appends the whole frame with a body that is compressed already. The head before
// it differs for each reader, and goes uncompressed.
func (Line) AppendDeflated(dst []byte, m *chat.Message, reader string, body []byte) []byte {
	var plain, stored [maxHead + 16]byte
	head := appendHead(plain[:0], m.From, recipient(m, reader))
	return frame.AppendCompressed(dst, opcode(m), frame.AppendStored(stored[:0], head), body)
}

// Size is roughly the payload of a message for any reader, in bytes.
func (Line) Size(m *chat.Message) int { return maxHead + len(lineEdit) + len(m.Body) + len(m.File) }

// recipient is the name behind the arrow when reader gets the message.
func recipient(m *chat.Message, reader string) string {
	if m.Private() {
		return m.To
	}
	return reader
}

func opcode(m *chat.Message) frame.Opcode {
	if m.Binary {
		return frame.Binary
	}
	return frame.Text
}

func appendHead(dst []byte, from, to string) []byte {
	dst = append(dst, lineOpen...)
	dst = append(dst, from...)
	dst = append(dst, lineArrow...)
	dst = append(dst, to...)
	return append(dst, lineShut...)
}
