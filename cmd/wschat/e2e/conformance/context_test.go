//go:build e2e

package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// RFC 7692 §7.1.1.2: unless it has said otherwise the client may go on with its
// context, over any number of messages.
func TestClientContext(t *testing.T) {
	for _, target := range compressing(t) {
		for _, row := range []struct {
			name, offer string
			keeps       bool
		}{
			{"kept", "permessage-deflate", true},
			{"not kept, though it might be", "permessage-deflate", false},
			{"not kept, as promised", "permessage-deflate; client_no_context_takeover", false},
		} {
			for _, n := range []int{10, 300, 5000, 40_000, 100_000} {
				for _, d := range deliveries {
					t.Run(fmt.Sprintf("%s/§7.1.1.2 context %s, messages of %d/%s", target.name, row.name, n, d.name), func(t *testing.T) {
						t.Parallel()
						c := target.openWith(t, row.offer)
						z := newDeflater(row.keeps)
						var all []byte
						var want []answer
						for i := range 20 {
							s := fmt.Sprint(i, letters(n))
							all = append(all, z.message(opText, s).bytes()...)
							want = append(want, echoText(s))
						}
						c.sendPieces(d.cut(t.Name(), all))
						for _, w := range want {
							c.wants(w)
						}
						c.closes()
					})
				}
			}
		}
	}
}

// RFC 7692 §7.1.1.2 and §7.1.2.2: who has promised to refer back to nothing, or
// not far, and does, has sent a corrupt stream.
func TestClientWindow(t *testing.T) {
	target := deflated(t)
	s := func() *stream { return new(stream) }
	back := frame{op: opText, rsv: rsv1, payload: s().fixed(0).copyBack(2, 0, 0).end()}
	t.Run("§7.1.1.2 a copy out of a context that was given up", func(t *testing.T) {
		c := target.openWith(t, "permessage-deflate; client_no_context_takeover")
		c.send(frames(frame{op: opText, rsv: rsv1, payload: s().fixed(0).literals("abc").end()}, back))
		c.wants(echoText("abc"))
		c.isClosed(1007)
	})
	t.Run("§7.2.2 the window is the last 32 KiB", func(t *testing.T) {
		c := target.openWith(t, "permessage-deflate")
		old := strings.Repeat("0123456789abcdef", 2048) // 32 KiB
		whole := frame{op: opText, rsv: rsv1, payload: s().stored(0, old).flush()}
		// 32768 back: symbol 29 stands for 24577 and 13 bits more.
		c.send(frames(whole, frame{op: opText, rsv: rsv1, payload: s().fixed(0).copyBack(29, 8191, 13).end()}))
		c.wants(echoText(old))
		c.wants(echoText("012"))
		c.closes()
	})
}

// RFC 7692 §7.1.2.1: "the server [...] MUST NOT use a window larger than": the
// reader's inflater sees to it, over data that repeats itself at all distances.
func TestServerWindow(t *testing.T) {
	target := deflated(t) // what lies below makes no difference
	for bits := 8; bits <= 15; bits++ {
		for _, period := range []int{100, 200, 256, 300, 511, 512, 1000, 2000, 4096, 5000, 8193, 16_000, 30_000, 32_768, 40_000} {
			t.Run(fmt.Sprintf("§7.1.2.1 %d bits, a repeat every %d", bits, period), func(t *testing.T) {
				t.Parallel()
				c := target.openWith(t, fmt.Sprintf("permessage-deflate; server_max_window_bits=%d", bits))
				if c.window != 1<<bits {
					t.Fatalf("answered %q", c.response.field("sec-websocket-extensions"))
				}
				s := strings.Repeat(noise(period), 4+100_000/period)
				z := newDeflater(true)
				c.sendPieces([][]byte{frames(binaryMessage(s), z.message(opBinary, s), z.message(opBinary, s), text(letters(3000)))})
				for range 3 {
					c.wants(echoBinary(s))
				}
				c.wants(echoText(letters(3000)))
				c.closes()
			})
		}
	}
}

// The server does compress what is worth it.
func TestServerCompresses(t *testing.T) {
	for _, target := range compressing(t) {
		c := target.open(t)
		s := strings.Repeat("a word or two, and ", 500)
		c.send(frames(text(s)))
		got, err := c.message()
		if err != nil || string(got.payload) != s || !got.compressed || got.size > len(s)/10 {
			t.Errorf("%s: got %v in %d bytes, compressed: %v, %v", target.name, got, got.size, got.compressed, err)
		}
		c.closes()
	}
}
