package hub

import (
	"strconv"
	"strings"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// lineSpeech is the line protocol as the protocol of a session.
type lineSpeech struct{}

func (lineSpeech) parse(op frame.Opcode, payload []byte) (Request, error) {
	return ParseLine(op, payload)
}

func (lineSpeech) greet(*session) {}

func (lineSpeech) begin(s *session, named bool) {
	if !named {
		s.conn.Write(frame.Text, []byte("系统:你的用户编号是 "+s.name)) // ahead of all else
	}
	s.catchUp()
}

func (lineSpeech) done(r Request) loop.Item {
	if r.Op == Leave {
		return lineText("系统:已离开 " + r.Target)
	}
	return lineText("系统:已加入 " + r.Target)
}

func (lineSpeech) sent(r Request, _ uint64, offline bool) loop.Item {
	if !offline {
		return nil
	}
	return lineText("系统:用户(" + r.Target + ")不在线,上线后送达")
}

// members tells how many there are, and the first of them.
func (lineSpeech) members(_ Request, names []string, count int) loop.Item {
	size := len("系统:在线 1000000: …")
	for _, name := range names {
		size += len(" ") + len(name)
	}
	var b strings.Builder
	b.Grow(size) // many may ask for many names
	b.WriteString("系统:在线 ")
	b.WriteString(strconv.Itoa(count))
	b.WriteByte(':')
	for _, name := range names {
		b.WriteByte(' ')
		b.WriteString(name)
	}
	if count > len(names) {
		b.WriteString(" …")
	}
	return lineText(b.String())
}

func (lineSpeech) history(h *Hub, _ Request, messages []*chat.Message, _ bool) []loop.Item {
	if len(messages) == 0 {
		return []loop.Item{lineText("系统:没有历史消息")}
	}
	items := make([]loop.Item, len(messages))
	for i, m := range messages {
		items[i] = h.newDelivery(m)
	}
	return items
}

func (lineSpeech) failed(_ string, e *chat.Error) loop.Item {
	return lineText("错误:" + e.Chinese())
}

// lineText is an answer of the server to one client.
type lineText string

// AppendFrame implements loop.Item.
func (t lineText) AppendFrame(dst []byte, _ loop.Handler) []byte {
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, Opcode: frame.Text, Length: int64(len(t))})
	return append(dst, t...)
}

// Size implements loop.Item.
func (t lineText) Size() int { return len(t) }
