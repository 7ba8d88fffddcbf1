package frame

import (
	"math"
	"strings"
)

// masked, first and more are frames as a client sends them: a whole message or
// control frame, the first frame of a message, and one in the middle of it.
func masked(op Opcode, payload string) string {
	return string(AppendMaskedFrame(nil, op, benchKey, []byte(payload)))
}

func first(op Opcode, payload string) string { return notFinal(op, payload) }
func more(payload string) string             { return notFinal(Continuation, payload) }
func last(payload string) string             { return masked(Continuation, payload) }

func notFinal(op Opcode, payload string) string {
	b := []byte(masked(op, payload))
	b[0] &^= 0x80
	return string(b)
}

// head is a header alone, without its key, of a final masked frame.
func head(op Opcode, length int64) string {
	b := AppendHeader(nil, Header{Fin: true, Opcode: op, Masked: true, Length: length})
	return string(b[:len(b)-keyLen])
}

// decoderRow has an input to a server's decoder with a limit of 1000 bytes.
// The messages are written as opcode, blank, payload. An error comes with
// exactly the byte number failAt of the input.
type decoderRow struct {
	name   string
	input  string
	want   []string
	err    error
	failAt int
	open   bool // the input ends within a message or frame
}

var decoderTable = []decoderRow{
	{name: "nothing"},
	{name: "§5.6 text", input: masked(Text, "Hello"), want: []string{"text Hello"}},
	{name: "§5.6 binary", input: masked(Binary, "\xff\x00"), want: []string{"binary \xff\x00"}},
	{name: "§5.6 empty text", input: masked(Text, ""), want: []string{"text "}},
	{name: "§5.6 empty binary", input: masked(Binary, ""), want: []string{"binary "}},
	{name: "§5.6 text of 300 bytes", input: masked(Text, strings.Repeat("汉", 100)), want: []string{"text " + strings.Repeat("汉", 100)}},
	{name: "§5.6 several messages", input: masked(Text, "a") + masked(Text, "") + masked(Binary, "c"), want: []string{"text a", "text ", "binary c"}},
	{name: "§5.5.2 ping", input: masked(Ping, "p"), want: []string{"ping p"}},
	{name: "§5.5.2 empty ping", input: masked(Ping, ""), want: []string{"ping "}},
	{name: "§5.5.3 pong of 125 bytes", input: masked(Pong, strings.Repeat("x", 125)), want: []string{"pong " + strings.Repeat("x", 125)}},
	{name: "§5.5.1 close", input: masked(Close, "\x03\xe8bye"), want: []string{"close \x03\xe8bye"}},
	{name: "§5.5.1 empty close", input: masked(Close, ""), want: []string{"close "}},

	{name: "§5.4 two fragments", input: first(Text, "Hel") + last("lo"), want: []string{"text Hello"}},
	{name: "§5.4 many fragments", input: first(Binary, "a") + more("b") + more("") + more("c") + last("d"), want: []string{"binary abcd"}},
	{name: "§5.4 empty fragments", input: first(Text, "") + more("") + last(""), want: []string{"text "}},
	{name: "§5.4 all in the last fragment", input: first(Text, "") + last("Hello"), want: []string{"text Hello"}},
	{name: "§5.4 nothing in the last fragment", input: first(Text, "Hello") + last(""), want: []string{"text Hello"}},
	{name: "§5.4 messages in fragments, one behind the other", input: first(Text, "a") + last("b") + first(Binary, "c") + last("d") + masked(Text, "e"),
		want: []string{"text ab", "binary cd", "text e"}},
	{name: "§5.4 ping between fragments", input: first(Text, "Hel") + masked(Ping, "p") + last("lo"), want: []string{"ping p", "text Hello"}},
	{name: "§5.4 many control frames between fragments", input: first(Text, "a") + masked(Ping, "one") + masked(Pong, "") + more("b") + masked(Ping, "two") + last("c"),
		want: []string{"ping one", "pong ", "ping two", "text abc"}},
	{name: "§5.5.1 close between fragments", input: first(Text, "a") + masked(Close, "\x03\xe8"), want: []string{"close \x03\xe8"}, open: true},
	{name: "§5.4 a character over three fragments, a ping within", input: first(Text, "\xf0\x9f") + masked(Ping, "\xff") + more("\x98") + last("\x80"),
		want: []string{"ping \xff", "text 😀"}},

	{name: "§5.2 one byte of a header", input: "\x81", open: true},
	{name: "§5.2 header without a key", input: "\x81\x80\x01\x02\x03", open: true},
	{name: "§5.2 no byte of the payload", input: "\x81\x81\x01\x02\x03\x04", open: true},
	{name: "§5.4 message without an end", input: first(Text, "a") + masked(Ping, ""), want: []string{"ping "}, open: true},
	{name: "§5.4 empty fragments without an end", input: first(Binary, "") + more(""), open: true},
	{name: "§5.2 RSV1", input: "\xc1\x85", err: ErrReservedBits, failAt: 2},
	{name: "§5.2 RSV2 behind a message", input: masked(Text, "a") + "\xa1\x85", want: []string{"text a"}, err: ErrReservedBits, failAt: 9},
	{name: "§5.2 reserved opcode", input: "\x83\x80", err: ErrReservedOpcode, failAt: 2},
	{name: "§5.1 not masked", input: "\x81\x05Hello", err: ErrNotMasked, failAt: 2},
	{name: "§5.5 fragmented ping", input: "\x09\x80", err: ErrControlFragmented, failAt: 2},
	{name: "§5.5 ping of 126 bytes", input: "\x89\xfe\x00\x7e", err: ErrControlTooLong, failAt: 2},
	{name: "§5.5 ping of a length in 64 bits", input: "\x89\xff", err: ErrControlTooLong, failAt: 2},
	{name: "§5.4 continuation of nothing", input: "\x80\x80", err: ErrUnexpectedContinuation, failAt: 2},
	{name: "§5.4 continuation behind a whole message", input: masked(Text, "a") + "\x80\x80", want: []string{"text a"}, err: ErrUnexpectedContinuation, failAt: 9},
	{name: "§5.4 text within a message", input: first(Text, "a") + "\x81\x80", err: ErrExpectedContinuation, failAt: 9},
	{name: "§5.4 text within an empty message", input: first(Binary, "") + "\x01\x80", err: ErrExpectedContinuation, failAt: 8},
	{name: "§5.2 length not minimal", input: "\x81\xfe\x00\x05\x00", err: ErrLengthNotMinimal, failAt: 4},
	{name: "§5.2 64-bit length not minimal", input: "\x81\xff\x00\x00\x00\x00\x00\x00\x00\x05", err: ErrLengthNotMinimal, failAt: 8},
	{name: "§5.2 top bit of the length", input: "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", err: ErrLengthTopBit, failAt: 3},

	{name: "§10.4 at the limit", input: masked(Binary, strings.Repeat("x", 1000)), want: []string{"binary " + strings.Repeat("x", 1000)}},
	{name: "§10.4 over the limit", input: head(Binary, 1001), err: ErrMessageTooBig, failAt: 4},
	{name: "§10.4 2^40 bytes", input: head(Text, 1<<40), err: ErrMessageTooBig, failAt: 10},
	{name: "§10.4 2^63-1 bytes", input: head(Text, math.MaxInt64), err: ErrMessageTooBig, failAt: 10},
	{name: "§10.4 at the limit in fragments", input: first(Binary, strings.Repeat("x", 990)) + more("1234567890") + last(""),
		want: []string{"binary " + strings.Repeat("x", 990) + "1234567890"}},
	{name: "§10.4 over the limit in fragments", input: first(Binary, strings.Repeat("x", 990)) + more("123456789") + head(Continuation, 2),
		err: ErrMessageTooBig, failAt: 8 + 990 + 6 + 9 + 2},
	{name: "§10.4 the sum overflows", input: first(Binary, "x") + head(Continuation, math.MaxInt64), err: ErrMessageTooBig, failAt: 7 + 10},
	{name: "§10.4 the limit begins anew with each message", input: first(Binary, strings.Repeat("x", 900)) + last("") + masked(Binary, strings.Repeat("y", 900)),
		want: []string{"binary " + strings.Repeat("x", 900), "binary " + strings.Repeat("y", 900)}},

	{name: "§8.1 bad byte at the start", input: masked(Text, "\xffHello"), err: ErrInvalidUTF8, failAt: 7},
	{name: "§8.1 bad byte in the middle", input: masked(Text, "He\xffllo"), err: ErrInvalidUTF8, failAt: 9},
	{name: "§8.1 surrogate in the middle", input: masked(Text, "κόσμε\xed\xa0\x80edited"), err: ErrInvalidUTF8, failAt: 6 + 12},
	{name: "§8.1 ends within a character", input: masked(Text, "a\xe6\xb1"), err: ErrInvalidUTF8, failAt: 9},
	{name: "§8.1 bad byte in the first fragment", input: first(Text, "a\xff") + last("b"), err: ErrInvalidUTF8, failAt: 8},
	{name: "§8.1 bad byte in the last fragment", input: first(Text, "a") + last("b\xffcd"), err: ErrInvalidUTF8, failAt: 7 + 8},
	{name: "§8.1 character broken off by the next fragment", input: first(Text, "\xe6") + last("a"), err: ErrInvalidUTF8, failAt: 7 + 7},
	{name: "§8.1 message in fragments ends within a character", input: first(Text, "a\xe6") + last("\xb1"), err: ErrInvalidUTF8, failAt: 8 + 7},
	{name: "§8.1 message ends within a character, last fragment empty", input: first(Text, "a\xe6") + last(""), err: ErrInvalidUTF8, failAt: 8 + 6},
	{name: "§8.1 binary need not be UTF-8", input: first(Binary, "a\xff") + last("\xe6"), want: []string{"binary a\xff\xe6"}},
	{name: "§8.1 a text does not go on in the next", input: masked(Binary, "\xe6") + masked(Text, "\xb1"), want: []string{"binary \xe6"}, err: ErrInvalidUTF8, failAt: 7 + 7},

	{name: "§5.5.1 close of one byte", input: masked(Close, "\x03"), err: ErrCloseLength, failAt: 7},
	{name: "§7.4.1 close 1005", input: masked(Close, "\x03\xed"), err: ErrCloseCode, failAt: 8},
	{name: "§5.5.1 close reason is not UTF-8", input: masked(Close, "\x03\xe8\xff"), err: ErrInvalidUTF8, failAt: 9},
	{name: "§5.5.1 bad close between fragments", input: first(Text, "a") + masked(Close, "\x03"), err: ErrCloseLength, failAt: 14},
}
