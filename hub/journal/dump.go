package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// Dump prints the journal in dir to w, a record a line, and checks it as Open
// does. It changes nothing, and may be used while a server runs. A torn record at
// the end, which may be one that the server is about to write, is printed and is
// no error; damage is a *DamageError, behind what could be read.
func Dump(w io.Writer, dir string) error {
	segments, replaced, err := openAll(dir)
	for tries := 10; errors.Is(err, fs.ErrNotExist) && tries > 0; tries-- {
		segments, replaced, err = openAll(dir) // compacted between the list and the opening
	}
	if err != nil {
		return err
	}
	defer func() { closeAll(append(segments, replaced...)) }()
	out := bufio.NewWriterSize(w, 64<<10)
	memory := store.New(1)
	memory.MaxConversations = 0
	s := newState(memory)
	var bytes, messages int64
	for i, r := range segments {
		fmt.Fprintf(out, "%s: segments %d to %d, epoch %s, %d bytes\n",
			filepath.Base(r.f.Name()), r.number, r.through, r.epoch, r.size)
		_, torn, err := readSegment(r, i == len(segments)-1, func(rec record) error {
			fmt.Fprintf(out, "%10d  %s\n", rec.offset, describe(rec))
			if rec.kind == kindMessage {
				messages++
			}
			return s.apply(rec, segments[0].compacted())
		})
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
		if torn != nil {
			fmt.Fprintf(out, "%10d  torn record: %s; %d bytes to the end\n", torn.Offset, torn.Reason, r.size-torn.Offset)
		}
		bytes += r.size
	}
	fmt.Fprintf(out, "%d segments, %d bytes, %d messages of %d conversations, %d users: good\n",
		len(segments), bytes, messages, memory.Stats().Conversations, len(s.users))
	return out.Flush()
}

// describe shows a record on one line.
func describe(rec record) string {
	var m message
	body, err := rec.parse(&m)
	if err != nil {
		return fmt.Sprintf("kind %d, %d bytes", rec.kind, len(rec.body))
	}
	switch b := body.(type) {
	case *message:
		return describeMessage(b)
	case written:
		return fmt.Sprintf("written %q: %q up to %d", b.user, b.conversation, b.seq)
	case forgotten:
		return fmt.Sprintf("forgotten %q up to %d", b.conversation, b.seq)
	case userState:
		switch {
		case b.user == nil:
			return fmt.Sprintf("forgotten %q", b.name)
		case b.here:
			return fmt.Sprintf("user %q here since %s, in %q", b.name, clock(b.seen), b.groups)
		}
		return fmt.Sprintf("user %q seen %s, in %q", b.name, clock(b.seen), b.groups)
	case topic:
		return fmt.Sprintf("topic of %q: %q", b.group, b.text)
	case userMarks:
		return fmt.Sprintf("marks of %q: %q read %d flags %d", b.user, b.conversation, b.Read, b.Flags)
	case request:
		told := ""
		if b.toldAway() {
			told = " offline"
		}
		return fmt.Sprintf("request %q of %q: %q %d %s%s", b.id, b.user, b.conversation, b.seq, clock(b.time), told)
	case member:
		if b.is {
			return fmt.Sprintf("joined %q: %q", b.group, b.user)
		}
		return fmt.Sprintf("left %q: %q", b.group, b.user)
	}
	if rec.kind == kindEnd {
		return "end"
	}
	return "mark"
}

func describeMessage(m *message) string {
	var b strings.Builder
	to := m.to
	if !m.private() {
		to = m.conversation
	}
	fmt.Fprintf(&b, "message %q %d %s %q => %q", m.conversation, m.seq, clock(m.time), m.from, to)
	if m.kind() != chat.Plain {
		fmt.Fprintf(&b, " %s %d", [...]string{"", "reply to", "edit of", "deletion of", "reaction to"}[m.kind()], m.about)
	}
	if len(m.id) > 0 {
		fmt.Fprintf(&b, " id %q", m.id)
	}
	if m.flags&flagAway != 0 {
		b.WriteString(" offline")
	}
	if m.flags&flagSettled != 0 {
		b.WriteString(" settled")
	}
	if len(m.file) > 0 {
		fmt.Fprintf(&b, " file %s", m.file)
	}
	if m.flags&flagErased != 0 {
		b.WriteString(" erased")
	}
	const most = 200 // bytes of a body that are shown
	body, rest := m.body, ""
	if len(body) > most {
		body, rest = body[:most], fmt.Sprintf("... %d bytes", len(m.body))
	}
	if m.flags&flagBinary != 0 {
		fmt.Fprintf(&b, " binary %x%s", body, rest)
	} else {
		fmt.Fprintf(&b, " %q%s", body, rest)
	}
	return b.String()
}

func clock(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000Z07:00") }
