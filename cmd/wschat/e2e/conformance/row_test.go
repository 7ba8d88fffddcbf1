//go:build e2e

package conformance

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// answer is a message or control frame that must come from the server.
type answer struct {
	op      byte
	payload []byte
	code    int // of a close frame; 0: it has none
}

func echo(op byte, payload []byte) answer { return answer{op: op, payload: payload} }
func echoText(s string) answer            { return echo(opText, []byte(s)) }
func echoBinary(s string) answer          { return echo(opBinary, []byte(s)) }
func answerPong(s string) answer          { return answer{op: opPong, payload: []byte(s)} }
func closed(code int) answer              { return answer{op: opClose, code: code} }

// row is what a client sends, and what comes back, in order and nothing else.
// If that ends with a close frame the player answers it, wherever what it has sent
// breaks off, and the server then ends the stream. Otherwise the connection is as it should be, and the player
// closes it with 1000.
type row struct {
	name string
	send []byte
	want []answer
}

// refused is a row that must be answered with one close frame of this code.
func refused(name string, code int, send ...frame) row {
	return row{name, frames(send...), []answer{closed(code)}}
}

// echoed is a row of one message that must come back.
func echoed(name string, op byte, payload []byte, send ...frame) row {
	return row{name, frames(send...), []answer{echo(op, payload)}}
}

// delivery cuts what is sent into pieces, each a write of its own.
type delivery struct {
	name string
	cut  func(name string, b []byte) [][]byte
}

var deliveries = []delivery{
	{"whole", func(_ string, b []byte) [][]byte { return [][]byte{b} }},
	{"bytes", func(_ string, b []byte) [][]byte { return cutBytes(b) }},
	{"pieces", cutRandomly},
}

// singly is how many bytes at either end of a long row are sent one by one: more than the
// longest head, and the longest control frame.
const singly = 140

func cutBytes(b []byte) [][]byte {
	var out [][]byte
	for len(b) > 0 {
		n := 1
		if len(b) > 2*singly && len(out) >= singly {
			n = len(b) - singly
			n = min(n, 16<<10)
		}
		out = append(out, b[:n])
		b = b[n:]
	}
	return out
}

// cutRandomly cuts each row differently, and the same row always alike.
func cutRandomly(name string, b []byte) [][]byte {
	seed := fnv.New64()
	seed.Write([]byte(name))
	random := rand.New(rand.NewPCG(seed.Sum64(), 1))
	var out [][]byte
	most := max(2, min(len(b)/4, 8<<10))
	for len(b) > 0 {
		n := min(1+random.IntN(most), len(b))
		out = append(out, b[:n])
		b = b[n:]
	}
	return out
}

// fewBytes is below how many bytes of a row single bytes leave nothing for other pieces to show.
const fewBytes = 64

// isNeeded reports whether a delivery of a row shows what others do not. The first target of a
// table has all of them. What the others add is not in how a row is cut: they have the one that
// is hardest to put together again. Over TLS, where each piece is a record, that is for long
// rows only.
func (d delivery) isNeeded(first bool, tg *target, r row) bool {
	long := len(r.send) >= fewBytes
	switch {
	case tg.tls != nil:
		return d.name == "pieces" && long || d.name == "whole" && !long
	case d.name == "pieces":
		return first && long
	}
	return first || d.name == "bytes"
}

// playAll plays rows on targets in the deliveries that are needed.
func playAll(t *testing.T, targets []*target, rows func(*target) []row) {
	for i, target := range targets {
		t.Run(target.name, func(t *testing.T) {
			for _, r := range rows(target) {
				for _, d := range deliveries {
					if !d.isNeeded(i == 0, target, r) {
						continue
					}
					t.Run(r.name+"/"+d.name, func(t *testing.T) {
						t.Parallel()
						target.play(t, r, d)
					})
				}
			}
		})
	}
}

// always is for rows that are the same on every target.
func always(rows []row) func(*target) []row { return func(*target) []row { return rows } }

func (tg *target) play(t *testing.T, r row, d delivery) {
	c := tg.open(t)
	c.sendPieces(d.cut(r.name, r.send))
	for _, want := range r.want {
		if want.op == opClose {
			c.isClosed(want.code)
			return
		}
		c.wants(want)
	}
	c.closes()
}

// wants reads the next message or control frame.
func (c *client) wants(want answer) {
	c.t.Helper()
	got, err := c.message()
	if err != nil {
		c.t.Fatalf("want %v: %v", want, err)
	}
	if err := want.check(got); err != nil {
		c.t.Fatal(err)
	}
}

func (want answer) String() string {
	if want.op == opClose {
		return fmt.Sprintf("close %d", want.code)
	}
	return fmt.Sprintf("opcode %d with %d bytes %.40q", want.op, len(want.payload), want.payload)
}

func (want answer) check(got received) error {
	switch {
	case got.op != want.op:
		return fmt.Errorf("want %v, got %v", want, got)
	case got.op == opClose:
		return want.checkClose(got)
	case !bytes.Equal(got.payload, want.payload):
		return fmt.Errorf("want %v, got %v", want, got)
	}
	return nil
}

// checkClose: RFC 6455 §5.5.1.
func (want answer) checkClose(got received) error {
	p := got.payload
	switch {
	case want.code == 0 && len(p) == 0:
		return nil
	case want.code == 0 || len(p) < 2:
		return fmt.Errorf("want %v, got %v", want, got)
	case int(p[0])<<8|int(p[1]) != want.code:
		return fmt.Errorf("want %v, got %v", want, got)
	case !utf8.Valid(p[2:]):
		return fmt.Errorf("the reason is not UTF-8: %q", p[2:])
	}
	return nil
}

// isClosed reads a close frame, answers it, and sees the server end the stream.
func (c *client) isClosed(code int) {
	c.t.Helper()
	c.wants(closed(code))
	c.sendPieces([][]byte{closing(code, "").bytes()}) // the server may have ended already
	c.ends()
}

// closes ends a connection in order, to see that nothing else has come.
func (c *client) closes() {
	c.t.Helper()
	c.sendPieces([][]byte{closing(1000, "").bytes()})
	c.wants(closed(1000))
	c.ends()
}
