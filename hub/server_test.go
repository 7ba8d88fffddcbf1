package hub

import (
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/files"
	"wschat/hub/local"
	"wschat/hub/loop"
	"wschat/hub/store"
	"wschat/hub/wire"
)

// setup says how the hub of a test behaves, and its engine.
type setup struct {
	Store          chat.Store // nil: memory without limit
	Presence       chat.Presence
	Single         bool
	MembershipTTL  time.Duration
	MaxUsers       int
	MaxMemberships int
	MaxIDs         int
	MaxMessage     int64
	Queue          int
	Deflater       *frame.Deflater
	Files          *files.Store
	Log            *slog.Logger
	Reserved       func(user string) bool
}

func (c setup) hub(loops *loop.Loops, engine chat.Engine) *Hub {
	return New(Config{Loops: loops, Engine: engine, MaxIDs: c.MaxIDs, MaxMessage: c.MaxMessage, Queue: c.Queue, Deflater: c.Deflater, Files: c.Files, Log: c.Log, Reserved: c.Reserved})
}

// server is a hub with its engine, its loops and a port of its own.
type server struct {
	*Hub
	engine chat.Engine
	store  chat.Store // of the engine, in a test of one node
	t      *testing.T
	loops  *loop.Loops
	ln     net.Listener
	nodes  nodes // in a test of several; Hub is the first of them

	mu sync.Mutex // so that the two ends of a connection find each other
}

// silent is for tests that are not about notices.
var silent = setup{Presence: chat.ToNone}

// drivers runs a test with both kinds of connections.
func drivers(t *testing.T, test func(t *testing.T, driver loop.Config)) {
	if spread(t) { // what drives a connection does not matter there
		test(t, loop.Config{Loops: 2})
		return
	}
	for name, driver := range map[string]loop.Config{
		"loops":      {Loops: 2},
		"goroutines": {Loops: 2, Goroutines: true},
	} {
		t.Run(name, func(t *testing.T) { test(t, driver) })
	}
}

// start starts a hub.
func start(t *testing.T, driver loop.Config, config setup) *server {
	t.Helper()
	loops, err := loop.Start(driver)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, loops: loops}
	if config.Store == nil && spread(t) {
		s.startNodes(config)
	} else {
		s.startAlone(config)
	}
	if s.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.ln.Close() })
	return s
}

func (s *server) startAlone(config setup) {
	if config.Store == nil {
		config.Store = store.New(0)
	}
	engine := local.New(local.Config{
		Store: config.Store, Presence: config.Presence, Single: config.Single,
		MembershipTTL: config.MembershipTTL, MaxUsers: config.MaxUsers, MaxMemberships: config.MaxMemberships,
	})
	s.engine, s.store = engine, config.Store
	s.Hub = config.hub(s.loops, engine)
	s.t.Cleanup(func() {
		s.loops.Close()
		s.Hub.Close()
		engine.Close()
	})
}

