package hub

import (
	"math/rand/v2"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// deflated is a client that has agreed on permessage-deflate. It reads, and
// knows how many bytes that took.
type deflated struct {
	*client
	decoder frame.Decoder
	wire    int
	unread  []byte
}

func (s *server) deflated(access Access, windowBits int) *deflated {
	s.t.Helper()
	near, far, err := s.connect()
	if err != nil {
		s.t.Fatal(err)
	}
	agreed := frame.Deflate{ServerNoContext: true, ServerWindowBits: windowBits, ClientWindowBits: 15}
	c := s.arrive(access, loop.Arrival{Conn: far, Deflate: &agreed}, near)
	return &deflated{client: c, decoder: frame.NewDecoder(&frame.Config{Role: frame.Client, Deflate: &agreed})}
}

// text reads the next message, and tells how many bytes it came in.
func (d *deflated) text() (text string, wire int) {
	d.t.Helper()
	for {
		m, n, err := d.decoder.Next(d.unread)
		if err != nil {
			d.t.Fatalf("%s: %v", d.name, err)
		}
		d.unread, d.wire = d.unread[n:], d.wire+n
		if m.Opcode == frame.Text {
			wire, d.wire = d.wire, 0
			return string(m.Payload), wire
		}
		buf := make([]byte, 64<<10)
		if n, err = d.conn.Read(buf); err != nil {
			d.t.Fatalf("%s: %v", d.name, err)
		}
		d.unread = buf[:n]
	}
}

// One message reaches compressed and uncompressed, line and JSON clients alike;
// what is compressed is shorter, and read with the window that was agreed.
func TestDeflatedFanOut(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		deflater := frame.NewDeflater()
		driver.Deflater = deflater
		s := start(t, driver, setup{Presence: chat.ToNone, Deflater: deflater})
		p, l := s.program("P"), s.client("L")
		var json, line []*deflated
		for _, bits := range []int{15, 15, 10, 8} {
			j := s.deflated(Access{User: "J", Protocol: wire.JSONProtocol}, bits)
			if text, _ := j.text(); !strings.HasPrefix(text, `{"event":"welcome"`) {
				t.Fatalf("the first event is %s", text)
			}
			json = append(json, j)
			c := s.deflated(Access{User: "D"}, bits)
			line = append(line, c)
		}
		eventually(t, "all are here", func() bool { return s.sessions("D") == 4 })
		for i, text := range []string{strings.Repeat("hello ", 500), "short", strings.Repeat("\x01", 5000), noise(5000)} {
			l.say("all," + text)
			reads := strings.ReplaceAll(text, "\x01", "\ufffd")
			l.want("用户(L=>L):" + reads)
			p.wants(messageText(i+1, "L", "all", text))
			want := parse(t, []byte(messageText(i+1, "L", "all", text)))
			for _, j := range json {
				got, wire := j.text()
				if e := plain(t, parse(t, []byte(got))); !reflect.DeepEqual(e, want) {
					t.Fatalf("got %.100v, want %.100v", e, want)
				}
				if i%2 == 0 && wire > len(got)/5 || wire > len(got)+20 {
					t.Errorf("text %d: %d bytes came in %d", i, len(got), wire)
				}
			}
			for _, c := range line {
				if got, wire := c.text(); got != "用户(L=>D):"+reads || i%2 == 0 && wire > len(got)/5 {
					t.Errorf("text %d: got %.100q in %d bytes", i, got, wire)
				}
			}
		}
		// Answers to one client alone are compressed as well.
		json[0].say(`{"op":"history","of":"all"}`)
		got, wire := json[0].text()
		if first, last, _ := bounds(t, parse(t, []byte(got))); first != 1 || last != 4 || wire > len(got)/2 {
			t.Errorf("the history has %d to %d, in %d of %d bytes", first, last, wire, len(got))
		}
	})
}

// noise is text that does not get shorter.
func noise(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('!' + rand.IntN(94))
	}
	return string(b)
}

// However many read it, an event is made once for each way it is sent.
func TestOneEncodingForAll(t *testing.T) {
	h := &Hub{config: Config{Deflater: frame.NewDeflater()}}
	m := &chat.Message{From: "A", To: "all", Seq: 1, Body: []byte(strings.Repeat("text ", 100)), Time: time.Now()}
	d := h.newDelivery(m)
	near, far := net.Pipe()
	defer near.Close()
	loops, err := loop.Start(loop.Config{Loops: 1, Goroutines: true})
	if err != nil {
		t.Fatal(err)
	}
	defer loops.Close()
	opened := make(chan *loop.Conn, 1)
	agreed := frame.Deflate{ServerNoContext: true, ServerWindowBits: 15, ClientWindowBits: 15}
	if err := loops.Add(loop.Arrival{Conn: far, Deflate: &agreed, Handler: opener(opened)}); err != nil {
		t.Fatal(err)
	}
	compressed := &session{hub: h, json: true, live: true, conn: <-opened}
	plain := &session{hub: h, json: true, live: true, conn: new(loop.Conn)}
	line := &session{hub: h, live: true, conn: compressed.conn, name: "B"}
	buf := make([]byte, 0, 4<<10)
	for i, s := range []*session{compressed, plain, line} {
		if n := testing.AllocsPerRun(100, func() { buf = d.AppendFrame(buf[:0], s) }); n != 0 {
			t.Errorf("session %d: %v allocations", i, n)
		}
	}
	refused := &session{hub: h, json: true, conn: plain.conn}
	if got := d.AppendFrame(nil, refused); len(got) > 0 {
		t.Errorf("a refused session gets %q", got)
	}
	if got := (&notice{Notice: wire.Notice{JSON: []byte("x")}}).AppendFrame(nil, refused); len(got) > 0 {
		t.Errorf("a refused session gets %q", got)
	}
	if len(buf) == 0 {
		t.Error("nothing was sent")
	}
}

// opener is a handler that hands its connection out.
type opener chan *loop.Conn

func (o opener) Open(c *loop.Conn)                      { o <- c }
func (opener) Message(*loop.Conn, frame.Opcode, []byte) {}
func (opener) Closed(*loop.Conn, frame.CloseCode)       {}
