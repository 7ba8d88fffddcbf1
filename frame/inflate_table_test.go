package frame

import "strings"

// maskedRSV1 and firstRSV1 are frames of a compressed message from a client.
func maskedRSV1(op Opcode, payload string) string { return withRSV1(masked(op, payload)) }
func firstRSV1(op Opcode, payload string) string  { return withRSV1(first(op, payload)) }

func withRSV1(frame string) string { return string([]byte{frame[0] | RSV1<<4}) + frame[1:] }

const (
	hello      = "\xf2\x48\xcd\xc9\xc9\x07\x00" // RFC 7692 §7.2.3.1
	helloAgain = "\xf2\x00\x11\x00\x00"         // §7.2.3.2: H, and the rest from the message before
	emptyBlock = "\x00\x00\x00\xff\xff"
)

// literal is a message of one block with these bytes, none of them repeated.
func literal(s string) string {
	return fixedBlock(0, func(w *deflateWriter) { w.literals(s) })
}

// run is a message of n times x, n at least 4, by copies from the byte before.
func run(n int) string {
	return fixedBlock(0, func(w *deflateWriter) {
		w.literals("x")
		for n--; n > 0; {
			length := min(n, 258)
			if n-length == 1 || n-length == 2 {
				length -= 2
			}
			w.copy(length, 1)
			n -= length
		}
	})
}

// codeCodes is the start of a block with its own codes, of which the code for
// code lengths has 19 codes of the same length; it ends in the tenth byte.
func codeCodes(length int) string {
	var w deflateWriter
	w.block(0, 2)
	w.bits(15<<10, 14)
	for range 19 {
		w.bits(length, 3)
	}
	return string(w.out)
}

