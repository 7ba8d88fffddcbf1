package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"wschat/frame"
	"wschat/hub"
	"wschat/hub/chat"
	"wschat/hub/files"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// server is the parts of a running server, put together.
type server struct {
	log      *slog.Logger
	unlogged *atomic.Uint64 // log lines that were dropped
	loops    *loop.Loops
	hub      *hub.Hub
	listener *loop.Server
	deflater *frame.Deflater // nil without -compress
	gate     *gate
	watched  []*watched

	handshakes handshakes // that succeeded
	refusals   *refusals

	memory      int64 // -memory
	engine      chat.Engine
	kept        func() store.Stats // of its messages
	bounds      map[string]int64
	closeEngine func() error
	files       *files.Store // nil: there are none
	transfers   *transfers
	ping        time.Duration // -ping
}

// serve runs until ctx is done, then drains and returns nil. An error is the reason why it
// could not run. unlogged counts the lines that log has dropped.
func serve(ctx context.Context, o *options, log *slog.Logger, unlogged *atomic.Uint64) error {
	s, err := newServer(o, log)
	if err != nil {
		return err
	}
	s.unlogged = unlogged
	defer s.close()
	stop := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() { (&trimmer{held: s.loops.Held}).run(stop) })
	beside.Go(func() { watch(stop, s.watched...) })
	if keys := s.gate.keys; keys != nil {
		beside.Go(func() { keys.Run(stop) })
	}
	defer beside.Wait()
	defer close(stop)
	if o.admin != "" {
		admin, err := s.startAdmin(o)
		if err != nil {
			return err
		}
		defer admin.close()
	}
	if o.tlsCert != "" {
		certs, err := loadCertificates(o.tlsCert, o.tlsKey, log)
		if err != nil {
			return err
		}
		s.listener.TLS = certs.config()
	}
	ln, err := loop.Listen(ctx, o.addr)
	if err != nil {
		return err
	}
	s.listener.AllowHost = hostRule(o.host, ln.Addr())
	if tcp, ok := ln.Addr().(*net.TCPAddr); s.gate.open() && (!ok || !tcp.IP.IsLoopback()) {
		log.Warn("anybody who reaches this address may take any free name: see -users, -auth-secret-file and -auth-jwks")
	}
	log.Info("listening", "addr", ln.Addr().String(), "page", pageURL(o, ln.Addr()), "version", versionText())
	failed := make(chan error, 1)
	go func() { failed <- s.listener.Serve(ln) }()
	select {
	case err := <-failed: // only if somebody else closes the listener
		return fmt.Errorf("listener: %w", err)
	case <-ctx.Done():
		s.drain(o.drain)
		return nil
	}
}

// newServer starts everything but the listeners.
func newServer(o *options, log *slog.Logger) (*server, error) {
	s := &server{log: log, refusals: newRefusals(log), transfers: newTransfers()}
	if o.compress {
		s.deflater = frame.NewDeflater()
	}
	var err error
	if o.memory > 0 {
		debug.SetMemoryLimit(o.runtimeShare())
		if most := o.historyShare(); o.redis == "" && (o.historyBytes == 0 || o.historyBytes > most) {
			o.historyBytes = most
			log.Info("-history-bytes is cut to fit into -memory", "bytes", most)
		}
	}
	engine, kept, closeEngine, err := openEngine(o, log)
	if err != nil {
		return nil, err
	}
	s.engine, s.kept, s.closeEngine = engine, kept, closeEngine
	s.memory, s.bounds, s.ping = o.memory, o.bounds(), o.ping
	if s.gate, err = s.newGate(o); err != nil {
		closeEngine()
		return nil, err
	}
	if s.files, err = openFiles(o, log); err != nil {
		closeEngine()
		return nil, err
	}
	config := loop.Config{
		MaxMessage: o.maxMessage, Queue: o.queue, Ping: o.ping, Rate: o.rate, RateBytes: o.rateBytes, Deflater: s.deflater,
	}
	if o.memory > 0 {
		config.Memory = func() int64 { return o.connectionShare() - kept().Held() }
	}
	s.loops, err = loop.Start(config)
	if err != nil {
		closeEngine()
		s.closeFiles()
		return nil, err
	}
	s.hub = hub.New(hub.Config{
		Log:        log,
		Reserved:   s.gate.hasName,
		Loops:      s.loops,
		Engine:     engine,
		MaxIDs:     orUnbounded(o.maxIDs),
		MaxMessage: o.maxMessage,
		Queue:      o.queue,
		Files:      s.files,
		Deflater:   s.deflater,
	})
	if u := s.gate.users; u != nil {
		u.changed = s.hub.Revoke
	}
	s.listener = &loop.Server{
		Loops:       s.loops,
		Endpoints:   s.endpoints(o),
		Pages:       s.pages(o),
		AllowOrigin: o.allowOrigin,
		Timeout:     orForever(o.handshakeTimeout),
		Limits:      limits(o),
		Log:         log,
		Observe:     s.observe,
	}
	return s, nil
}

// drain closes all connections within the time given; 0: as long as it takes. Meanwhile
// the listener answers 503.
func (s *server) drain(within time.Duration) {
	began := time.Now()
	s.log.Info("draining", "connections", s.loops.Len(), "within", within)
	ctx, cancel := context.WithTimeout(context.Background(), orForever(within))
	defer cancel()
	if err := s.loops.Drain(ctx, within/2); errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("drain took too long", "connections", s.loops.Len())
	}
	if s.files != nil {
		s.files.Drain(ctx)
	}
	s.listener.Finish(ctx)
	s.log.Info("stopped", "after", time.Since(began).Round(time.Millisecond))
}

// close ends all goroutines: first those that may accept a message, then the engine, which
// stores what was accepted even if the time for its answer is over, then what becomes of files.
func (s *server) close() {
	s.gate.close()
	s.listener.Close()
	s.refusals.close()
	s.loops.Close()
	s.hub.Close()
	if err := s.closeEngine(); err != nil {
		s.log.Error("closing the store", "error", err)
	}
	s.closeFiles()
}

func (s *server) closeFiles() {
	if s.files != nil {
		s.files.Close()
	}
}

// orForever turns 0, which means no limit, into a time whose end nobody will see.
func orForever(d time.Duration) time.Duration {
	const forever = 100 * 365 * 24 * time.Hour
	if d == 0 {
		return forever
	}
	return d
}

// orUnbounded turns 0, which means no limit, into a number that nothing reaches.
func orUnbounded(n int) int {
	if n == 0 {
		return math.MaxInt
	}
	return n
}

// pageURL is where a person on this machine finds the page.
func pageURL(o *options, addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	if len(o.host) > 0 {
		host = o.host[0]
	}
	scheme := "http://"
	if o.tlsCert != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + "/"
}
