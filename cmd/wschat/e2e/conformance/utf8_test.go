//go:build e2e

package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// utf8Valid are texts that must pass: each boundary of RFC 3629 §4 from inside,
// and what is rare but no fault (noncharacters, NUL, private use).
var utf8Valid = []string{
	"", "\x00", "\x7F", "a\x00b",
	"\u0080", "\u07FF", "\u0800", "\u0FFF", "\u1000", "\uCFFF", "\uD000", "\uD7FF", "\uE000", "\uFFFD", "\uFEFF", "\uFFFE", "\uFFFF",
	"\U00010000", "\U0001FFFE", "\U0003FFFF", "\U00040000", "\U000FFFFF", "\U00100000", "\U0010FFFE", "\U0010FFFF",
	"κόσμε", "Hello-µ@ßöäüàá-UTF-8!!", "系统:你的用户编号是", "🐕🏽‍🦺", "\u202Eright to left", "e\u0301",
}

// utf8Invalid are texts that must not (Kuhn's stress test, sections 3 to 5, and
// each boundary from outside).
var utf8Invalid = []string{
	"\x80", "\xBF", "\x80\xBF", "\x80\xBF\x80\xBF\x80", // continuation bytes alone
	"\xC2", "\xDF", "\xE0", "\xE0\xA0", "\xE1\x80", "\xEF\xBF", "\xF0", "\xF0\x90", "\xF0\x90\x80", "\xF4\x8F\xBF", // cut short
	"\xC2\x20", "\xE1\x80\x20", "\xF1\x80\x80\x20", "\xC2\xC2\x80", "\xE1\x80\xE1\x80\x80", // interrupted
	"\xC0\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x80\x80\xAF", "\xF0\x8F\xBF\xBF", // overlong
	"\xED\xA0\x80", "\xED\xAD\xBF", "\xED\xAE\x80", "\xED\xAF\xBF", "\xED\xB0\x80", "\xED\xBE\x80", "\xED\xBF\xBF", "\xED\xA0\x80\xED\xB0\x80", // surrogates
	"\xF4\x90\x80\x80", "\xF4\xBF\xBF\xBF", "\xF5\x80\x80\x80", "\xF7\xBF\xBF\xBF", // beyond U+10FFFF
	"\xF8\x88\x80\x80\x80", "\xFB\xBF\xBF\xBF\xBF", "\xFC\x84\x80\x80\x80\x80", "\xFD\xBF\xBF\xBF\xBF\xBF", "\xFE", "\xFF", "\xFE\xFE\xFF\xFF",
	"\xC2\x80\x80", "κόσμε\xF4\x90\x80\x80edited", "Hello-µ@ßöäüàá\xED\xA0\x80edited",
}

// badAt returns the index of the first byte of s that cannot be there, by the
// grammar of RFC 3629 §4; len(s) if only the end comes too soon, -1 if s is UTF-8.
func badAt(s string) int {
	low, high := byte(0x80), byte(0xBF) // what the next continuation byte may be
	rest := 0                           // continuation bytes to come
	for i := range len(s) {
		c := s[i]
		if rest > 0 {
			if c < low || c > high {
				return i
			}
			low, high = 0x80, 0xBF
			rest--
			continue
		}
		switch {
		case c <= 0x7F:
		case 0xC2 <= c && c <= 0xDF:
			rest = 1
		case c == 0xE0:
			rest, low = 2, 0xA0
		case c == 0xED:
			rest, high = 2, 0x9F
		case 0xE1 <= c && c <= 0xEF:
			rest = 2
		case c == 0xF0:
			rest, low = 3, 0x90
		case c == 0xF4:
			rest, high = 3, 0x8F
		case 0xF1 <= c && c <= 0xF3:
			rest = 3
		default:
			return i
		}
	}
	if rest > 0 {
		return len(s)
	}
	return -1
}

// §8.1 and §5.6: a text message is UTF-8, as a whole: its fragments need not be.
func TestValidText(t *testing.T) {
	var rows []row
	for _, s := range utf8Valid {
		name := fmt.Sprintf("§8.1 %+q", s)
		rows = append(rows, echoed(name, opText, []byte(s), text(s)), echoed(name+" in single bytes", opText, []byte(s), singles(opText, []byte(s))...),
			row{name + " as a reason", frames(closing(1000, s)), []answer{closed(1000)}})
		for cut := range len(s) + 1 {
			rows = append(rows, echoed(fmt.Sprintf("%s cut at %d", name, cut), opText, []byte(s), first(opText, s[:cut]), last(s[cut:])),
				row{fmt.Sprintf("%s cut at %d by a ping", name, cut), frames(first(opText, s[:cut]), ping("p"), last(s[cut:])), []answer{answerPong("p"), echoText(s)}})
		}
	}
	playAll(t, targets(t), always(rows))
}

