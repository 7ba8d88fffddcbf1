package loop

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
	. "wschat/handshake/handshaketest"
)

// greet connects a client that has not said anything yet.
func (ts *testServer) greet() net.Conn {
	ts.t.Helper()
	d := ts.driver
	d.tls = false
	return (&testServer{t: ts.t, addr: ts.addr, driver: d}).dial()
}

// speaks checks that a client gets in.
func speaks(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := upgrades(conn); err != nil {
		t.Fatal(err)
	}
}

// upgrades sends a request and a message right behind the handshake, and waits for
// its echo.
func upgrades(conn net.Conn) error {
	hello := masked(frame.Text, "hello")
	if _, err := conn.Write(append([]byte(Upgrade), hello...)); err != nil {
		return err
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("got %s", response.Status)
	}
	want := frame.AppendFrame(nil, frame.Text, []byte("hello"))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("got %q, %v", got, err)
	}
	return nil
}

func TestTLSHandshakes(t *testing.T) {
	const n = 30
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			done := make(chan error, n)
			for range n {
				conn := tls.Client(ts.greet(), &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
				go func() { done <- upgrades(conn) }()
			}
			for range n {
				if err := <-done; err != nil {
					t.Error(tls.VersionName(version), err)
				}
			}
		}
		ts.wantNoShakers()
	})
}

// wantNoShakers expects that nothing of a handshake is left.
func (ts *testServer) wantNoShakers() {
	ts.t.Helper()
	k := ts.Loops.tlsHandshakes
	eventually(ts.t, "no handshake is left", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.begun == 0 && k.free > 0 && k.halfway.Len() == 0 && len(k.resumed) == 0 && len(k.hellos.fresh)+len(k.hellos.turns)+len(k.hellos.by)+len(k.hellos.begun) == 0
	})
	eventually(ts.t, "no guest is left", func() bool {
		ts.admission.mu.Lock()
		defer ts.admission.mu.Unlock()
		return ts.admission.guests == 0
	})
}

// A hello that comes byte by byte.
func TestTLSHelloInPieces(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		speaks(t, tls.Client(pieces{ts.greet()}, &tls.Config{InsecureSkipVerify: true}))
		ts.wantNoShakers()
	})
}

// pieces writes byte by byte.
type pieces struct{ net.Conn }

func (c pieces) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := c.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// What comes in one packet with the end of the handshake, in many records, is read
// behind it.
func TestTLSDataBehindHandshake(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		for range 20 {
			tcp := &together{Conn: ts.greet(), apart: 1}
			conn := tls.Client(tcp, &tls.Config{InsecureSkipVerify: true})
			for _, line := range slices.Collect(strings.Lines(With("X: " + strings.Repeat("x", 3000) + "\r\n"))) {
				if _, err := conn.Write([]byte(line)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tcp.Conn.Write(tcp.held); err != nil {
				t.Fatal(err)
			}
			tcp.apart = 1
			wantStatus(t, bufio.NewReader(conn), http.StatusSwitchingProtocols)
			conn.Close()
		}
		ts.wantNoShakers()
	})
}

// together holds back what is written after some writes.
type together struct {
	net.Conn
	apart int
	held  []byte
}

func (c *together) Write(p []byte) (int, error) {
	if c.apart > 0 {
		c.apart--
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	return len(p), nil
}

// A connection goes to the pages, comes back for an upgrade, and is one like any
// other then; also if all requests are there at once.
func TestTLSPages(t *testing.T) {
	const page = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		for _, requests := range [][]string{{page, page, Upgrade, string(masked(frame.Text, "x"))}, {page + page + Upgrade + string(masked(frame.Text, "x"))}} {
			conn := ts.dial()
			r := bufio.NewReader(conn)
			for _, request := range requests {
				transmit(t, conn, request)
				for range strings.Count(request, page) {
					wantStatus(t, r, http.StatusOK)
				}
				if strings.Contains(request, Upgrade) {
					wantStatus(t, r, http.StatusSwitchingProtocols)
				}
			}
			wantEcho(t, conn, r, "x")
			peer := frametest.NewPeer(conn, frame.Client, nil)
			for _, text := range []string{"y", strings.Repeat("z", 50_000)} {
				peer.SendText(text)
				if echo, err := peer.NextText(); err != nil || echo != text {
					t.Fatalf("got %d bytes, %v", len(echo), err)
				}
			}
			conn.Close()
		}
		ts.wantNoShakers()
	})
}

