package loop

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
)

// greet connects a client whose handshake of TLS the loop is to do; the client has
// not said anything yet.
func (s *server) greet(h Handler, config *tls.Config) (near *client, secure *tls.Conn) {
	s.t.Helper()
	d := s.driver
	d.tls = false
	near, far := (&server{s.Loops, s.t, d, s.ln}).connect()
	s.add(TLSServer(far, config), "", nil, h)
	return near, tls.Client(near.conn, &tls.Config{InsecureSkipVerify: true, CurvePreferences: config.CurvePreferences})
}

// speaks checks that a connection is open and echoes.
func speaks(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(deadline))
	p := frametest.NewPeer(conn, frame.Client, nil)
	p.SendText("hello")
	if got, err := p.NextText(); err != nil || got != "hello" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestTLSHandshakes(t *testing.T) {
	const n = 30
	forEachTLS(t, func(t *testing.T, d driver) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			s := d.serve(t, Config{})
			config := serverConfig()
			done := make(chan error, n)
			for range n {
				near, _ := s.greet(newEcho(), config)
				go func() {
					conn := tls.Client(near.conn, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
					p := frametest.NewPeer(conn, frame.Client, nil)
					p.SendText("hello") // right behind the handshake
					got, err := p.NextText()
					if err == nil && got != "hello" {
						err = fmt.Errorf("got %q", got)
					}
					done <- err
				}()
			}
			for range n {
				if err := <-done; err != nil {
					t.Error(tls.VersionName(version), err)
				}
			}
			s.wantNoShakers(t)
		}
	})
}

// wantNoShakers expects that nothing of a handshake is left.
func (s *server) wantNoShakers(t *testing.T) {
	t.Helper()
	k := s.shakers
	eventually(t, "no handshake is left", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.begun == 0 && k.free > 0 && k.halfway.Len() == 0 && len(k.resumed) == 0 && len(k.hellos.turns) == 0 && len(k.hellos.by) == 0
	})
}

// A hello that comes byte by byte, each behind a turn of the loop.
func TestTLSHelloInPieces(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		near, _ := s.greet(newEcho(), serverConfig())
		secure := tls.Client(pieces{near.tcp}, &tls.Config{InsecureSkipVerify: true})
		speaks(t, secure)
		s.wantNoShakers(t)
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

// What is no handshake of TLS is ended, at once or with an alert.
func TestNoTLSHandshake(t *testing.T) {
	hello := []byte{handshakeRecord, 3, 1, 0, 4, 1, 0, 0, 0} // an empty one
	for _, row := range []struct {
		name, sent string
		alert      []byte
	}{
		{"a request in the clear", "GET / HTTP/1.1\r\n\r\n", nil},
		{"one byte", "G", nil},
		{"data first", "\x17\x03\x03\x00\x01x", nil},
		{"an alert first", "\x15\x03\x03\x00\x02\x01\x00", nil},
		{"another protocol's version", "\x16\x04", nil},
		{"a record that is too long", "\x16\x03\x01\xff\xff", nil},
		{"an empty hello", string(hello), []byte{alertRecord, 3, 1, 0, 2, 2, 50}},
		{"another message", "\x16\x03\x01\x00\x04\x14\x00\x00\x00", []byte{alertRecord, 3, 1, 0, 2, 2, unexpectedMessage}},
	} {
		t.Run(row.name, func(t *testing.T) {
			forEachTLS(t, func(t *testing.T, d driver) {
				s := d.serve(t, Config{})
				r := newRecord()
				near, _ := s.greet(r, serverConfig())
				near.tcp.Write([]byte(row.sent))
				got, _ := io.ReadAll(near.tcp) // it may be reset behind what it is sent
				if !bytes.Equal(got, row.alert) {
					t.Errorf("got %q, want %q", got, row.alert)
				}
				r.wantEvents(t, s.Loops, "open", "closed 1006")
				s.wantNoShakers(t)
			})
		})
	}
}

// A client that breaks off leaves nothing behind, wherever it does.
func TestTLSHandshakeBrokenOff(t *testing.T) {
	const flights = 2 // after so many writes of the client the handshake is done
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		for _, end := range []func(*client){(*client).finish, (*client).reset} {
			for writes := range flights {
				r := newRecord()
				near, _ := s.greet(r, serverConfig())
				r.conn(t)
				conn := &brokenOff{Conn: near.tcp, left: writes, end: func() { end(near) }}
				if err := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).Handshake(); err == nil {
					t.Fatal("the handshake was done")
				}
				near.tcp.Close()
				r.wantEvents(t, s.Loops, "open", "closed 1006")
			}
		}
		s.wantNoShakers(t)
	})
}

// brokenOff ends a connection in the place of a write.
type brokenOff struct {
	net.Conn
	left int
	end  func()
}

func (c *brokenOff) Write(p []byte) (int, error) {
	if c.left == 0 {
		c.end()
		return 0, errors.New("broken off")
	}
	c.left--
	return c.Conn.Write(p)
}

// halfway begins a handshake, and does not answer the server.
func (s *server) goHalfway(r *record) *client {
	s.t.Helper()
	near, _ := s.greet(r, serverConfig())
	conn := &brokenOff{Conn: near.tcp, left: 1, end: func() {}}
	if err := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).Handshake(); err == nil {
		s.t.Fatal("the handshake was done")
	}
	return near
}

// Of handshakes that wait for their clients, too many, the one that has waited
// longest gives way. Those that have not sent a hello cost nothing and stay.
func TestTLSHandshakesGiveWay(t *testing.T) {
	const most = 4
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		s.shakers.most = most
		silent := newRecord()
		s.greet(silent, serverConfig())
		var halfway []*record
		for range most + 2 {
			r := newRecord()
			s.goHalfway(r)
			halfway = append(halfway, r)
		}
		_, secure := s.greet(newEcho(), serverConfig())
		speaks(t, secure)
		for i, r := range halfway {
			if i < 3 {
				r.code(t)
			} else if len(r.closed) > 0 {
				t.Errorf("number %d gave way, too", i)
			}
		}
		if len(silent.closed) > 0 {
			t.Error("one that is silent gave way")
		}
	})
}

// The end of the loops does not wait for clients.
func TestCloseDuringTLSHandshakes(t *testing.T) {
	forEachTLS(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		var all []*record
		for i := range 20 {
			r := newRecord()
			all = append(all, r)
			switch near := (*client)(nil); i % 3 {
			case 0:
				s.greet(r, serverConfig())
			case 1:
				near, _ = s.greet(r, serverConfig())
				near.tcp.Write([]byte{handshakeRecord, 3})
			default:
				s.goHalfway(r)
			}
		}
		s.Close()
		for _, r := range all {
			if code := r.code(t); code != frame.GoingAway {
				t.Errorf("told %v", code)
			}
		}
	})
}

// Addresses take turns, of an IPv6 network together.
func TestTLSHandshakesTakeTurns(t *testing.T) {
	q := fairQueue{by: make(map[netip.Addr][]*tlsHandshake)}
	names := make(map[*tlsHandshake]string)
	add := func(name, address string) *tlsHandshake {
		h := &tlsHandshake{from: networkOf(&net.TCPAddr{IP: net.ParseIP(address), Port: 1})}
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
	if want := []string{"a1", "b1", "c1", "a2", "b2", "d1", "a3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
