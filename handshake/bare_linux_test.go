//go:build linux && (amd64 || arm64)

package handshake

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

// barePair returns both ends of a connection that was accepted bare.
func barePair(t *testing.T, addr string) (client net.Conn, server *bareConn) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	bareLn := bare(ln)
	defer bareLn.Close()
	if _, ok := bareLn.(*bareListener); !ok {
		t.Fatalf("got a %T", bareLn)
	}
	_, port, _ := net.SplitHostPort(bareLn.Addr().String())
	host, _, _ := net.SplitHostPort(addr)
	if host == "" {
		host = "127.0.0.1"
	}
	if client, err = net.Dial("tcp", net.JoinHostPort(host, port)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	conn, err := bareLn.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return client, conn.(*bareConn)
}

// A bare connection knows both addresses, is without delay, and reads what is
// there; when it has to wait, it goes on as a file.
func TestBareConn(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		t.Run(addr, func(t *testing.T) {
			client, server := barePair(t, addr)
			if got, want := server.RemoteAddr().String(), client.LocalAddr().String(); got != want {
				t.Errorf("from %s, want %s", got, want)
			}
			if v, err := syscall.GetsockoptInt(server.fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY); v != 1 || err != nil {
				t.Errorf("TCP_NODELAY is %d, %v", v, err)
			}
			buf := make([]byte, 10)
			for _, text := range []string{"one", "two"} { // bare, perhaps, and as a file
				if _, err := client.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
				if n, err := server.Read(buf); err != nil || string(buf[:n]) != text {
					t.Errorf("read %q, %v", buf[:n], err)
				}
				if got, want := server.LocalAddr().String(), client.RemoteAddr().String(); got != want {
					t.Errorf("at %s, want %s", got, want)
				}
			}
			if _, ok := server.Detach(); ok {
				t.Error("a connection that waits was detached")
			}
			if _, err := server.Write([]byte("answer")); err != nil {
				t.Error(err)
			}
			if err := server.CloseWrite(); err != nil {
				t.Error(err)
			}
			if all, err := io.ReadAll(client); string(all) != "answer" || err != nil {
				t.Errorf("the client reads %q, %v", all, err)
			}
			client.Close()
			if n, err := server.Read(buf); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d, %v", n, err)
			}
		})
	}
}

// A deadline set before there was anything to wait for holds when there is.
func TestBareDeadline(t *testing.T) {
	_, server := barePair(t, "127.0.0.1:0")
	server.SetDeadline(time.Now().Add(10 * time.Millisecond))
	var timeout net.Error
	if _, err := server.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
}

// What is detached is the caller's; the connection is at its end then.
func TestDetach(t *testing.T) {
	client, server := barePair(t, "127.0.0.1:0")
	fd, ok := server.Detach()
	if !ok {
		t.Fatal("cannot be detached")
	}
	if _, ok := server.Detach(); ok {
		t.Error("detached twice")
	}
	if err := server.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Close says %v", err)
	}
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Read says %v", err)
	}
	if _, err := syscall.Write(fd, []byte("x")); err != nil {
		t.Error(err)
	}
	syscall.Close(fd)
	if all, err := io.ReadAll(client); string(all) != "x" || err != nil {
		t.Errorf("the client reads %q, %v", all, err)
	}
}

// Close is safe beside everything else, for the race detector to look on.
func TestBareCloseMeanwhile(t *testing.T) {
	for range 50 {
		_, server := barePair(t, "127.0.0.1:0")
		var done sync.WaitGroup
		done.Go(func() { server.Read(make([]byte, 1)) })
		done.Go(func() { server.SetDeadline(time.Now()) })
		done.Go(func() { server.Close() })
		done.Wait()
	}
}

// A listener that is closed ends Accept.
func TestBareListenerClosed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := bare(ln)
	accepted := make(chan error, 1)
	go func() {
		_, err := b.Accept()
		accepted <- err
	}()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept says %v", err)
	}
	if err := b.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the second Close says %v", err)
	}
	if _, err := net.Dial("tcp", b.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}