// connect opens a connection of user and returns both its ends, of which the
// server's is not taken over by the loops yet.
func (s *server) connect() (client, server net.Conn, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if client, err = net.Dial("tcp", s.ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	if server, err = s.ln.Accept(); err != nil {
		client.Close()
		return nil, nil, err
	}
	return client, server, nil
}

// raw lets a user in who does nothing yet, not even read.
func (s *server) raw(user string) *client {
	s.t.Helper()
	near, far, err := s.connect()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.enter(user, near, far)
}

// small is raw with socket buffers so small that little is written to a client
// that does not read.
func (s *server) small(user string) *client {
	s.t.Helper()
	near, far, err := s.connect()
	if err != nil {
		s.t.Fatal(err)
	}
	near.(*net.TCPConn).SetReadBuffer(256 << 10)
	far.(*net.TCPConn).SetWriteBuffer(128 << 10)
	return s.enter(user, near, far)
}

// piped is raw over net.Pipe, for tests in which time is not real.
func (s *server) piped(user string) *client {
	s.t.Helper()
	near, far := net.Pipe()
	return s.enter(user, near, far)
}

func (s *server) enter(user string, near, far net.Conn) *client {
	s.t.Helper()
	return s.arrive(Access{User: user}, loop.Arrival{Conn: far}, near)
}

// enterAs is enter for who may not do everything.
func (s *server) enterAs(a Access, near, far net.Conn) *client {
	s.t.Helper()
	return s.arrive(a, loop.Arrival{Conn: far}, near)
}

// arrive lets a session in; the arrival lacks its handler.
func (s *server) arrive(access Access, arrival loop.Arrival, near net.Conn) *client {
	s.t.Helper()
	session := s.handler(access).(*session)
	arrival.Handler = session
	if err := s.loops.Add(arrival); err != nil {
		s.t.Fatal(err)
	}
	c := newClient(s.t, access.User, near)
	c.session, c.server = session, s
	return c
}

func (s *server) handler(access Access) loop.Handler {
	s.t.Helper()
	handler, err := s.nextHub().Enter(access)
	if err != nil {
		s.t.Fatal(err)
	}
	return handler
}

// client lets a user in, and returns when the login is done.
func (s *server) client(user string) *client {
	s.t.Helper()
	c := s.raw(user)
	c.sync()
	return c
}

// clients lets users in one after the other, and forgets what they have heard
// of each other's logins.
func (s *server) clients(users ...string) []*client {
	s.t.Helper()
	var all []*client
	for _, user := range users {
		all = append(all, s.client(user))
	}
	for _, c := range all {
		c.sync()
		c.pending = nil
	}
	return all
}

// gone waits until a user is offline.
func (s *server) gone(user string) {
	s.t.Helper()
	eventually(s.t, user+" is offline", func() bool { return s.connections(user) == 0 })
	s.settle()
}

// sessions returns how many connections a user has, those aside that are not on the
// lists yet.
func (s *server) sessions(name string) int {
	n := s.connections(name)
	if s.nodes.hubs != nil {
		return n
	}
	s.Hub.mu.Lock()
	defer s.Hub.mu.Unlock()
	for one := s.Hub.sessions[name]; one != nil; one = one.next {
		if !one.open {
			n--
		}
	}
	return n
}

// connections returns how many the engine has counted.
func (s *server) connections(name string) int {
	s.t.Helper()
	users, _, err := s.engine.Users()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range users {
		if u.User == name {
			return u.Connections
		}
	}
	return 0
}

// present has the engine count a connection of a member that the hub has not.
func (s *server) present(user, group string) {
	s.t.Helper()
	if _, err := s.engine.Enter(user, false, false); err != nil {
		s.t.Fatal(err)
	}
	s.engine.SetMember(user, group, true, func() {}, func(err error) {
		if err != nil {
			s.t.Error(err)
		}
	})
}

// send has a client's session send a text, on whatever goroutine.
func (s *server) send(from *client, to, text string) {
	r := wire.Request{Op: wire.Send, Target: to, Body: []byte(text)}
	from.session.state() // with the lock, so that what Open has done is seen
	s.Hub.send(from.session, r, turn{charge: func(loop.Work) {}, wait: func() func() { return func() {} }})
}

// away lets users in and out again, so that they are known.
func (s *server) away(users ...string) {
	s.t.Helper()
	for _, user := range users {
		s.client(user).conn.Close()
		s.gone(user)
	}
}

// append has the engine keep a message of nobody here, to nobody here.
func (s *server) append(m *chat.Message) {
	s.t.Helper()
	kept := make(chan error, 1)
	if s.store != nil {
		s.store.Append(m, func(err error) { kept <- err })
	} else {
		s.engine.Publish(m, nil, func(_ bool, err error) { kept <- err })
	}
	if err := <-kept; err != nil {
		s.t.Fatal(err)
	}
}
