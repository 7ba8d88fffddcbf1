package hub

import (
	"strconv"
	"strings"

	"wschat/frame"
	"wschat/hub/loop"
)

// lineMessage is a message as line clients read it: 用户(A=>R):text. R is each
// recipient's own name, so the frames differ; the body is shared by all of them
// and with the store.
type lineMessage struct{ *Message }

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
	if l.private() {
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
	return len(lineOpen) + len(lineArrow) + len(lineShut) + 2*maxName + len(l.Body)
}

// linePrivate is a private message that tells the store when it is written.
type linePrivate struct {
	loop.Item
	message *Message
	store   Store
}

// Written implements loop.Receipted.
func (l *linePrivate) Written(loop.Handler) { l.store.Written(l.message) }

// lineText is an answer of the server to one client.
type lineText string

// AppendFrame implements loop.Item.
func (t lineText) AppendFrame(dst []byte, _ loop.Handler) []byte {
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, Opcode: frame.Text, Length: int64(len(t))})
	return append(dst, t...)
}

// Size implements loop.Item.
func (t lineText) Size() int { return len(t) }

// lineNotice tells of a user to all others.
type lineNotice struct {
	lineText
	about *user
}

// AppendFrame implements loop.Item.
func (n *lineNotice) AppendFrame(dst []byte, to loop.Handler) []byte {
	if to.(*session).user == n.about {
		return dst
	}
	return n.lineText.AppendFrame(dst, to)
}

func loginNotice(u *user) *lineNotice {
	return &lineNotice{lineText("用户(" + u.name + ")登录了"), u}
}
func exitNotice(u *user) *lineNotice {
	return &lineNotice{lineText("用户(" + u.name + ")退出了"), u}
}

// whoLine is the answer to who: how many, and the first of them.
func whoLine(names []string, count int) lineText {
	var b strings.Builder
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

// lineText returns what a line client reads of e.
func (e *Error) lineText() string { return "错误:" + strings.Replace(e.line, "%s", e.Subject, 1) }
