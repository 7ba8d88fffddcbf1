//go:build e2e

package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// RFC 7692 §6 and §7.2: messages of all lengths, compressed and not, each cut
// into frames in several ways.
func TestCompressedMessages(t *testing.T) {
	var rows []row
	for _, n := range lengths {
		for _, op := range []byte{opText, opBinary} {
			s := letters(n)
			payload := newDeflater(false).deflate(s)
			name := fmt.Sprintf("§7.2.1 opcode %d of %d", op, n)
			rows = append(rows, echoed(name, op, []byte(s), compressed(op, payload)...),
				echoed(name+" in two frames", op, []byte(s), compressed(op, payload, len(payload)/2)...),
				echoed(name+" behind an empty frame", op, []byte(s), compressed(op, payload, 0)...),
				echoed(name+" before an empty frame", op, []byte(s), compressed(op, payload, len(payload))...))
			if len(payload) < 5000 {
				r := echoed(name+" in frames of a byte", op, []byte(s))
				all := singles(op, payload)
				all[0].rsv = rsv1
				r.send = frames(all...)
				rows = append(rows, r)
			}
		}
		rows = append(rows, echoed(fmt.Sprintf("§7.2.1 noise of %d", n), opBinary, []byte(noise(n)), newDeflater(false).message(opBinary, noise(n))))
	}
	playAll(t, compressing(t), always(rows))
}

func compressing(t *testing.T, flags ...string) []*target {
	t.Helper()
	return []*target{deflated(t, flags...), secure(t, flags...)}
}

