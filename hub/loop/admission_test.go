package loop

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
	. "wschat/handshake/handshaketest"
)

// visitor is a guest without a connection.
type visitor struct {
	guest
	ip    netip.Addr
	ended bool
}

func (v *visitor) giveWay() { v.ended = true }

func (v *visitor) request() *handshake.Request {
	return &handshake.Request{Remote: netip.AddrPortFrom(v.ip, 1)}
}

// come has a guest arrive from an address.
func come(a *admission, ip string) *visitor {
	v := &visitor{ip: netip.MustParseAddr(ip)}
	v.owner = v
	a.arrive(&v.guest, v.ip)
	return v
}

// user has a guest arrive and become a user.
func user(t *testing.T, a *admission, ip string) *address {
	t.Helper()
	v := come(a, ip)
	from, err := a.promote(&v.guest, v.request(), false)
	if err != nil {
		t.Fatalf("%s: %v", ip, err)
	}
	return from
}

// isFull checks that there is no user's place: 503 with Retry-After (PROTOCOL 1). A
// refusal takes none.
func isFull(t *testing.T, a *admission, ip string) {
	t.Helper()
	for range 3 {
		v := come(a, ip)
		_, err := a.promote(&v.guest, v.request(), false)
		var rejection *handshake.Rejection
		if !errors.As(err, &rejection) || rejection.Status != http.StatusServiceUnavailable || rejection.Header.Get("Retry-After") == "" {
			t.Errorf("%s: got %v, want 503 with Retry-After", ip, err)
		}
		a.leave(&v.guest)
	}
}

func isEmpty(t *testing.T, a *admission) {
	t.Helper()
	if a.users != 0 || a.guests != 0 || len(a.addresses) != 0 || a.rankings[handshaking].Len()+a.rankings[onPages].Len() != 0 {
		t.Errorf("left: %+v", a)
	}
}

func TestUsersPlaces(t *testing.T) {
	a := newAdmission(Limits{Users: 3, PerAddress: 2})
	first, second := user(t, a, "192.0.2.1"), user(t, a, "::ffff:192.0.2.1")
	isFull(t, a, "192.0.2.1")
	third := user(t, a, "192.0.2.2")
	isFull(t, a, "192.0.2.3")
	second.leave()
	second = user(t, a, "192.0.2.1")
	for _, from := range []*address{first, second, third} {
		from.leave()
	}
	isEmpty(t, a)
}

// An IPv6 customer has a /64 at least, and is one address.
func TestUsersOfANetwork(t *testing.T) {
	a := newAdmission(Limits{PerAddress: 2})
	user(t, a, "2001:db8::1")
	user(t, a, "2001:db8::ffff:1")
	isFull(t, a, "2001:db8::2")
	user(t, a, "2001:db8:0:1::1")
}

// Who comes from a proxy counts for whom it speaks, from the request on.
func TestUsersBehindAProxy(t *testing.T) {
	proxy := netip.MustParseAddr("10.0.0.1")
	client := netip.MustParseAddr("192.0.2.1")
	a := newAdmission(Limits{
		PerAddress: 2, Proxy: func(ip netip.Addr) bool { return ip == proxy },
		Client: func(*handshake.Request) netip.Addr { return client },
	})
	for range 2 * minGuests { // however many: it is not their address
		if v := come(a, "10.0.0.1"); v.ended {
			t.Fatal("a guest of the proxy has lost its place")
		}
	}
	user(t, a, "10.0.0.1")
	user(t, a, "192.0.2.1")
	isFull(t, a, "10.0.0.1")
	client = netip.MustParseAddr("192.0.2.2")
	user(t, a, "10.0.0.1")
}

// When all places are taken, the one who has waited longest gives way, of the
// address that has most; users never do.
func TestGuestsGiveWay(t *testing.T) {
	a := newAdmission(Limits{Users: 3, Sockets: 6})
	user(t, a, "192.0.2.9")
	greedy := []*visitor{come(a, "192.0.2.1"), come(a, "192.0.2.1"), come(a, "192.0.2.1")}
	modest := []*visitor{come(a, "192.0.2.2"), come(a, "192.0.2.2")}
	last := come(a, "192.0.2.3")
	for i, v := range append(greedy, append(modest, last)...) {
		if want := i == 0; v.ended != want {
			t.Errorf("guest %d: ended is %v", i, v.ended)
		}
	}
	if _, err := a.promote(&last.guest, last.request(), false); err != nil {
		t.Error(err)
	}
	come(a, "192.0.2.4")
	come(a, "192.0.2.4")
	if !greedy[1].ended && !modest[0].ended || modest[1].ended || greedy[2].ended {
		t.Errorf("with as many each: %v %v", greedy, modest)
	}
	if a.users+a.guests != 6 {
		t.Errorf("%d users and %d guests have 6 places", a.users, a.guests)
	}
}

