package load

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"wschat/cmd/wsbench/process"
	"wschat/frame"
)

const canConnectBare = true

// sources is how many source addresses loopback connections use in turn, so
// that ports which wait to be used again do not run out.
const sources = 8

const ipBindAddressNoPort = 24 // the port is chosen by connect, for this peer alone

// connector opens and closes connections by bare system calls.
type connector struct {
	config   *Config
	head     []string // of the request, around the connection's number; the key follows
	to       syscall.Sockaddr
	family   int
	loopback bool
	poll     *epoll
	base     time.Time
	all      []attempt // by slot
	serial   int
	active   int
	from     time.Duration
	until    time.Duration
	rx, tx   []byte
	result   *Result
}

// attempt is one connection on its way.
type attempt struct {
	serial   int
	began    time.Duration
	key      string
	head     []byte // of an answer that is incomplete
	skim     skimmer
	upgraded bool
	answered bool // the close frame has come
	at       time.Duration
	live     bool
}

// connectBare is connect over plain TCP.
func connectBare(ctx context.Context, c *Config, host string, to *net.TCPAddr, r *Result) error {
	poll, err := newSockets(c.Conns)
	if err != nil {
		return err
	}
	defer poll.closeAll()
	k := &connector{config: c, head: c.request(host), poll: poll.(*epoll), base: time.Now(), all: make([]attempt, c.Conns), rx: make([]byte, readSize), result: r}
	k.setAddress(to)
	if r.Server.Start, err = process.Read(c.PIDs...); err != nil {
		return err
	}
	k.from = k.now() + c.Warmup
	k.until = k.from + c.Time
	for slot := range k.all {
		if err := k.start(int32(slot)); err != nil {
			return err
		}
	}
	var w window
	if err := k.turnUntil(ctx, k.from, false); err != nil {
		return err
	}
	if err := w.begin(c.PIDs); err != nil {
		return err
	}
	if err := k.turnUntil(ctx, k.until, false); err != nil {
		return err
	}
	if err := w.end(c.PIDs, r); err != nil {
		return err
	}
	return k.turnUntil(ctx, k.now()+c.Timeout, true)
}

func (k *connector) setAddress(to *net.TCPAddr) {
	k.loopback = to.IP.IsLoopback()
	if ip := to.IP.To4(); ip != nil {
		k.family = syscall.AF_INET
		k.to = &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(ip)}
		return
	}
	k.family, k.loopback = syscall.AF_INET6, false
	k.to = &syscall.SockaddrInet6{Port: to.Port, Addr: [16]byte(to.IP.To16())}
}

func (k *connector) now() time.Duration { return time.Since(k.base) }

// start begins the next connection, and sends its request at once if it can:
// over loopback it is mostly there when connect returns.
func (k *connector) start(slot int32) error {
	a := &k.all[slot]
	*a = attempt{serial: k.serial, began: k.now(), live: true, head: a.head[:0]}
	k.serial++
	fd, err := k.socket(a.serial)
	if err != nil {
		return k.fail(a, err)
	}
	k.active++
	if err := syscall.Connect(fd, k.to); err != nil && err != syscall.EINPROGRESS {
		syscall.Close(fd)
		return k.fail(a, os.NewSyscallError("connect", err))
	}
	var nonce [16]byte
	binary.NativeEndian.PutUint64(nonce[:], rand.Uint64())
	binary.NativeEndian.PutUint64(nonce[8:], rand.Uint64())
	a.key = base64.StdEncoding.EncodeToString(nonce[:])
	k.poll.fds[slot] = int32(fd)
	if k.request(slot, a) {
		return k.poll.addFD(fd, slot, readable)
	}
	return k.poll.addFD(fd, slot, readable|syscall.EPOLLOUT)
}

func (k *connector) socket(serial int) (int, error) {
	fd, err := syscall.Socket(k.family, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	if k.loopback {
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipBindAddressNoPort, 1)
		source := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + serial%sources)}}
		if err := syscall.Bind(fd, source); err != nil {
			syscall.Close(fd)
			return -1, os.NewSyscallError("bind", err)
		}
	}
	return fd, nil
}

