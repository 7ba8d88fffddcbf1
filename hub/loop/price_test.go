package loop

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
)

// PROTOCOL 6 and 7: what a client pays for what it sends. A message that follows is handled
// when all but one second of the price is over.
func TestPrices(t *testing.T) {
	// A message costs 100 ms, in which 10,000 bytes are included.
	usual := Config{Loops: 1, Rate: 10, RateBytes: 100_000, MaxMessage: 100_000}
	noBytes, slow := usual, usual
	noBytes.RateBytes, slow.RateBytes = 0, 1000
	repeat := func(n int, op frame.Opcode, payload string) []byte { return bytes.Repeat(masked(op, payload), n) }
	first := masked(frame.Text, "")
	first[0] &^= 0x80 // FIN
	empty := masked(frame.Continuation, "")
	empty[0] &^= 0x80
	fragments := func(n int) []byte {
		return append(append(bytes.Clone(first), bytes.Repeat(empty, n)...), masked(frame.Continuation, "")...)
	}
	compressed := func(payload []byte) []byte {
		b := masked(frame.Text, string(payload))
		b[0] |= 0x40 // RSV1
		return b
	}
	const message = time.Second / 10
	for _, row := range []struct {
		name   string
		config Config
		sent   []byte
		price  time.Duration
	}{
		{"nothing", usual, nil, 0},
		{"messages, a second's worth", usual, repeat(9, frame.Text, "x"), 9 * message},
		{"messages", usual, repeat(30, frame.Text, "x"), 30 * message},
		{"pings", usual, repeat(30, frame.Ping, "x"), 30 * message},
		{"messages whose bytes are included", usual, repeat(30, frame.Text, strings.Repeat("x", 10_000-8)), 30 * message},
		{"messages that are half as large again", usual, repeat(20, frame.Text, strings.Repeat("x", 15_000-8)), 30 * message},
		{"the longest message", usual, repeat(1, frame.Text, strings.Repeat("x", 100_000)), 10 * message},
		{"frames without a message", usual, fragments(30_000), 18 * message},
		{"the same beyond the bytes of a message", usual, fragments(100_000), 60 * message},
		{"a compressed message", usual, compressed(frame.NewDeflater().Append(nil, bytes.Repeat([]byte("x"), 100_000), 15)), 10 * message},
		{"blocks of DEFLATE without bytes", usual, compressed([]byte(strings.Repeat("\x00\x00\x00\xff\xff", 40_000) + "\x00")), 20 * message},
		{"a little work", usual, masked(frame.Text, "deliveries 125"), message},
		{"work of twenty messages", usual, masked(frame.Text, "deliveries 2500"), 20 * message},
		{"bytes have no price", noBytes, repeat(3, frame.Text, strings.Repeat("x", 100_000)), 3 * message},
		{"the longest message takes a while", slow, repeat(1, frame.Text, strings.Repeat("x", 100_000-14)), 1000 * message},
		{"no rate", Config{Loops: 1, RateBytes: 1}, repeat(100, frame.Text, "x"), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, row.config, func(t *testing.T, ls *Loops) {
				near, far := net.Pipe()
				defer near.Close()
				handled := make(chan time.Time, 1)
				r := newRecord()
				r.onMessage = func(c *Conn, text string) {
					switch text {
					case "deliveries 125":
						c.Charge(Work{Deliveries: 125})
					case "deliveries 2500":
						c.Charge(Work{Deliveries: 2500})
					case "last":
						handled <- time.Now()
					}
				}
				deflate := &frame.Deflate{ClientWindowBits: 15, ServerWindowBits: 15, ClientNoContext: true}
				if err := ls.Add(Arrival{Conn: far, Handler: r, Metered: true, Deflate: deflate}); err != nil {
					t.Fatal(err)
				}
				go io.Copy(io.Discard, near)
				began := time.Now()
				near.Write(row.sent)
				synctest.Wait()
				near.Write(masked(frame.Text, "last"))
				due := max(0, row.price+message-burst)
				if took := (<-handled).Sub(began); took < due || took > due+due/100+3*wakePeriod {
					t.Errorf("the next message was handled after %v, want %v", took, due)
				}
			})
		})
	}
}

// A message that has begun is read to its end, though it takes longer to be paid for.
func TestMessageIsReadWhole(t *testing.T) {
	inBubble(t, Config{Loops: 1, Rate: 1, RateBytes: 1000, MaxMessage: 100_000}, func(t *testing.T, ls *Loops) {
		c := metered(t, ls, newEcho())
		start := time.Now()
		message := strings.Repeat("x", 100_000)
		go c.SendText(message)
		c.wantText(message)
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// PROTOCOL 6: "deliveries of one message to very many" are paid for by who has said it.
func TestDeliveriesArePaid(t *testing.T) {
	const members, rate = 250, 10
	inBubble(t, Config{Loops: 2, Rate: rate}, func(t *testing.T, ls *Loops) {
		list := ls.NewList()
		for range members {
			r := newRecord()
			r.onOpen = list.Join
			go io.Copy(io.Discard, pipe(t, ls, r).conn)
		}
		synctest.Wait()
		published := make(chan time.Time, 100)
		r := newRecord()
		r.onMessage = func(c *Conn, message string) {
			c.Charge(Work{Deliveries: list.Len()})
			list.PublishFrom(c, text(message))
			published <- time.Now()
		}
		c := metered(t, ls, r)
		synctest.Wait()
		start := time.Now()
		go c.Raw(bytes.Repeat(masked(frame.Text, "x"), 20))
		const price = members * deliveryWork * time.Second / rate / messageWork
		for i := range 20 {
			due := max(0, time.Duration(i)*price+time.Second/rate-burst)
			if at := (<-published).Sub(start); at < due || at > due+3*wakePeriod {
				t.Errorf("message %d was published after %v, want %v", i, at, due)
			}
		}
	})
}
