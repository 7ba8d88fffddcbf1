package hub

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// deflating is a client that looks at frames as they come.
type deflating struct {
	*client
	decoder frame.Decoder
}

// windowed lets a user in whose connection has agreed on a window; 0: on none.
func (s *server) windowed(user string, windowBits int) *deflating {
	s.t.Helper()
	near, far, err := s.connect()
	if err != nil {
		s.t.Fatal(err)
	}
	config := &frame.Config{Role: frame.Client}
	a := loop.Arrival{Conn: far, Handler: s.handler(Access{User: user})}
	if windowBits > 0 {
		a.Deflate = &frame.Deflate{ServerNoContext: true, ServerWindowBits: windowBits, ClientWindowBits: 15}
		config.Deflate = a.Deflate
	}
	if err := s.loops.Add(a); err != nil {
		s.t.Fatal(err)
	}
	d := &deflating{newClient(s.t, user, near), frame.NewDecoder(config)}
	d.say("who,groupNobodyEverJoins")
	if _, m := d.frame(); string(m.Payload) != answer {
		s.t.Fatalf("%s got %q", user, m.Payload)
	}
	return d
}

// frame reads the next frame, and decodes it.
func (d *deflating) frame() (raw []byte, m frame.Message) {
	d.t.Helper()
	var h frame.Header
	for n := 0; n == 0; {
		b := make([]byte, 1)
		if _, err := io.ReadFull(d.conn, b); err != nil {
			d.t.Fatalf("%s: %v", d.name, err)
		}
		raw = append(raw, b...)
		var err error
		if h, n, err = frame.ParseHeader(raw); err != nil {
			d.t.Fatalf("%s: %v", d.name, err)
		}
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(d.conn, payload); err != nil {
		d.t.Fatalf("%s: %v", d.name, err)
	}
	raw = append(raw, payload...)
	m, _, err := d.decoder.Next(bytes.Clone(raw))
	if err != nil {
		d.t.Fatalf("%s: %v in %.80q", d.name, err, raw)
	}
	return raw, m
}

// A message is compressed once for all whose windows are alike; each reads his
// own name. Who takes no compressed messages gets none, and short ones and those
// that do not get shorter go as they are.
func TestDeflatedLines(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		deflater := frame.NewDeflater()
		driver.Deflater = deflater
		s := start(t, driver, setup{Presence: chat.ToNone, Deflater: deflater})
		windows := map[string]int{"甲": 15, "Bob": 15, "C": 8, "D": 10, "E": 0}
		all := make(map[string]*deflating)
		for name, bits := range windows {
			all[name] = s.windowed(name, bits)
		}
		long := strings.Repeat("one of many words ", 200)
		for _, row := range []struct {
			op     frame.Opcode
			body   string
			packed func(bits int) bool
		}{
			{frame.Text, long, func(bits int) bool { return bits > 0 }},
			{frame.Binary, long + "\n\x00\xff", func(bits int) bool { return bits > 0 }},
			{frame.Text, strings.Repeat("x", frame.MinDeflate), func(bits int) bool { return bits > 0 }},
			{frame.Text, strings.Repeat("x", frame.MinDeflate-1), func(int) bool { return false }},
			{frame.Text, "x", func(int) bool { return false }},
			{frame.Binary, opaque(1000), func(int) bool { return false }},
			{frame.Text, strings.Repeat("big ", 50_000), func(bits int) bool { return frame.WorthDeflating(200_000, bits) }},
		} {
			if err := all["E"].Send(row.op, []byte("all,"+row.body)); err != nil {
				t.Fatal(err)
			}
			for name, d := range all {
				raw, m := d.frame()
				if want := fmt.Sprintf("用户(E=>%s):%s", name, row.body); m.Opcode != row.op || string(m.Payload) != want {
					t.Fatalf("%s got %v %.60q (%d bytes), want %.60q (%d)", name, m.Opcode, m.Payload, len(m.Payload), want, len(want))
				}
				packed := raw[0]&0x40 != 0
				if packed != row.packed(windows[name]) {
					t.Errorf("%s (window %d): %d bytes of %.10q, compressed %v", name, windows[name], len(row.body), row.body, packed)
				}
				if packed && len(raw) >= len(m.Payload) {
					t.Errorf("%s: %d bytes became %d", name, len(m.Payload), len(raw))
				}
			}
		}
		// What is asked for comes so, too.
		all["C"].say("B,"+long, "history,all")
		if _, m := all["C"].frame(); !strings.HasPrefix(string(m.Payload), "错误:") {
			t.Errorf("got %.40q", m.Payload)
		}
		if raw, m := all["C"].frame(); raw[0]&0x40 == 0 || string(m.Payload) != "用户(E=>C):"+long {
			t.Errorf("history: got %.60q", m.Payload)
		}
	})
}

// opaque is what no compression makes shorter.
func opaque(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}
