package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"wschat/handshake"
	"wschat/hub"
	"wschat/hub/loop"
)

// server is the running parts, put together.
type server struct {
	log       *slog.Logger
	loops     *loop.Loops
	hub       *hub.Hub
	handshake *handshake.Server
}

// serve runs until ctx is done, drains, and returns nil; or what kept it from
// running.
func serve(ctx context.Context, o *options, log *slog.Logger) error {
	ln, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	s, err := newServer(o, log)
	if err != nil {
		ln.Close()
		return err
	}
	defer s.close()
	log.Info("listening", "addr", ln.Addr().String(), "page", pageURL(ln.Addr()), "version", versionText())
	failed := make(chan error, 1)
	go func() { failed <- s.handshake.Serve(ln) }()
	select {
	case err := <-failed: // only if somebody else closes the listener
		return fmt.Errorf("listener: %w", err)
	case <-ctx.Done():
		s.drain(o.drain)
		return nil
	}
}

// newServer starts everything but the listener.
func newServer(o *options, log *slog.Logger) (*server, error) {
	loops, err := loop.Start(loop.Config{MaxMessage: o.maxMessage, Queue: o.queue, Ping: o.ping})
	if err != nil {
		return nil, err
	}
	s := &server{log: log, loops: loops}
	s.hub = hub.New(hub.Config{
		Loops:         loops,
		Store:         hub.NewMemory(o.history),
		Presence:      o.presence.Presence,
		Single:        o.single,
		MembershipTTL: o.membershipTTL,
		Queue:         o.queue,
	})
	s.handshake = &handshake.Server{
		Endpoints:   s.endpoints(o),
		Pages:       pages(),
		AllowOrigin: o.allowOrigin,
		Timeout:     orForever(o.handshakeTimeout),
		Log:         log,
	}
	return s, nil
}

// drain takes leave of all connections within the time given; 0: as long as it
// takes. Meanwhile the listener answers 503.
func (s *server) drain(within time.Duration) {
	s.handshake.Drain()
	began := time.Now()
	s.log.Info("draining", "connections", s.loops.Len(), "within", within)
	ctx, cancel := context.WithTimeout(context.Background(), orForever(within))
	defer cancel()
	if err := s.loops.Drain(ctx, within/2); errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("drain took too long", "connections", s.loops.Len())
	}
	s.log.Info("stopped", "after", time.Since(began).Round(time.Millisecond))
}

// close ends all goroutines.
func (s *server) close() {
	s.handshake.Close()
	s.loops.Close()
	s.hub.Close()
}

// orForever makes of 0, which is no limit, a time that nobody lives to see the
// end of.
func orForever(d time.Duration) time.Duration {
	const forever = 100 * 365 * 24 * time.Hour
	if d == 0 {
		return forever
	}
	return d
}

// pageURL is where a person on this machine finds the page.
func pageURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
