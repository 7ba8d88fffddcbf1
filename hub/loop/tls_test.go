package loop

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
)

// dialRaw connects a client that makes the records of TLS 1.3 itself.
func (s *server) dialRaw(h Handler, buffers int) *rawTLS {
	s.t.Helper()
	d := s.driver
	d.tls = false
	plain := &server{s.Loops, s.t, d, s.ln}
	near, far := plain.connectWith(buffers)
	var keys bytes.Buffer
	client, secure := tls.Client(near.conn, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &keys}), tlsServer(far)
	shakeTLS(s.t, client, secure)
	s.add(secure, "", nil, h)
	return newRawTLS(s.t, client, keys.String())
}

// What RFC 8446 says of records, and of what may come in them after a handshake. A
// client sends bytes, and gets its message back or an alert.
func TestRecords(t *testing.T) {
	message := masked(frame.Text, "hello")
	answer := frame.AppendFrame(nil, frame.Text, []byte("hello"))
	long := masked(frame.Text, strings.Repeat("x", 16<<10-8)) // fills a record
	for _, row := range []struct {
		name string
		send func(r *rawTLS)
		want func(r *rawTLS)
	}{
		{"§5.1 a record for each byte", func(r *rawTLS) {
			for _, b := range message {
				r.send(r.record(dataRecord, []byte{b}))
			}
		}, nil},
		{"§5.1 a record byte by byte", func(r *rawTLS) {
			for _, b := range r.record(dataRecord, message) {
				r.send([]byte{b})
			}
		}, nil},
		{"§5.1 many records at once", func(r *rawTLS) {
			half := len(message) / 2
			r.send(r.record(dataRecord, message[:half]), r.record(dataRecord, message[half:]))
		}, nil},
		{"§5.1 the longest record, in two pieces", func(r *rawTLS) {
			record := r.record(dataRecord, long)
			r.send(record[:9000])
			r.send(record[9000:])
		}, func(r *rawTLS) {
			r.want(dataRecord, frame.AppendFrame(nil, frame.Text, bytes.Repeat([]byte("x"), 16<<10-8)))
		}},
		{"§5.1 a record without content", func(r *rawTLS) {
			r.send(r.record(dataRecord, nil), r.record(dataRecord, message))
		}, nil},
		{"§5.4 padding", func(r *rawTLS) {
			r.send(r.record(0, append(bytes.Clone(message), dataRecord, 0, 0, 0)))
		}, nil},
		{"§5.1 a longer record", func(r *rawTLS) {
			r.send([]byte{dataRecord, 3, 3, 0xff, 0xff})
		}, wantAlert(recordOverflow)},
		{"§5.2 a forged record", func(r *rawTLS) {
			record := r.record(dataRecord, message)
			record[7] ^= 1
			r.send(record)
		}, wantAlert(badRecordMAC)},
		{"§4.6.3 new keys", func(r *rawTLS) {
			r.send(r.record(handshakeRecord, keyUpdate(false)))
			r.update(&r.out)
			r.send(r.record(dataRecord, message))
		}, nil},
		{"§4.6.3 new keys in both directions", func(r *rawTLS) {
			r.send(r.record(handshakeRecord, keyUpdate(true)))
			r.update(&r.out)
			r.want(handshakeRecord, keyUpdate(false))
			r.update(&r.in)
			r.send(r.record(dataRecord, message))
		}, nil},
		{"§4.6.3 new keys, byte by byte", func(r *rawTLS) {
			for _, b := range keyUpdate(true) {
				r.send(r.record(handshakeRecord, []byte{b}))
			}
			r.update(&r.out)
			r.send(r.record(dataRecord, message))
			r.want(handshakeRecord, keyUpdate(false))
			r.update(&r.in)
		}, nil},
		{"§5.1 data within a message of a handshake", func(r *rawTLS) {
			r.send(r.record(handshakeRecord, keyUpdate(true)[:2]), r.record(dataRecord, message))
		}, wantAlert(unexpectedMessage)},
		{"§4.6.2 a handshake that nobody has asked for", func(r *rawTLS) {
			r.send(r.record(handshakeRecord, []byte{20, 0, 0, 1, 0}))
		}, wantAlert(unexpectedMessage)},
		{"§5 an unknown type of record", func(r *rawTLS) {
			r.send(r.record(99, message))
		}, wantAlert(unexpectedMessage)},
	} {
		t.Run(row.name, func(t *testing.T) {
			forEachTLS(t, func(t *testing.T, d driver) {
				s := d.serve(t, Config{Loops: 1})
				e := newEcho()
				r := s.dialRaw(e, 128<<10)
				r.t = t
				r.send(r.record(dataRecord, message))
				r.want(dataRecord, answer)
				row.send(r)
				if row.want != nil {
					row.want(r)
				} else {
					r.want(dataRecord, answer)
				}
				e.wantNoBuffers(t)
			})
		})
	}
}

