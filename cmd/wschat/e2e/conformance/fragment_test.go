//go:build e2e

package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// letter stands for a frame in a sequence.
var letter = map[byte]frame{
	'T': text("T"), 't': first(opText, "t"), 'b': first(opBinary, "b"),
	'C': last("C"), 'c': middle("c"), 'P': ping("P"),
}

// sequenceLength is up to how many frames all sequences are tried.
const sequenceLength = 4

// §5.4: every order of whole messages, first, middle and last fragments, and
// control frames. The rule is short: a continuation continues something, and
// nothing but it does.
func TestFragmentOrders(t *testing.T) {
	var rows []row
	var grow func(prefix string)
	grow = func(prefix string) {
		for _, symbol := range []byte("TtCcP") {
			r := sequence(prefix + string(symbol))
			rows = append(rows, r)
			// Behind what is refused all is alike; TestAfterClose has it.
			if last := r.want; len(prefix)+1 < sequenceLength && (len(last) == 0 || last[len(last)-1].op != opClose) {
				grow(prefix + string(symbol))
			}
		}
	}
	grow("")
	for _, s := range []string{"b", "bC", "bcC", "bT", "bt", "bb", "tb", "bPC", "bCC", "CbC", "bcccccC", "bCtC", "tCbC"} {
		rows = append(rows, sequence(s))
	}
	playAll(t, targets(t), always(rows))
}

// sequence is the row of a sequence, judged by §5.4.
func sequence(s string) row {
	r := row{name: "§5.4 " + s}
	for i := range len(s) {
		r.send = append(r.send, letter[s[i]].bytes()...)
	}
	var op byte // of the message that has begun
	var message strings.Builder
	for i := range len(s) {
		f := letter[s[i]]
		switch {
		case f.op == opPing:
			r.want = append(r.want, answerPong("P"))
			continue
		case (f.op == opContinuation) != (op != 0):
			r.want = append(r.want, closed(1002))
			return r
		case f.op != opContinuation:
			op = f.op
		}
		message.Write(f.payload)
		if !f.more {
			r.want = append(r.want, echo(op, []byte(message.String())))
			op = 0
			message.Reset()
		}
	}
	return r
}

// §5.4: a message may be cut anywhere, into frames of any length.
func TestFragments(t *testing.T) {
	const message = "Hello-µ@ßöäüàá-UTF-8!! 狐狸🐕"
	var rows []row
	for _, op := range []byte{opText, opBinary} {
		name := fmt.Sprintf("§5.4 opcode %d ", op)
		for cut := range len(message) + 1 {
			rows = append(rows, echoed(fmt.Sprintf("%scut at %d", name, cut), op, []byte(message), fragments(op, []byte(message), cut)...))
		}
		rows = append(rows,
			echoed(name+"in single bytes", op, []byte(message), singles(op, []byte(message))...),
			echoed(name+"empty in two", op, nil, first(op, ""), last("")),
			echoed(name+"empty in five", op, nil, first(op, ""), middle(""), middle(""), middle(""), last("")),
			echoed(name+"with empty fragments around", op, []byte("ab"), first(op, ""), middle("a"), middle(""), middle("b"), last("")),
			echoed(name+"of which only the first is not empty", op, []byte("ab"), first(op, "ab"), middle(""), last("")),
			row{name + "with a ping at each place", frames(ping("0"), first(op, "a"), ping("1"), middle("b"), ping("2"), ping("3"), last("c"), ping("4")),
				[]answer{answerPong("0"), answerPong("1"), answerPong("2"), answerPong("3"), echo(op, []byte("abc")), answerPong("4")}},
			row{name + "with pongs", frames(first(op, "a"), pong("1"), middle("b"), pong(""), last("c")), []answer{echo(op, []byte("abc"))}},
			row{name + "with a close within", frames(first(op, "a"), closing(1000, ""), last("c")), []answer{closed(1000)}},
		)
		for _, size := range []int{1, 64, 256, 1024, 4096, 65536} {
			n := min(256*size, maxMessage)
			whole, cuts := []byte(letters(n)), every(size, n)
			rows = append(rows, echoed(fmt.Sprintf("%sof %d in frames of %d", name, len(whole), size), op, whole, fragments(op, whole, cuts...)...))
		}
		rows = append(rows, echoed(name+"in 5000 frames of a byte", op, []byte(letters(5000)), singles(op, []byte(letters(5000)))...))
	}
	playAll(t, targets(t), always(rows))
}
