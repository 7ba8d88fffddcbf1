package loop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/frame/leaktest"
)

// driver is one of the ways to run connections.
type driver struct {
	name       string
	goroutines bool // Config.Goroutines
	tls        bool
}

// Where there is no epoll, the first two are the others over again. The last is for
// what TLS alone does: all else is that of the two before.
var drivers = []driver{
	{name: "epoll"},
	{name: "TLS over epoll", tls: true},
	{name: "goroutines", goroutines: true},
	{name: "TLS over goroutines", goroutines: true, tls: true},
}

// forEachDriver runs test for each driver but the last, and checks that it leaves
// neither a goroutine nor a descriptor.
func forEachDriver(t *testing.T, test func(t *testing.T, d driver)) {
	forDrivers(t, drivers[:len(drivers)-1], test)
}

// forEachTLS is forEachDriver for those with TLS.
func forEachTLS(t *testing.T, test func(t *testing.T, d driver)) {
	forDrivers(t, slices.DeleteFunc(slices.Clone(drivers), func(d driver) bool { return !d.tls }), test)
}

func forDrivers(t *testing.T, drivers []driver, test func(t *testing.T, d driver)) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			before := leaktest.InUse()
			t.Cleanup(func() {
				if left := before.Left(deadline); left != "" {
					t.Errorf("left:\n%s", left)
				}
			})
			test(t, d)
		})
	}
}

// server is Loops with a listener before it.
type server struct {
	*Loops
	t      testing.TB
	driver driver
	ln     net.Listener
}

// serve starts loops that the end of the test closes.
func (d driver) serve(t testing.TB, config Config) *server {
	t.Helper()
	config.Goroutines = d.goroutines
	ls, err := Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ls.Close)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return &server{ls, t, d, ln}
}

// client is the peer of a connection.
type client struct {
	*frametest.Peer
	t    testing.TB
	conn net.Conn     // TCP or TLS
	tcp  *net.TCPConn // what lies below
}

// connect returns both ends of a new connection, secured if the driver is.
func (s *server) connect() (near *client, far net.Conn) {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.ln.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	if far, err = s.ln.Accept(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	near = &client{t: s.t, conn: conn, tcp: conn.(*net.TCPConn)}
	if s.driver.tls {
		near.conn, far = secured(s.t, conn, far)
	}
	near.conn.SetDeadline(time.Now().Add(deadline))
	near.Peer = frametest.NewPeer(near.conn, frame.Client, nil)
	return near, far
}

// dial connects a client with h.
func (s *server) dial(h Handler) *client {
	s.t.Helper()
	near, far := s.connect()
	s.add(far, "", nil, h)
	return near
}

// dialNarrow is dial over a narrow connection.
func (s *server) dialNarrow(h Handler) *client {
	s.t.Helper()
	near, far := s.connectNarrow()
	s.add(far, "", nil, h)
	return near
}

// connectNarrow is connect for a connection that holds little between its ends, in
// either direction: some hundred KiB. With less than a packet of the loopback interface TCP would
// crawl.
func (s *server) connectNarrow() (near *client, far net.Conn) {
	s.t.Helper()
	return s.connectWith(128 << 10)
}

// connectWith is connect with so much room in each socket's buffers.
func (s *server) connectWith(narrow int) (near *client, far net.Conn) {
	s.t.Helper()
	near, far = s.connect()
	near.tcp.SetReadBuffer(narrow)
	near.tcp.SetWriteBuffer(narrow)
	below := far
	if t, ok := far.(*tls.Conn); ok {
		below = t.NetConn().(*secure).Conn
	}
	below.(*net.TCPConn).SetReadBuffer(narrow)
	below.(*net.TCPConn).SetWriteBuffer(narrow)
	return near, far
}

func (s *server) add(far net.Conn, response string, early []byte, h Handler) {
	s.t.Helper()
	if err := s.Add(Arrival{Conn: far, Response: []byte(response), Early: early, Handler: h}); err != nil {
		s.t.Fatal(err)
	}
}

// secured makes a TLS connection of a plain one.
func secured(t testing.TB, near, far net.Conn) (*tls.Conn, *tls.Conn) {
	t.Helper()
	c := tls.Client(near, &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true})
	s := tlsServer(far)
	shakeTLS(t, c, s)
	return c, s
}

func shakeTLS(t testing.TB, client, server *tls.Conn) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// tlsServer is a TLS connection as one is with the pages.
func tlsServer(far net.Conn) *tls.Conn {
	s := &secure{Conn: far}
	s.tls = tls.Server(s, serverConfig())
	return s.tls
}

func serverConfig() *tls.Config {
	return &tls.Config{
		Certificates:     []tls.Certificate{certificate()},
		CurvePreferences: []tls.CurveID{tls.X25519}, // the fastest

		NextProtos:                  []string{"http/1.1"},
		DynamicRecordSizingDisabled: true,
	}
}

var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})