// inflateTable is for a server with a limit of 1000 bytes, a client that keeps
// its context, and windows of 32 KiB. Sections are those of RFC 7692.
var inflateTable = []decoderRow{
	{name: "§7.2.3.1 one block", input: maskedRSV1(Text, hello), want: []string{"text Hello"}},
	{name: "§7.2.3.1 one block in two frames", input: firstRSV1(Text, hello[:3]) + last(hello[3:]), want: []string{"text Hello"}},
	{name: "§7.2.3.2 sharing the window", input: maskedRSV1(Text, hello) + maskedRSV1(Text, helloAgain), want: []string{"text Hello", "text Hello"}},
	{name: "§7.2.3.3 a stored block", input: maskedRSV1(Text, "\x00\x05\x00\xfa\xffHello\x00"), want: []string{"text Hello"}},
	{name: "§7.2.3.4 BFINAL", input: maskedRSV1(Text, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), want: []string{"text Hello"}},
	{name: "§7.2.3.5 two blocks", input: maskedRSV1(Text, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), want: []string{"text Hello"}},
	{name: "§7.2.3.6 empty message", input: maskedRSV1(Text, "\x00") + maskedRSV1(Binary, "\x00"), want: []string{"text ", "binary "}},
	{name: "§7.2.3.6 empty last fragment", input: firstRSV1(Text, hello+"\x00\x00\xff\xff") + last("\x00"), want: []string{"text Hello"}},

	{name: "§6 uncompressed messages", input: masked(Text, "a") + first(Binary, "b") + last("c"), want: []string{"text a", "binary bc"}},
	{name: "§6 compressed and not, in turn", input: masked(Text, "a") + maskedRSV1(Binary, hello) + masked(Text, "b"), want: []string{"text a", "binary Hello", "text b"}},
	{name: "§6 uncompressed fragments behind a compressed message", input: maskedRSV1(Text, hello) + first(Text, "a") + last("b") + first(Text, "c") + last("d") + maskedRSV1(Text, helloAgain) + first(Binary, "e") + last(""),
		want: []string{"text Hello", "text ab", "text cd", "text Hello", "binary e"}},
	{name: "§6 compressed fragments behind a compressed message", input: maskedRSV1(Text, hello) + firstRSV1(Text, hello[:3]) + last(hello[3:]) + firstRSV1(Binary, "") + last("\x00"),
		want: []string{"text Hello", "text Hello", "binary "}},
	{name: "§6 empty frames", input: firstRSV1(Text, "") + more(hello[:4]) + more("") + more(hello[4:]) + last(""), want: []string{"text Hello"}},
	{name: "§6 control frames between fragments", input: firstRSV1(Text, hello[:3]) + masked(Ping, "p") + more(hello[3:5]) + masked(Pong, "") + last(hello[5:]),
		want: []string{"ping p", "pong ", "text Hello"}},
	{name: "§6 RSV1 on ping", input: withRSV1(masked(Ping, "p")), err: ErrCompressedBit, failAt: 2},
	{name: "§6 RSV1 on pong", input: withRSV1(masked(Pong, "")), err: ErrCompressedBit, failAt: 2},
	{name: "§6 RSV1 on close", input: withRSV1(masked(Close, "")), err: ErrCompressedBit, failAt: 2},
	{name: "§6 RSV1 on ping in a compressed message", input: firstRSV1(Text, hello[:3]) + withRSV1(masked(Ping, "")), err: ErrCompressedBit, failAt: 9 + 2},
	{name: "§6 RSV1 on a continuation", input: firstRSV1(Text, hello[:3]) + withRSV1(last(hello[3:])), err: ErrCompressedBit, failAt: 9 + 2},
	{name: "§6 RSV1 on a continuation of an uncompressed message", input: first(Text, "a") + withRSV1(last("b")), err: ErrCompressedBit, failAt: 7 + 2},
	{name: "§6 RSV1 on a continuation of nothing", input: withRSV1(last("")), err: ErrCompressedBit, failAt: 2},
	{name: "RFC 6455 §5.2 RSV2", input: "\xa1" + masked(Text, "a")[1:], err: ErrReservedBits, failAt: 2},
	{name: "RFC 6455 §5.2 RSV3 besides RSV1", input: "\xd1" + masked(Text, "a")[1:], err: ErrReservedBits, failAt: 2},
	{name: "RFC 6455 §5.2 reserved opcode with RSV1", input: withRSV1(masked(3, "")), err: ErrReservedOpcode, failAt: 2},
	{name: "RFC 6455 §5.4 compressed message within another", input: firstRSV1(Text, hello[:3]) + maskedRSV1(Text, hello), err: ErrExpectedContinuation, failAt: 9 + 2},
	{name: "open", input: firstRSV1(Text, hello), open: true},

	{name: "§7.2.1 the four bytes are not removed before the last fragment", input: firstRSV1(Text, "\xf2\x48\x05\x00\x00\x00\xff\xff") + last("\xca\xc9\xc9\x07\x00"), want: []string{"text Hello"}},
	{name: "§7.2.1 BFINAL, padded and followed", input: maskedRSV1(Text, "\xf3\x48\xcd\xc9\xc9\x07\x00"+hello), want: []string{"text HelloHello"}},
	{name: "§7.2.1 BFINAL, the window goes on", input: maskedRSV1(Text, "\xf3\x48\xcd\xc9\xc9\x07\x00"+helloAgain), want: []string{"text HelloHello"}},
	{name: "§7.2.1 BFINAL, the window goes on in the next message", input: maskedRSV1(Text, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00") + maskedRSV1(Text, helloAgain), want: []string{"text Hello", "text Hello"}},
	{name: "§7.2.1 BFINAL on a stored block", input: maskedRSV1(Text, "\x01\x05\x00\xfa\xffHello\x00"), want: []string{"text Hello"}},
	{name: "§7.2.1 BFINAL on the empty block at the end", input: maskedRSV1(Text, "\x01") + maskedRSV1(Text, hello), want: []string{"text ", "text Hello"}},
	{name: "§7.2.1 BFINAL, padding that is not 0", input: maskedRSV1(Text, "\xf3\x48\xcd\xc9\xc9\x07\x80\x00"), err: ErrDeflateData, failAt: 6 + 7},
	{name: "§7.2.1 BFINAL, garbage behind it", input: maskedRSV1(Text, "\xf3\x48\xcd\xc9\xc9\x07\x00\xffgarbage"), err: ErrDeflateData, failAt: 6 + 8},
	{name: "§7.2.1 BFINAL and nothing behind it", input: maskedRSV1(Text, "\xf3\x48\xcd\xc9\xc9\x07\x00"), err: ErrDeflateEnd, failAt: 6 + 7},
	{name: "RFC 1951 §3.2.4 bits before LEN mean nothing", input: maskedRSV1(Text, "\xf8\x05\x00\xfa\xffHello\xf8"), want: []string{"text Hello"}},

	{name: "§7.2.2 no bytes at all", input: maskedRSV1(Text, ""), err: ErrDeflateEnd, failAt: 6},
	{name: "§7.2.2 no bytes at all in fragments", input: firstRSV1(Text, "") + last(""), err: ErrDeflateEnd, failAt: 12},
	{name: "§7.2.2 the four bytes were not removed", input: maskedRSV1(Text, hello+"\x00\x00\xff\xff"), err: ErrDeflateEnd, failAt: 6 + 11},
	{name: "§7.2.2 one of them was not", input: maskedRSV1(Text, hello+"\x00"), err: ErrDeflateEnd, failAt: 6 + 8},
	{name: "§7.2.2 stored block without its data, LEN 4", input: maskedRSV1(Binary, "\x00\x04\x00\xfb\xff"), err: ErrDeflateEnd, failAt: 6 + 5},
	{name: "§7.2.2 stored block cut by 4", input: maskedRSV1(Binary, "\x00\x09\x00\xf6\xffHello"), err: ErrDeflateEnd, failAt: 6 + 10},
	{name: "§7.2.2 stored block cut by 5", input: maskedRSV1(Binary, "\x00\x0a\x00\xf5\xffHello"), err: ErrDeflateEnd, failAt: 6 + 10},
	{name: "§7.2.2 stored block without the next header", input: maskedRSV1(Binary, "\x00\x05\x00\xfa\xffHello"), err: ErrDeflateEnd, failAt: 6 + 10},
	{name: "§7.2.2 an error is for ever", input: maskedRSV1(Text, hello[:3]) + maskedRSV1(Text, hello), err: ErrDeflateEnd, failAt: 6 + 3},

	{name: "RFC 1951 §3.2.3 reserved block type", input: maskedRSV1(Text, "\x06xyz"), err: ErrDeflateData, failAt: 7},
	{name: "RFC 1951 §3.2.4 NLEN is not LEN's complement", input: maskedRSV1(Text, "\x00\x05\x00\xfa\xfeHello\x00"), err: ErrDeflateData, failAt: 6 + 5},
	{name: "RFC 1951 §3.2.6 length symbol 286", input: maskedRSV1(Text, fixedBlock(0, func(w *deflateWriter) { w.symbol(286) })), err: ErrDeflateData, failAt: 6 + 2},
	{name: "RFC 1951 §3.2.6 distance symbol 30", input: maskedRSV1(Text, fixedBlock(0, func(w *deflateWriter) { w.symbol(257); w.code(30, 5) })), err: ErrDeflateData, failAt: 6 + 2},
	{name: "RFC 1951 §3.2.7 287 literal codes", input: maskedRSV1(Text, "\xf4\x00xyz"), err: ErrDeflateData, failAt: 6 + 3},
	{name: "RFC 1951 §3.2.7 31 distance codes", input: maskedRSV1(Text, "\x04\x1exyz"), err: ErrDeflateData, failAt: 6 + 3},
	{name: "RFC 1951 §3.2.7 more codes than there are", input: maskedRSV1(Text, codeCodes(1)), err: ErrDeflateData, failAt: 6 + 10},
	{name: "RFC 1951 §3.2.7 codes that are missing", input: maskedRSV1(Text, codeCodes(7)), err: ErrDeflateData, failAt: 6 + 10},
	{name: "RFC 1951 §3.2.7 no codes at all", input: maskedRSV1(Text, codeCodes(0)), err: ErrDeflateData, failAt: 6 + 10},
	{name: "RFC 1951 §3.3 before the first byte", input: maskedRSV1(Text, helloAgain), err: ErrDeflateData, failAt: 6 + 3},
	{name: "RFC 1951 §3.3 one byte before it", input: maskedRSV1(Text, literal("abc")) + maskedRSV1(Text, fixedBlock(0, func(w *deflateWriter) { w.copy(3, 4) })),
		want: []string{"text abc"}, err: ErrDeflateData, failAt: 6 + len(literal("abc")) + 6 + 2},

	{name: "§7.2.2 the window is what compressed messages inflated to", input: maskedRSV1(Text, literal("Hello")) + masked(Text, "uncompressed") + masked(Ping, "ping") + masked(Pong, "pong") + maskedRSV1(Text, helloAgain),
		want: []string{"text Hello", "text uncompressed", "ping ping", "pong pong", "text Hello"}},
	{name: "§7.2.2 control frames stay out of the window", input: firstRSV1(Text, hello[:3]) + masked(Ping, "ping") + more(hello[3:5]) + masked(Pong, "pong") + last(hello[5:]) + maskedRSV1(Text, helloAgain),
		want: []string{"ping ping", "pong pong", "text Hello", "text Hello"}},
	{name: "§7.2.2 over three messages", input: maskedRSV1(Text, literal("ab")) + maskedRSV1(Text, "\x00") + maskedRSV1(Text, literal("cd")) + maskedRSV1(Text, fixedBlock(0, func(w *deflateWriter) { w.copy(6, 4) })),
		want: []string{"text ab", "text ", "text cd", "text abcdab"}},

	{name: "RFC 6455 §8.1 compressed", input: maskedRSV1(Text, literal("κόσμε")), want: []string{"text κόσμε"}},
	{name: "RFC 6455 §8.1 binary need not be UTF-8", input: maskedRSV1(Binary, literal("\xff\xe6")), want: []string{"binary \xff\xe6"}},
	{name: "RFC 6455 §8.1 bad byte", input: maskedRSV1(Text, literal("\xffHello")), err: ErrInvalidUTF8, failAt: 6 + 2},
	{name: "RFC 6455 §8.1 bad byte in a stored block", input: maskedRSV1(Text, "\x00\x05\x00\xfa\xffH\xffllo\x00"), err: ErrInvalidUTF8, failAt: 6 + 7},
	{name: "RFC 6455 §8.1 bad byte in the first fragment", input: firstRSV1(Text, literal("ab\xffHello")[:6]) + last("x"), err: ErrInvalidUTF8, failAt: 6 + 4},
	{name: "RFC 6455 §8.1 bad by a copy", input: maskedRSV1(Text, fixedBlock(0, func(w *deflateWriter) { w.literals("汉"); w.copy(3, 2); w.literals("xyz") })), err: ErrInvalidUTF8, failAt: 6 + 6},
	{name: "RFC 6455 §8.1 before the limit", input: maskedRSV1(Text, "\xff"+run(2000)[1:]), err: ErrDeflateData, failAt: 7},
	{name: "RFC 6455 §8.1 ends within a character", input: maskedRSV1(Text, literal("a\xe6\xb1")), err: ErrInvalidUTF8, failAt: 6 + len(literal("a\xe6\xb1"))},
	{name: "RFC 6455 §8.1 character over fragments", input: firstRSV1(Text, literal("汉")[:3]) + last(literal("汉")[3:]), want: []string{"text 汉"}},

	{name: "RFC 6455 §10.4 at the limit", input: maskedRSV1(Text, run(1000)), want: []string{"text " + strings.Repeat("x", 1000)}},
	{name: "RFC 6455 §10.4 over the limit", input: maskedRSV1(Text, run(1001)), err: ErrMessageTooBig, failAt: 6 + 9},
	{name: "RFC 6455 §10.4 far over it", input: maskedRSV1(Text, run(9000)), err: ErrMessageTooBig, failAt: 6 + 8},
	{name: "RFC 6455 §10.4 at the limit in fragments", input: firstRSV1(Text, run(1000)[:5]) + more("") + last(run(1000)[5:]), want: []string{"text " + strings.Repeat("x", 1000)}},
	{name: "RFC 6455 §10.4 at the limit, then empty blocks", input: maskedRSV1(Text, run(1000)[:len(run(1000))-1]+emptyBlock+emptyBlock+"\x00"), want: []string{"text " + strings.Repeat("x", 1000)}},
	{name: "RFC 6455 §10.4 a stored block over it", input: maskedRSV1(Binary, "\x00\xe9\x03\x16\xfc"), err: ErrMessageTooBig, failAt: 6 + 5},
	{name: "RFC 6455 §10.4 a stored block at it", input: firstRSV1(Binary, "\x00\xe8\x03\x17\xfc") + more(strings.Repeat("s", 1000)) + last("\x00"), want: []string{"binary " + strings.Repeat("s", 1000)}},
}
