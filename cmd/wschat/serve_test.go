package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// logged is a slog.Handler that hands the addresses of "listening" on.
type logged struct {
	slog.Handler
	addr chan string
}

func (l logged) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if r.Message == "listening" && a.Key == "addr" {
			l.addr <- a.Value.String()
		}
		return true
	})
	return l.Handler.Handle(ctx, r)
}

// The parts run together, and end without leaving anything behind; with the race
// detector looking on.
func TestServe(t *testing.T) {
	o, err := parseOptions([]string{"-addr", "127.0.0.1:0", "-drain", "1s"}, environment(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	log := logged{slog.NewTextHandler(t.Output(), nil), make(chan string, 1)}
	served := make(chan error, 1)
	go func() { served <- serve(ctx, o, slog.New(log), new(atomic.Uint64)) }()
	var addr string
	select {
	case addr = <-log.addr:
	case err := <-served:
		t.Fatal(err)
	}

	isHealthy(t, addr)
	conn, response, err := new(handshake.Dialer).Dial(t.Context(), "ws://"+addr+"/socket?userId=A")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	a := frametest.NewPeer(conn, frame.Client, response.Early)
	if err := a.SendText("all,hello"); err != nil {
		t.Fatal(err)
	}
	if line, err := a.NextText(); err != nil || line != "用户(A=>A):hello" {
		t.Fatalf("got %q, %v", line, err)
	}

	stop()
	m, err := a.Next()
	if code, _, _ := frame.ParseClose(m.Payload); err != nil || m.Opcode != frame.Close || code != frame.GoingAway {
		t.Errorf("got %v %q, %v, want close 1001", m.Opcode, m.Payload, err)
	}
	if err := a.Send(frame.Close, m.Payload); err != nil {
		t.Error(err)
	}
	if _, err := a.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end", err)
	}
	conn.Close()
	if err := <-served; err != nil {
		t.Errorf("serve returned %v", err)
	}
}

func isHealthy(t *testing.T, addr string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK || string(body) != "ok" {
		t.Errorf("healthz: got %s %q, %v", response.Status, body, err)
	}
}

func TestServeAddressInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	err = serve(t.Context(), &options{addr: ln.Addr().String()}, slog.New(slog.DiscardHandler), new(atomic.Uint64))
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func TestPageURL(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:8080":   "http://localhost:8080/",
		"[::]:8080":      "http://localhost:8080/",
		"127.0.0.1:9000": "http://127.0.0.1:9000/",
		"[fe80::1]:80":   "http://[fe80::1]:80/",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := pageURL(new(options), tcp); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