// request sends the handshake, and reports whether it could.
func (k *connector) request(slot int32, a *attempt) bool {
	number := strconv.Itoa(firstNumber + a.serial)
	k.tx = append(k.tx[:0], k.head[0]...)
	for _, part := range k.head[1:] {
		k.tx = append(append(k.tx, number...), part...)
	}
	k.tx = append(append(k.tx, a.key...), "\r\n\r\n"...)
	n, err := k.poll.write(slot, k.tx)
	return err == nil && n == len(k.tx)
}

func (k *connector) fail(a *attempt, err error) error {
	return fmt.Errorf("connection %d: %w (%d handshakes had been done)", firstNumber+a.serial, err, k.serial-k.active)
}

// turnUntil serves sockets until then, or, with done, until all are closed.
func (k *connector) turnUntil(ctx context.Context, until time.Duration, done bool) error {
	var scanned time.Duration
	for now := k.now(); now < until; now = k.now() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if done && k.active == 0 {
			return nil
		}
		events, err := k.poll.wait(min(maxWait, until-now))
		if err != nil {
			return err
		}
		for _, ev := range events {
			if err := k.serve(ev); err != nil {
				return err
			}
		}
		if now > scanned+finPatience/2 {
			scanned = now
			if err := k.scan(now); err != nil {
				return err
			}
		}
	}
	if done && k.active > 0 {
		return fmt.Errorf("%d connections did not end within %v", k.active, k.config.Timeout)
	}
	return nil
}

// scan ends connections whose server answers the close frame but does not close,
// and finds those that take too long.
func (k *connector) scan(now time.Duration) error {
	for slot := range k.all {
		a := &k.all[slot]
		switch {
		case !a.live:
		case a.answered && now > a.at+finPatience:
			if err := k.finish(int32(slot), a); err != nil {
				return err
			}
		case now > a.began+k.config.Timeout:
			return k.fail(a, os.ErrDeadlineExceeded)
		}
	}
	return nil
}

func (k *connector) serve(ev event) error {
	a := &k.all[ev.slot]
	if ev.writable && a.live && !a.upgraded && !ev.hangup {
		if k.request(ev.slot, a) {
			return k.poll.again(ev.slot, false)
		}
	}
	if !ev.readable || !a.live {
		return nil
	}
	for {
		n, err := k.poll.read(ev.slot, k.rx)
		switch {
		case err == errAgain:
			return nil
		case err != nil || (n == 0 && !a.answered):
			if err == nil {
				err = errors.New("the server ended it")
			}
			return k.fail(a, err)
		case n == 0:
			k.result.CleanCloses++
			return k.finish(ev.slot, a)
		}
		if err := k.receive(ev.slot, a, k.rx[:n]); err != nil {
			return k.fail(a, err)
		}
		if n < len(k.rx) && !ev.hangup {
			return nil // the socket is empty
		}
	}
}

// receive takes the answer to the handshake, and then frames until the close
// frame.
func (k *connector) receive(slot int32, a *attempt, b []byte) error {
	if !a.upgraded {
		a.head = append(a.head, b...)
		end := bytes.Index(a.head, []byte("\r\n\r\n"))
		if end < 0 {
			if len(a.head) > 16<<10 {
				return errors.New("the answer to the handshake is longer than 16 KiB")
			}
			return nil
		}
		if err := accepts(a.head[:end+2], a.key); err != nil {
			return err
		}
		b = a.head[end+4:]
		k.upgraded(slot, a)
	}
	for len(b) > 0 {
		p, n, err := a.skim.next(b)
		if err != nil {
			return err
		}
		b = b[n:]
		if p.op == frame.Close {
			a.answered, a.at = true, k.now()
		}
	}
	return nil
}

// upgraded sends the hello messages and the close frame.
func (k *connector) upgraded(slot int32, a *attempt) {
	a.upgraded = true
	k.tx = k.tx[:0]
	for _, hello := range k.config.Hello {
		k.tx = frame.AppendMaskedFrame(k.tx, frame.Text, [4]byte{1, 2, 3, 4}, []byte(numbered(hello, a.serial)))
	}
	k.tx = closeFrame(k.tx)
	k.poll.write(slot, k.tx) // an error is told by the next read
}

// finish ends a connection and begins the next, while there is time.
func (k *connector) finish(slot int32, a *attempt) error {
	k.poll.close(slot)
	a.live = false
	k.active--
	now := k.now()
	if now >= k.from && now < k.until {
		k.result.Handshakes++
	}
	if now < k.until {
		return k.start(slot)
	}
	return nil
}