// An address may have as many guests as users, and some for pages.
func TestGuestsOfAnAddress(t *testing.T) {
	a := newAdmission(Limits{PerAddress: 100})
	first := come(a, "192.0.2.1")
	for range 99 {
		come(a, "192.0.2.1")
	}
	if come(a, "192.0.2.2"); first.ended {
		t.Error("the first guest has lost its place too early")
	}
	if come(a, "192.0.2.1"); !first.ended {
		t.Error("the first guest of too many has its place still")
	}
}

// The page that was asked for longest ago gives way to a new one, and all pages to
// who shakes hands, where they are more.
func TestPagesGiveWay(t *testing.T) {
	a := newAdmission(Limits{Users: 9, Sockets: 10, Pages: 3})
	var all []*visitor
	for range 3 {
		v := come(a, "192.0.2.1")
		a.move(&v.guest, onPages, v)
		all = append(all, v)
	}
	a.move(&all[0].guest, onPages, all[0]) // is asked again
	v := come(a, "192.0.2.2")
	a.move(&v.guest, onPages, v)
	if all[0].ended || !all[1].ended || all[2].ended || v.ended {
		t.Errorf("%v %v", all, v)
	}
	if a.move(&all[1].guest, onPages, all[1]) {
		t.Error("who has lost its place has one again")
	}
	for i := range 8 {
		user(t, a, fmt.Sprint("192.0.3.", i))
	}
	if !all[2].ended || all[0].ended || v.ended {
		t.Errorf("%v %v", all, v)
	}
}

// However they come and go, as many places are counted as are taken.
func TestPlacesAreCounted(t *testing.T) {
	const most, mostOfOne = 50, 20
	a := newAdmission(Limits{Users: most - 10, PerAddress: mostOfOne, Sockets: most, Pages: 10})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 2000 {
				v := &passer{ip: netip.AddrFrom4([4]byte{192, 0, 2, byte(random.IntN(5))})}
				v.owner = v
				a.arrive(&v.guest, v.ip)
				if random.IntN(3) == 0 && a.move(&v.guest, onPages, v) {
					a.move(&v.guest, handshaking, v)
				}
				if from, err := a.promote(&v.guest, &handshake.Request{Remote: netip.AddrPortFrom(v.ip, 1)}, false); err == nil {
					from.leave()
				} else {
					a.leave(&v.guest)
				}
			}
		})
	}
	all.Wait()
	isEmpty(t, a)
}

// passer is a visitor that others may send away.
type passer struct {
	guest
	ip netip.Addr
}

func (*passer) giveWay() {}

// What an unfinished handshake costs beside the kernel's part: 700 bytes, with a
// head of some hundred bytes in it.
func TestUnfinishedHandshakeIsSmall(t *testing.T) {
	const conn, head = unsafe.Sizeof(Conn{}), 256
	if size := conn + unsafe.Sizeof(shake{}) + head + unsafe.Sizeof(dueAt{}); size > 700-unsafe.Sizeof(address{}) {
		t.Errorf("%d bytes, and %d for an address", size, unsafe.Sizeof(address{}))
	}
}

// Silent connections fill the server, and all their places; a user gets in, and they
// are the ones who go.
func TestSilenceKeepsNobodyOut(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		const sockets = 20
		ts := d.shake(t, &Server{Timeout: time.Hour, Limits: Limits{Users: sockets - 5, Sockets: sockets}})
		var idle []net.Conn
		for range sockets / 2 {
			conn := ts.dial()
			get(t, conn, bufio.NewReader(conn))
			idle = append(idle, conn)
		}
		for range 2 * sockets {
			idle = append(idle, ts.dial())
		}
		eventually(t, "all places are taken", func() bool { return ts.admission.count() == sockets })
		for range sockets - 5 {
			conn := ts.dial()
			transmit(t, conn, Upgrade)
			wantStatus(t, bufio.NewReader(conn), http.StatusSwitchingProtocols)
		}
		conn := ts.dial()
		transmit(t, conn, Upgrade)
		wantStatus(t, bufio.NewReader(conn), http.StatusServiceUnavailable)
		if _, err := idle[0].Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("the oldest guest: %v, want the end", err)
		}
	})
}