// RFC 7692 §7.2.3 and what else a stream may be.
func TestStreams(t *testing.T) {
	hello := newDeflater(true)
	one, two := hello.deflate("Hello"), hello.deflate("Hello")
	rfc := func(name, hex string, more ...frame) row {
		return echoed("§7.2.3."+name, opText, []byte("Hello"), append([]frame{{op: opText, rsv: rsv1, payload: []byte(hex)}}, more...)...)
	}
	of := func(name, want string, payload []byte) row {
		return echoed(name, opText, []byte(want), frame{op: opText, rsv: rsv1, payload: payload})
	}
	s := func() *stream { return new(stream) }
	rows := []row{
		rfc("1 a block of fixed codes", "\xf2\x48\xcd\xc9\xc9\x07\x00"),
		{"§7.2.3.1 in two frames", frames(frame{op: opText, rsv: rsv1, more: true, payload: []byte("\xf2\x48\xcd")}, last("\xc9\xc9\x07\x00")), []answer{echoText("Hello")}},
		{"§7.2.3.2 the window of the message before", frames(frame{op: opText, rsv: rsv1, payload: []byte("\xf2\x48\xcd\xc9\xc9\x07\x00")}, frame{op: opText, rsv: rsv1, payload: []byte("\xf2\x00\x11\x00\x00")}), []answer{echoText("Hello"), echoText("Hello")}},
		rfc("3 a stored block", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"),
		rfc("4 a block with BFINAL", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
		rfc("5 two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
		of("§7.2.3.6 nothing", "", []byte{0x00}),
		of("§7.2.1 nothing, by a block of fixed codes", "", []byte{0x02, 0x00}),
		{"§7.2.1 our own, twice, the context kept", frames(frame{op: opText, rsv: rsv1, payload: one}, frame{op: opText, rsv: rsv1, payload: two}), []answer{echoText("Hello"), echoText("Hello")}},

		of("§7.2.1 data behind a block with BFINAL", "abcdef", s().stored(1, "abc").stored(0, "def").flush()),
		of("§7.2.1 many blocks with BFINAL", "abcdefghi", s().stored(1, "abc").stored(1, "def").stored(1, "ghi").flush()),
		of("§7.2.1 fixed codes behind BFINAL", "abcdef", s().fixed(1).literals("abc").symbol(256).align().fixed(0).literals("def").end()),
		of("§7.2.1 BFINAL and nothing", "", s().stored(1, "").flush()),
		of("RFC 1951 §3.2.4 empty stored blocks", "ab", s().stored(0, "").stored(0, "a").stored(0, "").stored(0, "b").flush()),
		of("RFC 1951 §3.2.6 a distance of 1", "aaaa", s().fixed(0).literals("a").copyBack(0, 0, 0).end()),
		of("RFC 1951 §3.2.5 all lengths", strings.Repeat("a", 1+3+258), s().fixed(0).literals("a").copyBack(0, 0, 0).symbol(285).code(0, 5).end()),
		of("RFC 1951 §3.2.6 bytes above 143", "é狐", s().fixed(0).literals("é狐").end()),
		{"§7.2.2 a copy out of the message before", frames(
			frame{op: opText, rsv: rsv1, payload: s().fixed(0).literals("abc").end()},
			frame{op: opText, rsv: rsv1, payload: s().fixed(0).copyBack(2, 0, 0).end()}), []answer{echoText("abc"), echoText("abc")}},

		// What is not compressed on such a connection, and what is not in the window.
		{"§6 a message that is not compressed", frames(text("plain")), []answer{echoText("plain")}},
		{"§6 one of each kind", frames(text("plain"), frame{op: opText, rsv: rsv1, payload: one}, text("plain")), []answer{echoText("plain"), echoText("Hello"), echoText("plain")}},
		{"§7.2.2 a message that is not compressed is not in the window", frames(
			frame{op: opText, rsv: rsv1, payload: s().fixed(0).literals("abc").end()}, text("xyz"), binaryMessage("xyz"),
			frame{op: opText, rsv: rsv1, payload: s().fixed(0).copyBack(2, 0, 0).end()}), []answer{echoText("abc"), echoText("xyz"), echoBinary("xyz"), echoText("abc")}},
		{"§5.2 a pong's payload is not in the window", frames(
			frame{op: opText, rsv: rsv1, payload: s().fixed(0).literals("abc").end()}, pong("xyz"), ping("xyz"),
			frame{op: opText, rsv: rsv1, payload: s().fixed(0).copyBack(2, 0, 0).end()}), []answer{echoText("abc"), answerPong("xyz"), echoText("abc")}},
		{"§5.2 a pong within a message is not in the window", frames(
			frame{op: opText, rsv: rsv1, more: true, payload: s().stored(0, "abc").out}, pong("xyz"), ping("pqr"),
			last(string(s().fixed(0).copyBack(2, 0, 0).end()))), []answer{answerPong("pqr"), echoText("abcabc")}},
		{"§6.1 control frames between compressed fragments", frames(
			frame{op: opText, rsv: rsv1, more: true, payload: one[:2]}, ping("a"), middle(string(one[2:4])), ping("b"), last(string(one[4:]))),
			[]answer{answerPong("a"), answerPong("b"), echoText("Hello")}},
		{"§5.5.1 a close within a compressed message", frames(frame{op: opText, rsv: rsv1, more: true, payload: one[:2]}, closing(1001, "")), []answer{closed(1001)}},
	}
	playAll(t, compressing(t), always(rows))
}

// What is no DEFLATE gets 1007, whatever it looks like; what breaks the rules
// of frames gets 1002.
func TestCorruptStreams(t *testing.T) {
	s := func() *stream { return new(stream) }
	whole := newDeflater(false).deflate(letters(1000))
	payloads := map[string][]byte{
		"§7.2.2 nothing at all":                             {},
		"RFC 1951 §3.2.3 block type 3":                      s().bits(6, 3).align().out,
		"RFC 1951 §3.2.4 NLEN":                              []byte("\x00\x05\x00\xfa\xfeHello\x00"),
		"RFC 1951 §3.2.4 a stored block cut short":          []byte("\x00\x05\x00\xfa\xffHel"),
		"RFC 1951 §3.2.5 length symbol 286":                 s().fixed(0).literals("abc").symbol(286).code(0, 5).end(),
		"RFC 1951 §3.2.5 length symbol 287":                 s().fixed(0).literals("abc").symbol(287).code(0, 5).end(),
		"RFC 1951 §3.2.5 distance symbol 30":                s().fixed(0).literals("abc").copyBack(30, 0, 0).end(),
		"RFC 1951 §3.2.5 distance symbol 31":                s().fixed(0).literals("abc").copyBack(31, 0, 0).end(),
		"RFC 1951 §3.2.5 a distance before the start":       s().fixed(0).literals("ab").copyBack(2, 0, 0).end(),
		"RFC 1951 §3.2.5 a distance before anything":        s().fixed(0).copyBack(0, 0, 0).end(),
		"RFC 1951 §3.2.5 the greatest distance":             s().fixed(0).literals("abc").copyBack(29, 8191, 13).end(),
		"RFC 1951 §3.2.7 too many literal codes":            s().bits(4, 3).bits(31, 5).bits(0, 5).bits(0, 4).bits(0, 200).out,
		"RFC 1951 §3.2.7 no code for the code":              s().bits(4, 3).bits(0, 5).bits(0, 5).bits(0, 4).bits(0, 200).out,
		"RFC 1951 §3.2.7 more codes than fit":               s().bits(4, 3).bits(0, 5).bits(0, 5).bits(15, 4).bits(0x249249, 24).bits(0x249249, 24).bits(0, 200).out,
		"RFC 1951 §3.2.7 a repeat of nothing":               s().bits(4, 3).bits(0, 5).bits(0, 5).bits(0, 4).bits(1, 3).bits(0, 6).bits(1, 3).bits(0, 300).out,
		"§7.2.1 BFINAL, the message not padded":             []byte("\xf3\x48\xcd\xc9\xc9\x07\x00"),
		"§7.2.1 the four bytes not taken off, cut to three": append(append([]byte{}, whole...), 0x00, 0x00, 0xFF),
		"noise": []byte("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
		"words": []byte("this is not compressed at all"),
	}
	var rows []row
	for name, payload := range payloads {
		for _, op := range []byte{opText, opBinary} {
			rows = append(rows, refused(fmt.Sprintf("%s, opcode %d", name, op), 1007, frame{op: op, rsv: rsv1, payload: payload}),
				refused(fmt.Sprintf("%s, opcode %d, in two frames", name, op), 1007, compressed(op, payload, len(payload)/2)...),
				row{fmt.Sprintf("%s, opcode %d, behind messages", name, op), frames(text("a"), ping("p"), frame{op: op, rsv: rsv1, payload: payload}),
					[]answer{echoText("a"), answerPong("p"), closed(1007)}})
		}
	}
	for cut := 1; cut < len(whole); cut += max(1, len(whole)/40) {
		rows = append(rows, refused(fmt.Sprintf("§7.2.2 cut short after %d of %d bytes", cut, len(whole)), 1007, frame{op: opText, rsv: rsv1, payload: whole[:cut]}))
	}
	for _, invalid := range utf8Invalid {
		name := fmt.Sprintf("RFC 6455 §8.1 %+q", invalid)
		rows = append(rows, refused(name, 1007, newDeflater(false).message(opText, invalid)),
			echoed(name+" in a binary message", opBinary, []byte(invalid), newDeflater(false).message(opBinary, invalid)),
			refused(name+" behind 100,000 bytes", 1007, newDeflater(false).message(opText, strings.Repeat("é", 50_000)+invalid)))
		if bad := badAt(invalid); bad < len(invalid) {
			rows = append(rows, refused(name+", the message goes on", 1007, frame{op: opText, rsv: rsv1, more: true, payload: new(stream).stored(0, invalid[:bad+1]).out}))
		}
	}
	playAll(t, compressing(t), always(rows))
}

// RFC 7692 §6: RSV1 belongs to the first frame of a message, and to no other.
func TestCompressedBit(t *testing.T) {
	payload := newDeflater(false).deflate("Hello, Hello, Hello")
	bit := func(f frame) frame { f.rsv = rsv1; return f }
	var rows []row
	for _, op := range []byte{opText, opBinary} {
		start := frame{op: op, rsv: rsv1, more: true, payload: payload[:3]}
		for name, bad := range map[string]frame{
			"last":          bit(last(string(payload[3:]))),
			"empty last":    bit(last("")),
			"middle":        bit(middle(string(payload[3:]))),
			"ping":          bit(ping("p")),
			"pong":          bit(pong("p")),
			"close":         bit(closing(1000, "")),
			"empty ping":    bit(ping("")),
			"RSV2":          {op: opContinuation, rsv: rsv2, payload: payload[3:]},
			"RSV1 and RSV3": {op: opContinuation, rsv: rsv1 | rsv3, payload: payload[3:]},
		} {
			rows = append(rows, refused(fmt.Sprintf("§6 opcode %d, then %s", op, name), 1002, start, bad),
				refused(fmt.Sprintf("§6 opcode %d not compressed, then %s", op, name), 1002, first(op, "abc"), bad),
				refused(fmt.Sprintf("§6 opcode %d, another, then %s", op, name), 1002, start, middle(string(payload[3:5])), bad))
		}
		for _, rsv := range []byte{rsv1 | rsv2, rsv1 | rsv3, rsv1 | rsv2 | rsv3} {
			rows = append(rows, refused(fmt.Sprintf("RFC 6455 §5.2 opcode %d, RSV %03b", op, rsv), 1002, frame{op: op, rsv: rsv, payload: payload}))
		}
		rows = append(rows, refused(fmt.Sprintf("RFC 6455 §5.4 opcode %d compressed, then another", op), 1002, start, frame{op: op, rsv: rsv1, payload: payload}))
	}
	playAll(t, compressing(t), always(rows))
}
