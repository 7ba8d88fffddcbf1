package loop

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
)

// However many clients have much to be handled, a turn ends after turnTime and the work
// that was begun. A message of another client takes a few turns, and all get on alike.
func TestWorkIsDoneInTurns(t *testing.T) {
	const conns, each, work = 100, 50, turnTime / 4
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		worked := make([]int, conns)
		for i := range worked {
			r := newRecord()
			r.onMessage = func(c *Conn, _ string) {
				c.Pull(func() Item { return nil }) // the next message waits for it
				time.Sleep(work)
				worked[i]++
			}
			go pipe(t, ls, r).Raw(bytes.Repeat(masked(frame.Text, "x"), each))
		}
		bystander := pipe(t, ls, newEcho())
		time.Sleep(2 * conns * work) // the first messages are not put off
		for least, most := 0, 0; most < each; {
			began := time.Now()
			bystander.SendText("x")
			bystander.wantText("x")
			if took := time.Since(began); took > 3*(turnTime+work) {
				t.Errorf("an echo took %v", took)
			}
			ls.loops[0].do(func() { least, most = slices.Min(worked), slices.Max(worked) })
			if most > least+each/5 {
				t.Fatalf("a client has had %d turns, and another %d", least, most)
			}
			time.Sleep(10 * work)
		}
	})
}

// Whoever says little is served at once, however many clients use all that they may: on a new
// connection, in the middle of a burst, with messages that cost much.
func TestThriftyClientsComeFirst(t *testing.T) {
	const conns, each, work = 100, 40, turnTime / 2
	inBubble(t, Config{Loops: 1, Rate: 100}, func(t *testing.T, ls *Loops) {
		worked := 0
		for range conns {
			r := newRecord()
			r.onMessage = func(c *Conn, message string) {
				time.Sleep(work)
				worked++
			}
			go metered(t, ls, r).Raw(bytes.Repeat(masked(frame.Text, "x"), each))
		}
		bystander := metered(t, ls, newEcho())
		first := time.Duration(conns*(lightBurst/(time.Second/100)+1)) * work
		time.Sleep(first) // a few messages of each are not put off
		for done := 0; done < conns*each; {
			began := time.Now()
			bystander.SendText("x")
			bystander.wantText("x")
			if took := time.Since(began); took > 20*turnTime { // they get ahead of others a few messages at a time
				t.Fatalf("an echo took %v", took)
			}
			ls.loops[0].do(func() { done = worked })
			time.Sleep(20 * time.Millisecond)
		}
	})
}

// A compressed message is inflated piece by piece, as a few bytes can stand for very many;
// a shorter one overtakes it.
func TestCompressedMessagesTakeTurns(t *testing.T) {
	inBubble(t, Config{Loops: 1, MaxMessage: 1 << 20}, func(t *testing.T, ls *Loops) {
		var ends []string
		compressing := func() (near net.Conn) {
			r := newRecord()
			r.onMessage = func(_ *Conn, text string) { ends = append(ends, text) }
			near, far := net.Pipe()
			t.Cleanup(func() { near.Close() })
			deflate := &frame.Deflate{ClientWindowBits: 15, ServerWindowBits: 15, ClientNoContext: true}
			if err := ls.Add(Arrival{Conn: far, Handler: r, Deflate: deflate}); err != nil {
				t.Fatal(err)
			}
			go io.Copy(io.Discard, near)
			return near
		}
		message := func(text string, blocks int) []byte {
			nothing := strings.Repeat("\x00\x00\x00\xff\xff", blocks) // empty blocks of DEFLATE
			b := masked(frame.Text, nothing+string(frame.NewDeflater().Append(nil, []byte(text), 15)))
			b[0] |= 0x40 // RSV1
			return b
		}
		long, short := compressing(), compressing()
		synctest.Wait()
		release := ls.loops[0].hold()
		long.Write(message("long", 4*inflateAtOnce/5))
		short.Write(message("short", inflateAtOnce/5))
		release()
		synctest.Wait()
		if want := []string{"short", "long"}; !slices.Equal(ends, want) {
			t.Errorf("got %q, want %q", ends, want)
		}
	})
}