// A login that is refused when its handler is asked for holds no user's place while its
// connection ends, which may take the client some time.
func TestRefusedEntryIsNoUser(t *testing.T) {
	refused := func() (Handler, error) { return nil, full("banned", "no") }
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{Limits: Limits{Users: 1, PerAddress: 1, Sockets: 2}, Endpoints: map[string]Endpoint{
			"/refused": func(*handshake.Request) (Acceptance, error) { return Acceptance{Enter: refused}, nil },
			"/later":   func(*handshake.Request) (Acceptance, error) { return Acceptance{Enter: refused, MayBlock: true}, nil },
			"/socket": func(*handshake.Request) (Acceptance, error) {
				return Acceptance{Enter: func() (Handler, error) { return Echo{}, nil }}, nil
			},
		}})
		for _, path := range []string{"/refused", "/later", "/refused", "/later"} {
			conn := ts.dial() // and it stays
			transmit(t, conn, Instead("/socket", path))
			wantStatus(t, bufio.NewReader(conn), http.StatusServiceUnavailable)
			ts.admission.mu.Lock()
			users := ts.admission.users
			ts.admission.mu.Unlock()
			if conns := ts.Loops.Len(); users != 0 || conns != 0 {
				t.Errorf("%s: %d users and %d connections, want none", path, users, conns)
			}
		}
		conn := ts.dial()
		transmit(t, conn, Upgrade)
		wantStatus(t, bufio.NewReader(conn), http.StatusSwitchingProtocols)
	})
}

// The time of a handshake ends with the request: a store that is asked for the handler
// has its own, and its no is an answer.
func TestEntryHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{Loops: bubbleLoops(t), Endpoints: map[string]Endpoint{"/socket": func(*handshake.Request) (Acceptance, error) {
			return Acceptance{MayBlock: true, Enter: func() (Handler, error) {
				time.Sleep(2 * defaultTimeout)
				return nil, full("full", "no")
			}}, nil
		}}}
		ln := newScriptedListener()
		client, far := net.Pipe()
		ln.results <- far
		done := make(chan error)
		go func() { done <- s.Serve(ln) }()
		go client.Write([]byte(Upgrade))
		wantStatus(t, bufio.NewReader(client), http.StatusServiceUnavailable)
		client.Close()
		s.Close()
		s.Loops.Close()
		<-done
	})
}

// An upgrade whose handler is waited for when a drain begins is handed over, not cut
// off: the drain waits for it.
func TestEntryDuringDrain(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		waiting, release := make(chan struct{}), make(chan struct{})
		ts := d.shake(t, &Server{Endpoints: map[string]Endpoint{"/socket": func(*handshake.Request) (Acceptance, error) {
			return Acceptance{
				Enter:    func() (Handler, error) { close(waiting); <-release; return Echo{}, nil },
				MayBlock: true, Abandon: func(Handler) { t.Error("it was given up") },
			}, nil
		}}})
		conn := ts.dial()
		transmit(t, conn, Upgrade)
		within(t, waiting, "the entry")
		drained := make(chan error, 1)
		go func() { drained <- ts.Loops.Drain(t.Context(), 0) }()
		eventually(t, "it drains", ts.Loops.draining.Load)
		close(release)
		r := bufio.NewReader(conn)
		wantStatus(t, r, http.StatusSwitchingProtocols)
		behind, _ := r.Peek(r.Buffered())
		c := &client{Peer: frametest.NewPeer(conn, frame.Client, behind), t: t, conn: conn}
		c.wantClose(frame.GoingAway, shutdownReason)
		c.Close(frame.GoingAway, "")
		if err := within(t, drained, "the drain"); err != nil {
			t.Error(err)
		}
	})
}

// A handler that has to be waited for is waited for, by everybody at once; who has
// gone meanwhile never opens.
func TestEntryThatTakesItsTime(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		const n = maxEntries + 10
		waiting, release := make(chan struct{}, n), make(chan struct{})
		abandoned, opened := make(chan Handler, n), make(chan struct{}, n)
		endpoint := func(*handshake.Request) (Acceptance, error) {
			return Acceptance{
				Enter: func() (Handler, error) {
					waiting <- struct{}{}
					<-release
					r := newRecord()
					r.onOpen = func(*Conn) { opened <- struct{}{} }
					return r, nil
				},
				MayBlock: true,
				Abandon:  func(h Handler) { abandoned <- h },
			}, nil
		}
		ts := d.shake(t, &Server{Endpoints: map[string]Endpoint{"/socket": endpoint}})
		patient, gone := ts.dial(), ts.dial()
		transmit(t, gone, Upgrade)
		within(t, waiting, "the first")
		transmit(t, patient, Upgrade)
		within(t, waiting, "the second")
		for range n - 2 { // more than wait at a time
			transmit(t, ts.dial(), Upgrade)
		}
		other := ts.dial() // is served meanwhile
		get(t, other, bufio.NewReader(other))
		for _, l := range ts.Loops.loops { // as its timeout would
			l.do(func() {
				for _, c := range l.conns {
					if c != nil && c.state == entering && c.shake().remote.String() == gone.LocalAddr().String() {
						c.vanished()
					}
				}
			})
		}
		close(release)
		wantStatus(t, bufio.NewReader(patient), http.StatusSwitchingProtocols)
		within(t, abandoned, "the handler of who has gone")
		for range n - 1 {
			within(t, opened, "the others")
		}
		if len(abandoned) > 0 || len(opened) > 0 {
			t.Errorf("%d more were abandoned, %d opened", len(abandoned), len(opened))
		}
	})
}
