package load

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// server is a tiny WebSocket server that can do its work badly. It knows /echo
// and /fan, in which all are members of one room.
type server struct {
	url     string
	fault   fault
	mu      sync.Mutex
	members []*frametest.Peer
	serial  atomic.Int32 // of connections, in the order of their handshakes
	heads   []string     // the targets of all handshakes
	texts   []string     // all messages that were no load
	ended   sync.WaitGroup
}

// fault says what is sent for the n-th message of a connection: nil for nothing.
type fault func(n int, message []byte) [][]byte

func faithful(_ int, message []byte) [][]byte { return [][]byte{message} }

func serve(t *testing.T, f fault) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, f, ln, "ws://")
}

func serveOn(t *testing.T, f fault, ln net.Listener, scheme string) *server {
	t.Helper()
	s := &server{url: scheme + ln.Addr().String(), fault: f}
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.ended.Go(func() { s.run(conn) })
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-accepting
		s.ended.Wait()
	})
	return s
}

// decide answers a request.
func decide(r *handshake.Request) (response []byte, err error) {
	if r.URL.Path != "/echo" && r.URL.Path != "/fan" {
		return nil, &handshake.Rejection{Status: 404, Reason: "no such page"}
	}
	key, err := handshake.Verify(r)
	if err != nil {
		return nil, err
	}
	if r.URL.RawQuery == "refuse" {
		return nil, &handshake.Rejection{Status: 403, Reason: "go away"}
	}
	chosen, err := handshake.SelectProtocol(r, "known")
	return handshake.AppendResponse(nil, key, chosen, nil), err
}

// shake does the handshake of a connection, and returns the request and what came
// behind it.
func shake(conn net.Conn) (r *handshake.Request, early []byte, err error) {
	var decoder handshake.Decoder
	buf := make([]byte, 4<<10)
	for r == nil {
		got, err := conn.Read(buf)
		if err != nil {
			return nil, nil, err
		}
		var n int
		if r, n, err = decoder.Next(buf[:got]); err != nil {
			return nil, nil, err
		}
		early = buf[n:got]
	}
	return r, early, nil
}

func (s *server) run(conn net.Conn) {
	defer conn.Close()
	r, early, err := shake(conn)
	var response []byte
	if err == nil {
		response, err = decide(r)
	}
	if rejection := (*handshake.Rejection)(nil); errors.As(err, &rejection) {
		conn.Write(rejection.AppendResponse(nil, http.MethodGet, time.Now()))
	}
	if err != nil {
		return
	}
	path := r.URL.Path
	peer := frametest.NewPeer(conn, frame.Server, early)
	s.mu.Lock() // so that nobody is sent a message before the 101
	s.heads = append(s.heads, r.Target)
	_, err = conn.Write(response)
	s.members = append(s.members, peer)
	s.mu.Unlock()
	if err != nil {
		return
	}
	defer s.leave(peer)
	for n := 0; ; {
		m, err := peer.Next()
		if err != nil {
			return
		}
		switch {
		case m.Opcode == frame.Close:
			peer.Send(frame.Close, m.Payload)
			return
		case m.Opcode.IsControl():
		default:
			if _, _, ok := findMark(m.Payload, 0); !ok {
				s.mu.Lock()
				s.texts = append(s.texts, string(m.Payload))
				s.mu.Unlock()
				continue
			}
			for _, out := range s.fault(n, slices.Clone(m.Payload)) {
				s.send(path, peer, m.Opcode, out)
			}
			n++
		}
	}
}

func (s *server) send(path string, from *frametest.Peer, op frame.Opcode, message []byte) {
	if path == "/echo" {
		from.Send(op, message)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, member := range s.members {
		member.Send(op, message) // an error is met by its own goroutine
	}
}

func (s *server) leave(peer *frametest.Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = slices.DeleteFunc(s.members, func(p *frametest.Peer) bool { return p == peer })
}
