package handshake

import (
	"testing"

	"wschat/handshake/handshaketest"
)

// browser is an upgrade as a browser sends it.
const browser = "GET /socket?userId=A HTTP/1.1\r\n" +
	"Host: chat.example.com\r\n" +
	"Connection: Upgrade\r\n" +
	"Pragma: no-cache\r\n" +
	"Cache-Control: no-cache\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"Upgrade: websocket\r\n" +
	"Origin: https://chat.example.com\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Accept-Language: en-US,en;q=0.9\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
	"Sec-WebSocket-Protocol: wschat.v1.json\r\n\r\n"

func BenchmarkParseRequest(b *testing.B) {
	b.ReportAllocs()
	head := []byte(browser)
	for b.Loop() {
		if _, err := ParseRequest(head); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHandshake is what an upgrade costs without the socket: parse,
// verify, origin, 101.
func BenchmarkHandshake(b *testing.B) {
	for _, bench := range []struct{ name, head string }{{"browser", browser}, {"short", handshaketest.Upgrade}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			head := []byte(bench.head)
			for b.Loop() {
				var d Decoder
				r, _, err := d.Next(head)
				if err != nil {
					b.Fatal(err)
				}
				key, err := Verify(r)
				if err != nil {
					b.Fatal(err)
				}
				if err := CheckOrigin(r, nil); err != nil {
					b.Fatal(err)
				}
				AppendResponse(nil, key, "", nil)
			}
		})
	}
}