// A connection that has said nothing, or only begun to, takes no memory for a handshake.
func TestSilenceIsNoTLSHandshake(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		ts.greet()
		transmit(t, ts.greet(), "\x16\x03")
		eventually(t, "one of two has begun a record", func() bool {
			begun := 0
			ts.Loops.ask(func(l *Loop) {
				for _, c := range l.conns {
					if c == nil {
						continue
					}
					if c.secure().shaking != nil {
						t.Error("a handshake waits for its turn")
					}
					if len(c.secure().partial) > 0 {
						begun++
					}
				}
			})
			return ts.admission.count() == 2 && begun == 1
		})
	})
}

// What is no handshake of TLS is ended, at once, with an alert, or with an answer to HTTP.
func TestNoTLSHandshake(t *testing.T) {
	hello := []byte{handshakeRecord, 3, 1, 0, 4, 1, 0, 0, 0} // an empty one
	for _, row := range []struct {
		name, sent string
		answer     []byte
	}{
		{"a request in the clear", "GET / HTTP/1.1\r\n\r\n", []byte(speaksHTTP)},
		{"one byte", "G", []byte(speaksHTTP)},
		{"no request", "hello\r\n", nil},
		{"data first", "\x17\x03\x03\x00\x01x", nil},
		{"an alert first", "\x15\x03\x03\x00\x02\x01\x00", nil},
		{"another protocol's version", "\x16\x04", nil},
		{"a record that is too long", "\x16\x03\x01\xff\xff", []byte(tooLongRecord)},
		{"an empty record", "\x16\x03\x01\x00\x00", nil},
		{"an empty hello", string(hello), []byte{alertRecord, 3, 1, 0, 2, 2, 50}},
		{"another message", "\x16\x03\x01\x00\x04\x14\x00\x00\x00", []byte{alertRecord, 3, 1, 0, 2, 2, unexpectedMessage}},
	} {
		t.Run(row.name, func(t *testing.T) {
			forEachTLS(t, func(t *testing.T, d driver) {
				ts := d.shake(t, &Server{})
				conn := ts.greet()
				conn.Write([]byte(row.sent))
				got, _ := io.ReadAll(conn) // it may be reset behind what it is sent
				if !bytes.Equal(got, row.answer) {
					t.Errorf("got %q, want %q", got, row.answer)
				}
				ts.wantNoShakers()
			})
		})
	}
}

// A client that breaks off leaves nothing behind, wherever it does.
func TestTLSHandshakeBrokenOff(t *testing.T) {
	const flights = 2 // after so many writes of the client the handshake is done
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		for _, end := range []func(*net.TCPConn){
			func(c *net.TCPConn) { c.CloseWrite() },
			func(c *net.TCPConn) { c.SetLinger(0) }, // RST
		} {
			for writes := range flights {
				conn := ts.greet()
				ts.breakOff(conn, writes)
				end(conn.(*net.TCPConn))
				conn.Close()
			}
		}
		ts.wantNoShakers()
	})
}

// breakOff does a handshake until so many writes are done.
func (ts *testServer) breakOff(conn net.Conn, writes int) {
	ts.t.Helper()
	if err := tls.Client(&brokenOff{conn, writes}, &tls.Config{InsecureSkipVerify: true}).Handshake(); !errors.Is(err, errBrokenOff) {
		ts.t.Fatalf("got %v", err)
	}
}

// brokenOff fails after some writes.
type brokenOff struct {
	net.Conn
	left int
}

var errBrokenOff = errors.New("broken off")

func (c *brokenOff) Write(p []byte) (int, error) {
	if c.left == 0 {
		return 0, errBrokenOff
	}
	c.left--
	return c.Conn.Write(p)
}

// Of handshakes that wait for their clients, too many, the one that has waited
// longest gives way. Those that have not sent a hello cost nothing and stay.
func TestTLSHandshakesGiveWay(t *testing.T) {
	const most, more = 4, 2
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		k := ts.Loops.tlsHandshakes
		k.mu.Lock()
		k.most, k.grace = most, 0
		k.mu.Unlock()
		silent := ts.greet()
		var halfway []net.Conn
		for range most + more {
			conn := ts.greet()
			ts.breakOff(conn, 1)
			halfway = append(halfway, conn)
		}
		speaks(t, tls.Client(ts.greet(), &tls.Config{InsecureSkipVerify: true}))
		for i, conn := range append(halfway, silent) {
			if i <= more {
				wantOver(t, conn)
				continue
			}
			conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			if _, err := io.Copy(io.Discard, conn); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("number %d gave way, too: %v", i, err)
			}
		}
	})
}

