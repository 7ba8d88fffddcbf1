//go:build e2e

package abuse

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

// masked is a frame of a client, with a mask of zeros.
func masked(h frame.Header, payload []byte) []byte {
	h.Masked, h.Length = true, int64(len(payload))
	return append(frame.AppendHeader(nil, h), payload...)
}

// A reader that never reads is not read from either; once it does, it gets all.
func TestEchoWithoutReading(t *testing.T) {
	for _, row := range []struct {
		size   int
		growth int64
	}{
		{1 << 10, 8 * mib},
		{64 << 10, 8 * mib},
		// As long as may be. One is in assembly, one waits, and while the
		// garbage collector runs on a busy machine some more become garbage;
		// without other work on the machine it is 4 to 7 MiB.
		{mib, 16 * mib},
	} {
		size := row.size
		t.Run(fmt.Sprintf("%d KiB", size>>10), func(t *testing.T) {
			s := start(t)
			message := masked(frame.Header{Fin: true, Opcode: frame.Binary}, bytes.Repeat([]byte("x"), size))
			total := 64 * mib / size * len(message)
			c, err := s.Open("/echo")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Conn.Close()
			written := 0
			under(t, s, row.growth, func() {
				written, err = stuff(c.Conn, func() []byte { return message }, total)
				if err != nil || written >= total {
					t.Fatalf("wrote %d bytes without reading, %v; want it to stop", written, err)
				}
				t.Logf("%.1f of 64 MiB went out before the server read no more", float64(written)/mib)
			})
			c.Conn.SetDeadline(time.Now().Add(target.Patience))
			sent := make(chan error, 1)
			go func() { sent <- finish(c.Conn, message, written, total) }()
			for range total / len(message) {
				m, err := c.Next()
				if err != nil || len(m.Payload) != size {
					t.Fatalf("got %v of %d bytes, %v", m.Opcode, len(m.Payload), err)
				}
			}
			if err := <-sent; err != nil {
				t.Error(err)
			}
		})
	}
}

// finish writes message over and over up to total bytes, of which some are
// written already.
func finish(to io.Writer, message []byte, written, total int) error {
	for written < total {
		n, err := to.Write(message[written%len(message):])
		written += n
		if err != nil {
			return err
		}
	}
	return nil
}

// Nothing is allocated for what is merely announced.
func TestAnnouncedLengths(t *testing.T) {
	for _, row := range []struct {
		name   string
		length uint64
		code   frame.CloseCode // 0: it is waited for
	}{
		{"2^40", 1 << 40, frame.MessageTooBig},
		{"2^63-1", math.MaxInt64, frame.MessageTooBig},
		{"2^63 (RFC 6455 §5.2)", 1 << 63, frame.ProtocolError},
		{"2^64-1", math.MaxUint64, frame.ProtocolError},
		{"-max-message", 1 << 20, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t)
			head := binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, row.length)
			head = append(head, 1, 2, 3, 4, 'x') // the mask, and the first byte
			under(t, s, 8*mib, func() {
				waiting := make(crowd, 0, 300)
				var mu sync.Mutex
				many(t, cap(waiting), func(i int) error {
					c, err := s.Open([]string{"/echo", "/socket"}[i%2])
					if err != nil {
						return err
					}
					if i%2 == 1 { // the server gives it a name
						if _, err := c.NextText(); err != nil {
							return err
						}
					}
					if err := c.Raw(head); err != nil {
						return err
					}
					if row.code == 0 {
						mu.Lock()
						defer mu.Unlock()
						waiting = append(waiting, c.Conn)
						return nil
					}
					defer c.Conn.Close()
					return closed(c, row.code)
				})
				waiting.close()
			})
		})
	}
}

// closed checks that a close frame comes next, with this code, and then the end.
func closed(c *target.Client, want frame.CloseCode) error {
	m, err := c.Next()
	if err != nil {
		return fmt.Errorf("want close %v: %w", want, err)
	}
	if code, _, err := frame.ParseClose(m.Payload); m.Opcode != frame.Close || err != nil || code != want {
		return fmt.Errorf("got %v %.80q, want close %v", m.Opcode, m.Payload, want)
	}
	c.Send(frame.Close, m.Payload) // the server may have ended it
	if m, err := c.Next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("got %v, %w behind the close frame, want the end", m.Opcode, err)
	}
	return nil
}

// deflated is some bytes, the same over and over, compressed for permessage-deflate.
func deflated(t *testing.T, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, mib)
	for range size / mib {
		w.Write(chunk) // like Flush, fails only if out does
	}
	w.Flush()
	return bytes.TrimSuffix(out.Bytes(), []byte("\x00\x00\xff\xff"))
}

