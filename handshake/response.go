package handshake

import (
	"crypto/sha1"
	"encoding/base64"
)

// guid, hashed with the client's key, proves that the server knows the protocol (RFC
// 6455 §1.3).
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// AcceptKey returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key
// (RFC 6455 §4.2.2, 5.4).
func AcceptKey(key string) string {
	var space [28]byte
	return string(appendAccept(space[:0], key))
}

func appendAccept(dst []byte, key string) []byte {
	var space [64]byte
	sum := sha1.Sum(append(append(space[:0], key...), guid...))
	return base64.StdEncoding.AppendEncode(dst, sum[:])
}

// AppendResponse appends the 101 that accepts an upgrade (RFC 6455 §4.2.2) to
// dst and returns the longer slice. The key is what [Verify] returned;
// protocol is the chosen subprotocol, "" for none; more are further fields,
// such as Sec-WebSocket-Extensions. A control byte in one of these values
// becomes a space.
func AppendResponse(dst []byte, key, protocol string, more Header) []byte {
	if dst == nil {
		dst = make([]byte, 0, 256)
	}
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	dst = appendAccept(dst, key)
	dst = append(dst, "\r\n"...)
	if protocol != "" {
		dst = appendFields(dst, Header{{"Sec-WebSocket-Protocol", protocol}})
	}
	dst = appendFields(dst, more)
	return append(dst, "\r\n"...)
}