// A client has some time to answer before another takes its place; that one waits.
func TestTLSHandshakesHaveGrace(t *testing.T) {
	const grace = 200 * time.Millisecond
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		k := ts.Loops.tlsHandshakes
		k.mu.Lock()
		k.most, k.grace = 1, grace
		k.mu.Unlock()
		began := time.Now()
		halfway := ts.greet()
		ts.breakOff(halfway, 1)
		speaks(t, tls.Client(ts.greet(), &tls.Config{InsecureSkipVerify: true}))
		if took := time.Since(began); took < grace {
			t.Errorf("the first gave way after %v, want %v", took, grace)
		}
		wantOver(t, halfway)
	})
}

// Whoever comes from an address that has no handshake under way does not wait for others.
func TestTLSHandshakesOfAnotherAddress(t *testing.T) {
	const most = 4
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		k := ts.Loops.tlsHandshakes
		k.mu.Lock()
		k.most, k.grace = most, time.Hour
		k.mu.Unlock()
		for range most + 1 { // one waits
			conn := ts.greet()
			defer conn.Close()
			go tls.Client(&brokenOff{conn, 1}, &tls.Config{InsecureSkipVerify: true}).Handshake()
		}
		eventually(t, "all places are taken, and one waits", func() bool {
			k.mu.Lock()
			defer k.mu.Unlock()
			return k.halfway.Len() == most && !k.hellos.empty()
		})
		from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		conn, err := from.Dial("tcp", ts.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(deadline))
		speaks(t, tls.Client(conn, &tls.Config{InsecureSkipVerify: true}))
	})
}

// wantOver expects the end, in whatever way.
func wantOver(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection stays")
	}
}

// The end of a server does not wait for clients.
func TestCloseDuringTLSHandshakes(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		var all []net.Conn
		for i := range 20 {
			conn := ts.greet()
			all = append(all, conn)
			switch i % 3 {
			case 1:
				conn.Write([]byte{handshakeRecord, 3})
			case 2:
				ts.breakOff(conn, 1)
			}
		}
		ts.Close()
		ts.wantNoShakers()
		for _, conn := range all {
			wantOver(t, conn)
		}
	})
}

// A handshake that is not done in time is ended, wherever it is.
func TestTLSHandshakesInTime(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{Timeout: 50 * time.Millisecond})
		silent, half, halfway := ts.greet(), ts.greet(), ts.greet()
		half.Write([]byte{handshakeRecord, 3})
		ts.breakOff(halfway, 1)
		for _, conn := range []net.Conn{silent, half, halfway} {
			wantOver(t, conn)
		}
		ts.wantNoShakers()
	})
}

// Addresses take turns, those of an IPv6 network together; one that has no handshake under
// way is first.
func TestTLSHandshakesTakeTurns(t *testing.T) {
	q := newFairQueue()
	names := make(map[*tlsHandshake]string)
	add := func(name, address string) *tlsHandshake {
		h := &tlsHandshake{from: Network(netip.MustParseAddr(address))}
		names[h] = name
		q.push(h)
		return h
	}
	add("a1", "192.0.2.1")
	add("a2", "192.0.2.1")
	add("a3", "::ffff:192.0.2.1")
	add("b1", "2001:db8::1")
	add("b2", "2001:db8::2")
	add("c1", "2001:db8:0:1::1")
	add("left", "192.0.2.7").ended = true
	var got []string
	for h := q.pop(); h != nil; h = q.pop() {
		got = append(got, names[h])
		if names[h] == "b1" {
			add("d1", "192.0.2.9")
		}
	}
	if want := []string{"a1", "b1", "c1", "d1", "a2", "b2", "a3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for h, name := range names {
		if name != "left" {
			q.done(h)
		}
	}
	if len(q.fresh)+len(q.turns)+len(q.by)+len(q.begun) > 0 {
		t.Errorf("it keeps %v", q)
	}
}