// wantAlert expects an alert and the end.
func wantAlert(description byte) func(r *rawTLS) {
	return func(r *rawTLS) {
		r.t.Helper()
		r.want(alertRecord, alert(description))
		if kind, b, err := r.next(); !errors.Is(err, io.EOF) {
			r.t.Errorf("got a record %d %q, %v behind the alert, want the end", kind, b, err)
		}
	}
}

// wantNoBuffers expects that a connection at rest has no memory for records.
func (r *record) wantNoBuffers(t *testing.T) {
	t.Helper()
	conn := r.conn(t)
	eventually(t, "nothing is kept for records", func() (none bool) {
		onLoop(conn, func() {
			s := conn.secure()
			if s == nil { // it has ended
				none = true
				return
			}
			raw, hand := bufferAt(s.tls, rawBuffer), bufferAt(s.tls, handBuffer)
			none = raw != nil && raw.Cap() == 0 && hand != nil && hand.Cap() <= 64 && // a key update
				s.partial == nil && s.in == nil && conn.out == nil && s.shaking == nil
		})
		return none
	})
}

// RFC 8446 §6.1, RFC 6455 §7.1.1: each side says close_notify before it ends, the
// server when the close frame is out; then comes the end of TCP.
func TestCloseNotify(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		ended := func(r *rawTLS) {
			t.Helper()
			r.want(alertRecord, alert(closeNotify))
			if kind, b, err := r.next(); !errors.Is(err, io.EOF) {
				t.Errorf("got a record %d %q, %v behind close_notify, want the end", kind, b, err)
			}
		}
		answer := frame.AppendFrame(nil, frame.Text, []byte("hello"))

		e := newEcho()
		r := s.dialRaw(e, 128<<10)
		r.send(r.record(dataRecord, closeFrame(1000, "")))
		r.want(dataRecord, frame.AppendFrame(nil, frame.Close, []byte{3, 232}))
		ended(r)
		r.tcp.Close()
		e.wantEvents(t, s.Loops, "open", "closed 1000")

		e = newEcho() // what came in one packet with it is heard
		r = s.dialRaw(e, 128<<10)
		r.send(r.record(dataRecord, masked(frame.Text, "hello")), r.record(alertRecord, alert(closeNotify)))
		r.want(dataRecord, answer)
		ended(r)
		r.tcp.Close()
		e.wantEvents(t, s.Loops, "open", "text hello", "closed 1006")

		e = newEcho()
		r = s.dialRaw(e, 128<<10)
		r.send(r.record(alertRecord, alert(badRecordMAC))) // the client gives up
		e.wantEvents(t, s.Loops, "open", "closed 1006")
	})
}

// A client that says close_notify behind more than it may send at once is heard to
// the end.
func TestCloseNotifyBehindMuch(t *testing.T) {
	const rate, n = 100, 130
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Rate: rate})
		rec := newRecord()
		near, far := s.connect()
		if err := s.Add(Arrival{Conn: far, Handler: rec, Metered: true}); err != nil {
			t.Fatal(err)
		}
		near.Raw(bytes.Repeat(masked(frame.Text, "x"), n))
		near.conn.(*tls.Conn).CloseWrite()
		rec.code(t)
		if got := len(rec.all()); got != n+2 {
			t.Errorf("told %d times, want %d messages, open and closed", got, n)
		}
	})
}

// Who asks for new keys over and over, and does not read the answers, is not
// listened to.
func TestKeyUpdatesWithoutReading(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		waits, stuck := 0, true
		for try := 0; stuck && try < 5; try++ {
			waits, stuck = s.updateKeys()
		}
		if stuck || waits > 2*highWater {
			t.Errorf("%d bytes wait, stuck: %v", waits, stuck)
		}
	})
}

// updateKeys asks for a new key again and again, and reads nothing, until the server reads
// nothing more. It returns how many bytes wait then. It is stuck if the server would read, but
// the kernel brings it nothing: it drops news of room together with answers for which the
// client has none, and tries again ever later.
func (s *server) updateKeys() (waits int, stuck bool) {
	const most, patience = 15_000, 40 // updates; writes in vain
	e := newRecord()
	r := s.dialRaw(e, 16<<10)
	conn := e.conn(s.t)
	vain := 0
	for n := 0; ; n += 100 {
		if n == most {
			s.t.Fatalf("after %d updates the client is still listened to", n)
		}
		var burst []byte
		for range 100 { // with some data between them, or else they are too many
			burst = append(burst, r.record(handshakeRecord, keyUpdate(true))...)
			r.update(&r.out)
			burst = append(burst, r.record(dataRecord, masked(frame.Pong, ""))...)
		}
		for len(burst) > 0 {
			r.tcp.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			n, err := r.tcp.Write(burst)
			burst = burst[n:]
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				s.t.Fatalf("the connection ended: %v", err)
			}
			if n > 0 {
				vain = 0
				continue
			}
			vain++
			onLoop(conn, func() {
				if !conn.reading {
					waits = conn.out.size()
				}
			})
			if waits > 0 || vain == patience {
				return waits, waits == 0
			}
		}
	}
}

