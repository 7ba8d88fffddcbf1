package frametest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"wschat/frame"
)

func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			os.Stderr.Write(stacks[:runtime.Stack(stacks, true)])
			os.Exit(1)
		}
	}
	os.Exit(code)
}

// pipe returns the two ends of a TCP connection over loopback.
func pipe(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, c := range []net.Conn{client, server} {
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return client, server
}

// Each side sends everything, the other receives it; the masks go by the role.
func TestPeersUnderstandEachOther(t *testing.T) {
	clientConn, serverConn := pipe(t)
	client := NewPeer(clientConn, frame.Client, nil)
	server := NewPeer(serverConn, frame.Server, nil)
	long := bytes.Repeat([]byte("long"), 1<<14)

	for name, pair := range map[string][2]*Peer{"client": {client, server}, "server": {server, client}} {
		from, to := pair[0], pair[1]
		sent := make(chan error, 1)
		go func() {
			sent <- errors.Join(
				from.SendText("你好"),
				from.Send(frame.Binary, long),
				from.Send(frame.Ping, nil),
				from.Fragment(frame.Text, []byte("He"), nil, []byte("llo")),
				from.Close(frame.GoingAway, "bye"),
			)
		}()
		for _, want := range []frame.Message{
			{Opcode: frame.Text, Payload: []byte("你好")},
			{Opcode: frame.Binary, Payload: long},
			{Opcode: frame.Ping},
			{Opcode: frame.Text, Payload: []byte("Hello")},
			{Opcode: frame.Close, Payload: []byte("\x03\xe9bye")},
		} {
			got, err := to.Next()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got.Opcode != want.Opcode || !bytes.Equal(got.Payload, want.Payload) {
				t.Errorf("%s: received %v %.20q, want %v %.20q", name, got.Opcode, got.Payload, want.Opcode, want.Payload)
			}
		}
		if err := <-sent; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPayloadIsTheCallers(t *testing.T) {
	conn, _ := pipe(t)
	p := NewPeer(conn, frame.Client, []byte("\x81\x01a\x81\x01b"))
	first, err := p.Next()
	if err != nil {
		t.Fatal(err)
	}
	copy(first.Payload, "!")
	if text, err := p.NextText(); text != "b" || err != nil {
		t.Errorf("NextText = %q, %v", text, err)
	}
	if string(first.Payload) != "!" {
		t.Errorf("the first payload became %q", first.Payload)
	}
}

func TestEarlyBytes(t *testing.T) {
	clientConn, serverConn := pipe(t)
	early := []byte("\x81\x05Hello\x81\x05wo")
	client := NewPeer(clientConn, frame.Client, early)
	clear(early) // the caller's to use again
	if err := NewPeer(serverConn, frame.Server, nil).Raw([]byte("rld")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Hello", "world"} {
		if text, err := client.NextText(); text != want || err != nil {
			t.Errorf("NextText = %q, %v; want %q", text, err, want)
		}
	}
}

func TestNextTextSaysWhatCame(t *testing.T) {
	conn, _ := pipe(t)
	p := NewPeer(conn, frame.Client, []byte("\x82\x01b\x88\x06\x03\xe9bye!"))
	for _, want := range []string{`binary "b"`, `close 1001 going away "bye!"`} {
		if _, err := p.NextText(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("NextText: %v; want an error that ends with %s", err, want)
		}
	}
}

func TestEndOfConnection(t *testing.T) {
	for _, tt := range []struct {
		name string
		raw  string
		want error
	}{
		{"between messages", "\x81\x01a", io.EOF},
		{"within a message", "\x81\x01a\x81\x05He", io.ErrUnexpectedEOF},
		{"behind a bad frame", "\x81\x01a\x83\x00", frame.ErrReservedOpcode},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clientConn, serverConn := pipe(t)
			if err := NewPeer(serverConn, frame.Server, nil).Raw([]byte(tt.raw)); err != nil {
				t.Fatal(err)
			}
			serverConn.Close()
			client := NewPeer(clientConn, frame.Client, nil)
			if text, err := client.NextText(); text != "a" || err != nil {
				t.Fatalf("NextText = %q, %v", text, err)
			}
			for range 2 {
				if _, err := client.Next(); !errors.Is(err, tt.want) {
					t.Errorf("Next: %v, want %v", err, tt.want)
				}
			}
		})
	}
}

func TestSendOnClosedConnection(t *testing.T) {
	conn, _ := pipe(t)
	conn.Close()
	p := NewPeer(conn, frame.Client, nil)
	for name, err := range map[string]error{
		"SendText": p.SendText("a"),
		"Fragment": p.Fragment(frame.Text, []byte("a"), []byte("b")),
		"Close":    p.Close(frame.NormalClosure, ""),
		"Raw":      p.Raw([]byte("a")),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v, want %v", name, err, net.ErrClosed)
		}
	}
}
