//go:build e2e

package conformance

import (
	"fmt"
	"testing"
)

// §5.5.2: "A Pong frame sent in response to a Ping frame must have identical
// Application data", whatever that is.
func TestPings(t *testing.T) {
	var rows []row
	for n := range 126 {
		rows = append(rows, row{fmt.Sprintf("§5.5.2 ping of %d", n), frames(ping(noise(n))), []answer{answerPong(noise(n))}})
	}
	many := func(n int) row {
		r := row{name: fmt.Sprintf("§5.5.2 %d pings", n)}
		for i := range n {
			s := fmt.Sprintf("ping %d", i)
			r.send, r.want = append(r.send, ping(s).bytes()...), append(r.want, answerPong(s))
		}
		return r
	}
	rows = append(rows, many(2), many(10), many(100), many(1000),
		row{"§5.5.3 unsolicited pong", frames(pong("")), nil},
		row{"§5.5.3 unsolicited pong with payload", frames(pong("unsolicited")), nil},
		row{"§5.5.3 unsolicited pong of 125", frames(pong(noise(125))), nil},
		row{"§5.5.3 unsolicited pong, then ping", frames(pong("a"), ping("b")), []answer{answerPong("b")}},
		row{"§5.5.3 ten unsolicited pongs", frames(pong("1"), pong("2"), pong("3"), pong("4"), pong("5"), pong("6"), pong("7"), pong("8"), pong("9"), pong("10")), nil},
		row{"§5.5 ping between messages", frames(text("a"), ping("p"), text("b")), []answer{echoText("a"), answerPong("p"), echoText("b")}},
		row{"§5.5.2 ping behind pong behind ping", frames(ping("a"), pong("a"), ping("b")), []answer{answerPong("a"), answerPong("b")}},
		row{"§5.5.2 ping whose payload looks like a frame", frames(ping("\x81\x00\x88\x00")), []answer{answerPong("\x81\x00\x88\x00")}},
	)
	playAll(t, targets(t), always(rows))
}

// §5.5: "All control frames MUST have a payload length of 125 bytes or less and
// MUST NOT be fragmented."
func TestControlFrames(t *testing.T) {
	var rows []row
	for _, op := range []byte{opClose, opPing, opPong} {
		for _, n := range []int{126, 127, 128, 130, 255, 1000, 65535, 65536} {
			payload := []byte(letters(n))
			if op == opClose {
				payload = closePayload(1000, letters(n-2))
			}
			bad := frame{op: op, payload: payload}
			rows = append(rows,
				refused(fmt.Sprintf("§5.5 opcode %d of %d", op, n), 1002, bad),
				refused(fmt.Sprintf("§5.5 opcode %d of %d between fragments", op, n), 1002, first(opText, "a"), bad),
				row{fmt.Sprintf("§5.5 opcode %d of %d behind a message", op, n), frames(text("a"), bad), []answer{echoText("a"), closed(1002)}})
		}
		rows = append(rows,
			row{fmt.Sprintf("§5.5 opcode %d, two bytes that announce 126", op), []byte{0x80 | op, 0xFE}, []answer{closed(1002)}},
			row{fmt.Sprintf("§5.5 opcode %d, two bytes that announce 127", op), []byte{0x80 | op, 0xFF}, []answer{closed(1002)}},
			row{fmt.Sprintf("§5.5 opcode %d, two bytes without FIN", op), []byte{op, 0x85}, []answer{closed(1002)}})
		for _, n := range []int{0, 2, 5, 125} {
			payload := closePayload(1000, letters(max(n-2, 0)))[:n]
			part := frame{op: op, more: true, payload: payload}
			rows = append(rows,
				refused(fmt.Sprintf("§5.5 opcode %d without FIN, %d bytes", op, n), 1002, part),
				refused(fmt.Sprintf("§5.5 opcode %d in fragments, %d bytes", op, n), 1002, part, last("rest")),
				refused(fmt.Sprintf("§5.5 opcode %d without FIN, %d bytes, between fragments", op, n), 1002, first(opBinary, "a"), part, last("rest")))
		}
	}
	playAll(t, targets(t), always(rows))
}

// §5.2, RSV1-3: "MUST be 0 unless an extension is negotiated that defines
// meanings for non-zero values"; RFC 7692 §6 for RSV1 where it is.
func TestReservedBits(t *testing.T) {
	playAll(t, targets(t), func(tg *target) []row {
		var rows []row
		for rsv := byte(1); rsv <= 7; rsv++ {
			for _, op := range []byte{opContinuation, opText, opBinary, opClose, opPing, opPong} {
				if tg.offer != "" && rsv == rsv1 && (op == opText || op == opBinary) {
					continue // what that means is tested elsewhere
				}
				rows = append(rows, reservedBitRows(rsv, op)...)
			}
		}
		return rows
	})
}

func reservedBitRows(rsv, op byte) []row {
	name := fmt.Sprintf("§5.2 RSV %03b, opcode %d", rsv, op)
	payload := []byte("abc")
	if op == opClose {
		payload = closePayload(1000, "")
	}
	bad := frame{op: op, rsv: rsv, payload: payload}
	empty := frame{op: op, rsv: rsv}
	part := frame{op: op, rsv: rsv, more: true}
	return []row{
		refused(name, 1002, bad),
		refused(name+", empty", 1002, empty),
		refused(name+", without FIN", 1002, part),
		refused(name+", two before it", 1002, first(opText, "a"), middle("b"), bad),
		refused(name+", continued", 1002, part, last("")),
		{name + ", between messages", frames(text("a"), bad, text("b")), []answer{echoText("a"), closed(1002)}},
		{name + ", behind a ping", frames(ping("p"), bad, ping("q")), []answer{answerPong("p"), closed(1002)}},
		{name + ", in a message", frames(first(opText, "a"), ping("p"), empty, last("b")), []answer{answerPong("p"), closed(1002)}},
		{name + ", two bytes", []byte{0x80 | rsv<<4 | op, 0x85}, []answer{closed(1002)}},
	}
}

// §5.2, opcode: "If an unknown opcode is received, the receiving endpoint MUST
// _Fail the WebSocket Connection_."
func TestReservedOpcodes(t *testing.T) {
	var rows []row
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		name := fmt.Sprintf("§5.2 opcode %d", op)
		bad := frame{op: op, payload: []byte("abc")}
		part := frame{op: op, more: true, payload: []byte("abc")}
		rows = append(rows,
			refused(name, 1002, bad),
			refused(name+", empty", 1002, frame{op: op}),
			refused(name+" of 200", 1002, frame{op: op, payload: make([]byte, 200)}),
			refused(name+", without FIN", 1002, part),
			refused(name+", in fragments", 1002, part, last("d")),
			refused(name+", not masked", 1002, frame{op: op, unmasked: true}),
			refused(name+", RSV1", 1002, frame{op: op, rsv: rsv1}),
			refused(name+", RSV2", 1002, frame{op: op, rsv: rsv2}),
			refused(name+", RSV3", 1002, frame{op: op, rsv: rsv3}),
			refused(name+", between fragments", 1002, first(opText, "a"), bad, last("b")),
			row{name + ", behind a message", frames(text("a"), bad, text("b")), []answer{echoText("a"), closed(1002)}},
			row{name + ", behind a ping", frames(ping("p"), bad, ping("q")), []answer{answerPong("p"), closed(1002)}},
			row{name + ", two bytes", []byte{0x80 | op, 0x80}, []answer{closed(1002)}},
			row{name + ", a huge length announced", frames(announced(op, 1<<40)), []answer{closed(1002)}})
	}
	playAll(t, targets(t), always(rows))
}
