// Package handshake does the opening handshake of WebSocket connections
// (RFC 6455 §4), on both sides.
//
// The rules are pure functions over bytes and values: [ParseRequest] reads the
// head of a request, [CheckHost], [Verify] and [CheckOrigin] say whether it may become
// a WebSocket connection, [AppendResponse] writes the 101. What they refuse they
// refuse with a [Rejection], which already holds what the client must see.
//
// [Server] puts them on a [net.Listener]. A connection whose first request is
// for an endpoint never meets net/http: its head is read into a pooled buffer,
// judged, and the connection, together with the 101 still to be written, is
// handed to its new owner (see [Acceptance]). Every other connection goes, with
// the bytes already read, to a standard [http.Server], which serves the pages;
// an upgrade that comes later on such a connection is taken back out of it and
// ends in the same code.
//
//	conn ─► readHead ─► ParseRequest ─► endpoint? ─ yes ─► CheckHost ─► Verify ─► CheckOrigin ─► Endpoint ─► Start
//	                                        │                 ▲
//	                                        no                │ FromHTTP, hijacked
//	                                        └─► http.Server ──┴─► CheckHost ─► Pages
//
// [Dialer] is the client: it checks the server's answer as strictly as the
// server checks the request.
//
// The package knows nothing of frames or of what is said on a connection.
package handshake