// A connection that has had long messages both ways is as small as before.
func TestTLSBuffersAreLent(t *testing.T) {
	long := strings.Repeat("long", 50_000)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		forEachTLS(t, func(t *testing.T, d driver) {
			s := d.serve(t, Config{})
			e := newEcho()
			e.onMessage = func(c *Conn, message string) { c.Write(frame.Text, []byte(message)) }
			plain := &server{s.Loops, t, driver{goroutines: d.goroutines}, s.ln}
			near, far := plain.connect()
			conn, secure := tls.Client(near.conn, &tls.Config{InsecureSkipVerify: true, MaxVersion: version}), tlsServer(far)
			shakeTLS(t, conn, secure)
			s.add(secure, "", nil, e)
			conn.SetDeadline(time.Now().Add(deadline))
			p := frametest.NewPeer(conn, frame.Client, nil)
			for _, text := range []string{"short", long, "short"} {
				p.SendText(text)
				if got, err := p.NextText(); err != nil || got != text {
					t.Fatalf("%s: got %d bytes, %v", tls.VersionName(version), len(got), err)
				}
			}
			e.wantNoBuffers(t)
		})
	}
}

// The pages may have given up waiting within a record, whose beginning crypto/tls has
// then.
func TestTLSComesBackWithinARecord(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		for _, cut := range []int{1, recordHeader - 1, recordHeader, recordHeader + 1, 20} {
			var keys bytes.Buffer
			plain := &server{s.Loops, t, driver{goroutines: d.goroutines}, s.ln}
			near, far := plain.connect()
			client, conn := tls.Client(near.conn, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &keys}), tlsServer(far)
			shakeTLS(t, client, conn)
			r := newRawTLS(t, client, keys.String())
			record := r.record(dataRecord, masked(frame.Text, "hello"))
			r.send(record[:cut])
			below := conn.NetConn().(*secure)
			for below.scan == (recordScan{}) || below.scan.rest() > len(record)-cut && cut > recordHeader {
				conn.SetReadDeadline(time.Now().Add(time.Millisecond))
				if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("read %d bytes, %v", n, err)
				}
			}
			conn.SetReadDeadline(time.Time{})
			s.add(conn, "", nil, newEcho())
			r.send(record[cut:])
			r.want(dataRecord, frame.AppendFrame(nil, frame.Text, []byte("hello")))
			r.send(r.record(dataRecord, masked(frame.Text, "again")))
			r.want(dataRecord, frame.AppendFrame(nil, frame.Text, []byte("again")))
			r.tcp.Close()
		}
	})
}

// Of what crypto/tls has decrypted the pages may have read but a part, while more
// comes than fits into one read of a loop.
func TestTLSComesBackWithMuchUnread(t *testing.T) {
	long := strings.Repeat("long", 25<<10)
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		near, far := s.connect()
		if err := near.SendText(long); err != nil { // the sockets hold it
			t.Fatal(err)
		}
		early := make([]byte, 1)
		if _, err := far.Read(early); err != nil {
			t.Fatal(err)
		}
		s.add(far, "", early, newEcho())
		near.wantText(long)
	})
}

// A *tls.Conn that blocks cannot be in a loop.
func TestForeignTLS(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		near, far := net.Pipe()
		defer near.Close()
		if err := s.Add(Arrival{Conn: tls.Server(far, serverConfig()), Handler: newRecord()}); !errors.Is(err, errForeignTLS) {
			t.Errorf("got %v", err)
		}
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want it closed", err)
		}
	})
}

// Before a loop takes it over crypto/tls is never given more than a record.
func TestRecordScan(t *testing.T) {
	record := func(n int) []byte { return append([]byte{dataRecord, 3, 3, byte(n >> 8), byte(n)}, make([]byte, n)...) }
	stream := slices.Concat(record(3), record(0), record(300), record(16<<10))
	for piece := 1; piece < 400; piece++ {
		var scan recordScan
		var ends []int
		for at := 0; at < len(stream); {
			n := min(piece, scan.rest(), len(stream)-at)
			scan.pass(stream[at : at+n])
			if at += n; scan == (recordScan{}) {
				ends = append(ends, at)
			}
			rest := scan
			if whole := at + rest.whole(stream[at:]); whole != len(stream) {
				t.Fatalf("behind %d bytes, %d are whole", at, whole)
			}
		}
		if want := []int{8, 13, 318, len(stream)}; !slices.Equal(ends, want) {
			t.Fatalf("in pieces of %d: records end at %v, want %v", piece, ends, want)
		}
		if got := new(recordScan).whole(stream[:317]); got != 13 {
			t.Fatalf("%d bytes are whole", got)
		}
	}
}
