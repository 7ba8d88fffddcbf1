package loop

import (
	"encoding/binary"
	"slices"

	"wschat/frame"
)

// A peer whose message is too big (1009) has kept to the protocol, and gets as much time
// to answer our close frame as any other: a browser reports a connection whose TCP ends
// before that as unclean. The rest of the message may come first, or never, so frames
// cannot be decoded any more. Instead, the answer is looked for at the end of the bytes
// that have come. All others are thrown away, for as long as closeTimeout allows.

// maxAnswer is the length of the longest close frame of a client.
const maxAnswer = 2 + 4 + 125

// seekAnswer looks for the answer to our close frame in what has come until now, of
// which b is the last.
func (c *Conn) seekAnswer(b []byte) {
	w := c.waiting()
	tail := append(w.unread, b[max(0, len(b)-maxAnswer):]...)
	w.unread = slices.Delete(tail, 0, max(0, len(tail)-maxAnswer))
	if c.state == failing && endsInClose(w.unread) {
		w.unread = nil
		c.linger()
		c.release()
	}
}

// endsInClose reports whether b ends with a close frame by which a client may answer:
// without a code, with ours, or with one of its own. Random bytes look like that once in
// some ten million times.
func endsInClose(b []byte) bool {
	for n := 0; n <= 125 && n+6 <= len(b); n++ {
		last := b[len(b)-6-n:]
		if last[0] != 0x80|byte(frame.Close) || last[1] != 0x80|byte(n) {
			continue
		}
		if n == 0 {
			return true
		}
		if n == 1 {
			continue
		}
		code := [2]byte{last[6] ^ last[2], last[7] ^ last[3]}
		switch frame.CloseCode(binary.BigEndian.Uint16(code[:])) {
		case frame.NormalClosure, frame.GoingAway, frame.ProtocolError, frame.UnsupportedData,
			frame.InvalidPayload, frame.PolicyViolation, frame.MessageTooBig, frame.InternalError:
			return true
		}
	}
	return false
}