// The limit holds on what comes out, while it comes out.
func TestCompressionBombs(t *testing.T) {
	const size = 80 * mib
	bomb := deflated(t, size)
	t.Logf("%d MiB in %d KiB", size/mib, len(bomb)>>10)
	var fragments []byte
	for i, part := range slices.Collect(slices.Chunk(bomb, 1000)) {
		h := frame.Header{Opcode: frame.Continuation, Fin: (i+1)*1000 >= len(bomb)}
		if i == 0 {
			h.Opcode, h.RSV = frame.Binary, frame.RSV1
		}
		fragments = append(fragments, masked(h, part)...)
	}
	for _, row := range []struct {
		name string
		send []byte
	}{
		{"in one frame", masked(frame.Header{Fin: true, RSV: frame.RSV1, Opcode: frame.Binary}, bomb)},
		{"in fragments", fragments},
		{"in a fragment that is not the last", masked(frame.Header{RSV: frame.RSV1, Opcode: frame.Binary}, bomb)},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, "-compress")
			under(t, s, 16*mib, func() {
				many(t, 50, func(i int) error {
					c, err := s.Open([]string{"/echo", "/socket?userId=bomber"}[i%2], "permessage-deflate")
					if err != nil {
						return err
					}
					defer c.Conn.Close()
					sent := make(chan error, 1)
					go func() { sent <- c.Raw(row.send) }()
					if err := closed(c, frame.MessageTooBig); err != nil {
						return err
					}
					return ignoreReset(<-sent)
				})
			})
		})
	}
}

// The groups of a user are bounded. Beyond that there are error answers, and
// the connection goes on.
func TestManyGroups(t *testing.T) {
	const asked, most = 10_000, 1000
	for _, row := range []struct{ name, line, answer string }{
		{"joined", "join,group%d", "系统:已加入 group%d"},
		{"sent to", "group%d,hi", "用户(greedy=>greedy):hi"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t)
			under(t, s, 16*mib, func() {
				c, err := s.Open("/socket?userId=greedy")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Conn.Close()
				for i := range asked {
					want := "错误:最多同时在 1000 个群组中"
					if i < most {
						if want = row.answer; strings.Contains(want, "%d") {
							want = fmt.Sprintf(want, i)
						}
					}
					if err := exchange(c, fmt.Sprintf(row.line, i), want); err != nil {
						t.Fatalf("group %d: %v", i, err)
					}
				}
				if err := exchange(c, "greedy,alive", "用户(greedy=>greedy):alive"); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Who asks and does not read the answers is not heard any more; what has been
// asked is answered when it reads. Answers that are long do not pile up.
func TestRequestsWithoutReading(t *testing.T) {
	t.Parallel()
	s := start(t)
	many(t, 200, func(i int) error { // a long list for who
		c, err := s.Open(fmt.Sprintf("/socket?userId=one-with-a-rather-long-name-%d", i))
		if err == nil {
			t.Cleanup(func() { c.Conn.Close() })
		}
		return err
	})
	talker, err := s.Open("/socket?userId=talker")
	if err != nil {
		t.Fatal(err)
	}
	defer talker.Conn.Close()
	said := strings.Repeat("x", 2000)
	for range 50 { // a long history
		if err := exchange(talker, "groupTalk,"+said, "用户(talker=>talker):"+said); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		line    string
		answers int // to one request
		first   string
	}{
		{"who,", 1, "系统:在线 "},
		{"history,groupTalk", 50, "用户(talker=>asker):x"},
		{"who,groupNobody", 1, "系统:在线 0:"},
	} {
		t.Run(row.line, func(t *testing.T) {
			under(t, s, 8*mib, func() {
				c, err := s.Open("/socket?userId=asker")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Conn.Close()
				if err := exchange(c, "join,groupTalk", "系统:已加入 groupTalk"); err != nil {
					t.Fatal(err)
				}
				request := masked(frame.Header{Fin: true, Opcode: frame.Text}, []byte(row.line))
				const most = 32 * mib
				written, err := stuff(c.Conn, func() []byte { return request }, most)
				if err != nil || written >= most {
					t.Fatalf("wrote %d bytes without reading, %v; want it to stop", written, err)
				}
				c.Conn.SetDeadline(time.Now().Add(target.Patience))
				const read = 1000
				for i := range read {
					if got, err := c.NextText(); err != nil || i%row.answers == 0 && !strings.HasPrefix(got, row.first) {
						t.Fatalf("answer %d: got %.80q, %v", i, got, err)
					}
				}
				t.Logf("asked %d times", written/len(request))
			})
		})
	}
}
