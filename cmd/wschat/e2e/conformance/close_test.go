//go:build e2e

package conformance

import (
	"fmt"
	"testing"
)

// What may stand in a close frame (§7.4.1, §7.4.2 and the registry), and what
// may not.
var (
	goodCodes = []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4001, 4100, 4998, 4999}
	badCodes  = []int{0, 1, 125, 500, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1100, 1999, 2000, 2500, 2999, 5000, 5001, 9999, 32768, 65535}
)

// §5.5.1 and §7.1.5: a close frame is answered with the same code, and then the
// server ends TCP.
func TestClose(t *testing.T) {
	reasons := []string{"", "a", "bye", "再见", letters(122), letters(123), "\x00"}
	var rows []row
	for _, code := range goodCodes {
		for _, reason := range reasons {
			rows = append(rows, row{fmt.Sprintf("§7.4 close %d %.10q of %d", code, reason, len(reason)), frames(closing(code, reason)), []answer{closed(code)}})
		}
		rows = append(rows,
			row{fmt.Sprintf("§7.4 close %d behind messages", code), frames(text("a"), ping("p"), binaryMessage("b"), closing(code, "")), []answer{echoText("a"), answerPong("p"), echoBinary("b"), closed(code)}},
			row{fmt.Sprintf("§5.5.1 close %d twice", code), frames(closing(code, ""), closing(code, "")), []answer{closed(code)}},
			row{fmt.Sprintf("§5.4 close %d within a message", code), frames(first(opText, "a"), closing(code, "")), []answer{closed(code)}})
	}
	for _, code := range badCodes {
		for _, reason := range reasons {
			rows = append(rows, refused(fmt.Sprintf("§7.4 close %d %.10q of %d", code, reason, len(reason)), 1002, frame{op: opClose, payload: closePayload(code, reason)}))
		}
		rows = append(rows, row{fmt.Sprintf("§7.4 close %d behind a message", code), frames(text("a"), frame{op: opClose, payload: closePayload(code, "")}), []answer{echoText("a"), closed(1002)}})
	}
	for _, b := range []byte{0, 3, 'x', 0xFF} {
		rows = append(rows, refused(fmt.Sprintf("§5.5.1 close with the one byte %x", b), 1002, frame{op: opClose, payload: []byte{b}}))
	}
	rows = append(rows,
		row{"§5.5.1 empty close", frames(closing(0, "")), []answer{closed(0)}},
		row{"§5.5.1 empty close behind a message", frames(text("a"), closing(0, "")), []answer{echoText("a"), closed(0)}},
		row{"§5.5.1 empty close twice", frames(closing(0, ""), closing(0, "")), []answer{closed(0)}},
		refused("§5.5 reason of 124", 1002, closing(1000, letters(124))),
		row{"§5.5.1 bad code and bad reason", frames(frame{op: opClose, payload: closePayload(1005, "\xFF")}), []answer{closed(1002)}},
	)
	playAll(t, targets(t), always(rows))
}

// §1.4 and §5.5.1: "After receiving a control frame indicating the connection
// should be closed, a peer discards any further data received."
func TestAfterClose(t *testing.T) {
	var rows []row
	for name, rest := range map[string][]byte{
		"a text":                 frames(text("late")),
		"a binary message":       frames(binaryMessage("late")),
		"a ping":                 frames(ping("late")),
		"a pong":                 frames(pong("late")),
		"another close":          frames(closing(1001, "late")),
		"ten messages":           frames(text("1"), text("2"), text("3"), text("4"), text("5"), ping("6"), ping("7"), ping("8"), ping("9"), text("10")),
		"a fragment":             frames(first(opText, "late")),
		"a text that is none":    frames(text("\xFF")),
		"a reserved opcode":      frames(frame{op: 3}),
		"a frame without a mask": frames(frame{op: opText, unmasked: true, payload: []byte("late")}),
		"noise":                  []byte(noise(500)),
		"a MiB":                  frames(binaryMessage(noise(maxMessage))),
		"a request":              []byte(upgradeHead()),
		"half a header":          {0x81},
	} {
		for _, code := range []int{0, 1000, 4000} {
			rows = append(rows, row{fmt.Sprintf("§5.5.1 %s behind close %d", name, code), append(closing(code, "").bytes(), rest...), []answer{closed(code)}})
		}
		for _, bad := range []frame{{op: 3}, {op: opText, payload: []byte("\xFF")}, {op: opPing, more: true}, announced(opBinary, 1<<40)} {
			code := 1002
			switch bad.op {
			case opText:
				code = 1007
			case opBinary:
				code = 1009
			}
			rows = append(rows, row{fmt.Sprintf("§7.1.7 %s behind what gets %d, opcode %d", name, code, bad.op), append(bad.bytes(), rest...), []answer{closed(code)}})
		}
	}
	playAll(t, targets(t), always(rows))
}