// §8.1: what is not UTF-8 gets 1007, and as soon as that is sure: of what is
// sent here, the rest never comes.
func TestInvalidText(t *testing.T) {
	var rows []row
	for _, s := range utf8Invalid {
		name := fmt.Sprintf("§8.1 %+q", s)
		rows = append(rows,
			refused(name, 1007, text(s)),
			refused(name+" behind 100 bytes", 1007, text(strings.Repeat("é", 50)+s)),
			refused(name+" behind 100,000 bytes", 1007, text(strings.Repeat("é", 50_000)+s)),
			refused(name+" in single bytes", 1007, singles(opText, []byte(s))...),
			row{name + " behind a message", frames(text("ok"), text(s), text("ok")), []answer{echoText("ok"), closed(1007)}},
			echoed(name+" in a binary message", opBinary, []byte(s), binaryMessage(s)),
			echoed(name+" in a binary message, cut", opBinary, []byte(s), fragments(opBinary, []byte(s), len(s)/2)...),
			row{name + " in a ping and a pong", frames(ping(s), pong(s)), []answer{answerPong(s)}},
			row{name + " as a reason", frames(closing(1000, s)), []answer{closed(1007)}},
			row{name + " behind a reason", frames(closing(4000, "why"+s)), []answer{closed(1007)}})
		bad := badAt(s)
		if bad == len(s) {
			continue // nothing is sure until the end
		}
		soFar, whole := s[:bad+1], frame{op: opText, payload: []byte(s + strings.Repeat("x", 1000))}.bytes()
		rows = append(rows, row{name + ", the frame goes on", whole[:len(whole)-len(s)-1000+bad+1], []answer{closed(1007)}},
			refused(name+", the message goes on", 1007, first(opText, soFar)),
			refused(name+", the message goes on in single bytes", 1007, unfinished(singles(opText, []byte(soFar)))...),
			refused(name+", the bad byte in a frame of its own", 1007, first(opText, soFar[:bad]), middle(soFar[bad:])),
			refused(name+", a ping before the bad byte", 1007, first(opText, soFar[:bad]), pong(""), middle(soFar[bad:])))
	}
	playAll(t, targets(t), always(rows))
}

// unfinished takes the FIN off the last frame.
func unfinished(all []frame) []frame {
	all[len(all)-1].more = true
	return all
}

// §8.1: what can still become UTF-8 is not refused before its end.
func TestUnfinishedText(t *testing.T) {
	var rows []row
	for _, s := range []string{"é", "狐", "🐕", "\uD7FF", "\U0010FFFF"} {
		for cut := 1; cut < len(s); cut++ {
			rows = append(rows,
				row{fmt.Sprintf("§8.1 %d bytes of %q, a ping, the rest", cut, s), frames(first(opText, s[:cut]), ping("still here"), last(s[cut:])), []answer{answerPong("still here"), echoText(s)}},
				row{fmt.Sprintf("§8.1 %d bytes of %q, then the end", cut, s), frames(first(opText, s[:cut]), ping("still here"), last("")), []answer{answerPong("still here"), closed(1007)}})
		}
	}
	playAll(t, targets(t), always(rows))
}

// RFC 3629 §4, the first two bytes of a character: all of them that matter.
func TestFirstTwoBytes(t *testing.T) {
	var rows []row
	for lead := 0x80; lead <= 0xFF; lead++ {
		for _, second := range []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF} {
			s := string([]byte{byte(lead), second})
			r := row{name: fmt.Sprintf("RFC 3629 §4 %x", s), send: frames(first(opText, s), ping("p"))}
			bad := badAt(s)
			if 0 <= bad && bad < len(s) {
				r.want = []answer{closed(1007)}
			} else {
				r.want = []answer{answerPong("p")}
			}
			rows = append(rows, r)
			if bad == 0 {
				break // whatever is second
			}
		}
	}
	playAll(t, []*target{plain(t)}, always(rows))
}

// The judge of the tables is itself held to them.
func TestBadAt(t *testing.T) {
	for _, s := range utf8Valid {
		if at := badAt(s); at != -1 {
			t.Errorf("%+q: bad at %d", s, at)
		}
	}
	for _, s := range utf8Invalid {
		if badAt(s) < 0 {
			t.Errorf("%+q: not bad", s)
		}
	}
}
