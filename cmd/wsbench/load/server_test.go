package load

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

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
	s := &server{url: "ws://" + ln.Addr().String(), fault: f}
	endpoint := func(r *handshake.Request) (handshake.Acceptance, error) {
		if r.URL.RawQuery == "refuse" {
			return handshake.Acceptance{}, &handshake.Rejection{Status: 403, Reason: "go away"}
		}
		chosen, _ := handshake.SelectProtocol(r, "known")
		path, target := r.URL.Path, r.Target
		return handshake.Acceptance{Protocol: chosen, Start: func(conn net.Conn, response, early []byte) {
			s.mu.Lock()
			s.heads = append(s.heads, target)
			s.mu.Unlock()
			s.ended.Go(func() { s.run(path, conn, response, early) })
		}}, nil
	}
	h := &handshake.Server{Endpoints: map[string]handshake.Endpoint{"/echo": endpoint, "/fan": endpoint}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Serve(ln)
	}()
	t.Cleanup(func() {
		h.Close()
		<-done
		s.ended.Wait()
	})
	return s
}

func (s *server) run(path string, conn net.Conn, response, early []byte) {
	defer conn.Close()
	peer := frametest.NewPeer(conn, frame.Server, early)
	s.mu.Lock() // so that nobody is sent a message before the 101
	_, err := conn.Write(response)
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
