// Package handshake is the opening handshake of WebSocket connections (RFC 6455
// §4) as a codec, on both sides: it turns bytes into a request or a rejection, and
// an answer into bytes. Apart from [Dialer.Dial], it does no I/O and
// starts no goroutine.
//
//	bytes ─► Decoder ─► Request ─► CheckHost ─► Verify ─► CheckOrigin ─► AppendResponse ─► bytes
//	            │                      │           │            │
//	            └──────────────────────┴───────────┴────────────┴─► Rejection ─► bytes
//
// A [Decoder] takes bytes as they come, one at a time or a request with frames behind
// it, and yields the request as soon as it is whole, or a
// [Rejection] as soon as that is certain. [CheckHost], [Verify] and [CheckOrigin] say
// whether the request may become a WebSocket connection; [AppendResponse] writes the
// 101, [Rejection.AppendResponse] what the client sees instead. [FromHTTP] makes a
// request of one that net/http has read.
//
// [Dialer] is the client: it checks the server's answer as strictly as the
// server checks the request.
//
// The package knows nothing of frames or messages. Package frame has an example of a
// server on a net.Conn.
package handshake
