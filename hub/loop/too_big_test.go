package loop

import (
	"testing"

	"wschat/frame"
)

// RFC 6455 §7.1.1: TCP ends when the close frame is answered, of a connection that
// has failed as well (§7.1.7), whatever it is in the middle of.
func TestAnswerOfAFailedConnection(t *testing.T) {
	answer := closeFrame(frame.MessageTooBig, "too long")
	rows := []struct {
		name   string
		behind [][]byte // what the client sends behind the error, last its answer
	}{
		{"at once", [][]byte{answer}},
		{"byte by byte", func() (bytes [][]byte) {
			for i := range answer {
				bytes = append(bytes, answer[i:i+1])
			}
			return bytes
		}()},
		{"behind what it was sending", [][]byte{make([]byte, 1<<20), append(make([]byte, 3000), answer...)}},
		{"without a code", [][]byte{masked(frame.Close, "")}},
		{"with another code", [][]byte{closeFrame(frame.NormalClosure, "")}},
		{"with the longest reason", [][]byte{closeFrame(frame.MessageTooBig, string(make([]byte, 123)))}},
	}
	tooBig := frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Length: 1 << 40})
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{MaxMessage: 1024})
		for _, row := range rows {
			r := newRecord()
			c := s.dial(r)
			conn := r.conn(t)
			c.Raw(tooBig)
			c.wantClose(frame.MessageTooBig, frame.ErrMessageTooBig.Reason)
			onLoop(conn, func() {
				if conn.state != failing || conn.stream() == nil && !conn.reading {
					t.Errorf("%s: state %d before the answer", row.name, conn.state)
				}
			})
			for _, b := range row.behind {
				c.Raw(b)
			}
			c.wantEnd()
			c.conn.Close()
			t.Log(row.name)
			r.wantEvents(t, s.Loops, "open", "closed 1009")
		}
	})
}

func TestEndsInClose(t *testing.T) {
	for _, row := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"nothing", nil, false},
		{"a close frame", closeFrame(1002, ""), true},
		{"behind something", append([]byte("something"), closeFrame(1009, "x")...), true},
		{"before something", append(closeFrame(1009, "x"), 'y'), false},
		{"a part of one", closeFrame(1009, "reason")[:8], false},
		{"not masked", frame.AppendFrame(nil, frame.Close, []byte{0x03, 0xe8}), false},
		{"half a code", masked(frame.Close, "\x03"), false},
		{"a code that is no answer", closeFrame(4999, ""), false},
		{"another frame", masked(frame.Ping, "\x03\xe8"), false},
	} {
		if got := endsInClose(row.b); got != row.want {
			t.Errorf("%s: got %v", row.name, got)
		}
	}
}
