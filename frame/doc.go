// Package frame is the framing layer of WebSocket, RFC 6455 §5 and §7.4: it
// turns bytes into messages and messages into bytes. It does no I/O, starts no
// goroutine and knows nothing of connections; both sides of one can use it.
//
// Reading. A [Decoder] is fed whatever bytes came, be it one byte, half a
// header or ten frames, and returns whole messages and control frames:
//
//	for len(b) > 0 {
//		m, n, err := d.Next(b)
//		if err != nil {
//			return err // an *Error: its Code goes into the close frame
//		}
//		b = b[n:]
//		if m.Opcode == frame.Continuation {
//			break // nothing whole yet: read more
//		}
//		handle(m)
//	}
//
// Under it lies [ParseHeader], which says what the bytes mean. What is allowed is in
// check.go, one case for each MUST of the RFC.
//
// Writing. [AppendFrame] and [AppendMaskedFrame] append one frame to a byte
// slice, [AppendClose] the payload of a close frame. A server sends unmasked
// frames, a client masked ones (§5.1).
//
// Compression, where it has been agreed on (permessage-deflate, RFC 7692).
// [NegotiateDeflate] and [Deflate.ParseDeflateResponse] read what the opening
// handshake says of it; with the result in [Config] a Decoder inflates what
// comes compressed. A [Deflater] compresses a message, once for all who are
// sent it, and [AppendCompressed] makes it a frame.
//
// What a peer does wrong is an [*Error]. It carries the close code that the
// peer must be sent, and a short token by which metrics can count it. No input
// from the network makes this package panic, and memory is taken for bytes that
// have arrived, never for those that a header merely announces.
package frame
