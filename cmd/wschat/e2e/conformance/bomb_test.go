//go:build e2e

package conformance

import (
	"fmt"
	"testing"
)

// bombSize is what the bombs inflate to: some thousand times their own size.
const bombSize = 80 << 20

// bombGrowth is by how much the server's memory may grow for all bombs together.
const bombGrowth = 16 << 20

// §10.4: the limit of a message holds for what it inflates to, and while it
// does (RFC 7692 §8 leaves it to the receiver).
func TestCompressedLimit(t *testing.T) {
	const limit = 5000
	of := func(n int) []byte { return newDeflater(false).deflate(letters(n)) }
	var rows []row
	for _, op := range []byte{opText, opBinary} {
		name := fmt.Sprintf("§10.4 opcode %d, ", op)
		exact, over := of(limit), of(limit+1)
		stored := new(stream).stored(0, letters(limit)).flush() // longer than what it inflates to
		rows = append(rows,
			echoed(name+"exactly", op, []byte(letters(limit)), compressed(op, exact)...),
			echoed(name+"exactly, in two frames", op, []byte(letters(limit)), compressed(op, exact, len(exact)/2)...),
			echoed(name+"exactly, stored", op, []byte(letters(limit)), compressed(op, stored)...),
			refused(name+"one above", 1009, compressed(op, over)...),
			refused(name+"one above, in two frames", 1009, compressed(op, over, len(over)/2)...),
			refused(name+"one above, stored", 1009, compressed(op, new(stream).stored(0, letters(limit+1)).flush())...),
			refused(name+"one above, without an end", 1009, unfinished(compressed(op, over))...),
			refused(name+"far above", 1009, compressed(op, of(1_000_000))...),
			refused(name+"announced 2^40", 1009, frame{op: op, rsv: rsv1, announce: new(uint64(1 << 40))}),
			row{name + "exactly, three times", frames(append(append(compressed(op, exact), compressed(op, exact)...), compressed(op, exact)...)...),
				[]answer{echo(op, []byte(letters(limit))), echo(op, []byte(letters(limit))), echo(op, []byte(letters(limit)))}},
			row{name + "above, behind a message", frames(append(compressed(op, exact), compressed(op, over)...)...), []answer{echo(op, []byte(letters(limit))), closed(1009)}},
		)
	}
	playAll(t, compressing(t, "-max-message", fmt.Sprint(limit)), always(rows))
}

// The same for bombs, of which none may cost the server its memory.
func TestBombs(t *testing.T) {
	bomb := zeros(bombSize)
	for _, target := range compressing(t) {
		t.Run(target.name, func(t *testing.T) {
			c := target.open(t) // so that what every server needs is there
			c.send(newDeflater(false).message(opText, letters(5000)).bytes())
			c.wants(echoText(letters(5000)))
			c.closes()
			before, _ := target.server.Memory()
			for i := range 20 {
				c := target.open(t)
				if i%2 == 0 {
					c.sendPieces([][]byte{frames(compressed(opBinary, bomb)...)})
				} else {
					c.sendPieces([][]byte{frames(compressed(opBinary, bomb, every(100, len(bomb))...)...)})
				}
				c.isClosed(1009)
				c.sending.Wait()
				c.conn.Close()
				rss, _ := target.server.Memory()
				if grown := rss - before; grown > bombGrowth {
					t.Fatalf("grown by %d KiB after %d bombs", grown>>10, i+1)
				}
			}
			c = target.open(t)
			c.send(frames(text("still there")))
			c.wants(echoText("still there"))
			c.closes()
		})
	}
}
