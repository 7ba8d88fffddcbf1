package load

import (
	"net"
	"sync"
	"time"
)

// streams are the sockets of connections that a poller cannot serve: those over
// TLS, and all on systems without epoll. Each costs two goroutines.
type streams struct {
	all    []*stream // by slot
	ready  chan event
	events []event
	timer  *time.Timer
	done   chan struct{} // closed by closeAll
	ended  sync.WaitGroup
}

// stream is one of them. Its reading goroutine waits until what it has read has
// been taken, so that buf needs no lock.
type stream struct {
	nc     net.Conn
	unread []byte // of what the reading goroutine has read
	err    error  // of its last read
	taken  chan struct{}

	mu      sync.Mutex
	pending []byte // to be written
	wake    chan struct{}
}

func newStreams(conns int) *streams {
	s := &streams{all: make([]*stream, conns), ready: make(chan event, maxReady), done: make(chan struct{})}
	s.timer = time.NewTimer(0)
	return s
}

// maxReady is how many connections are told as ready at once.
const maxReady = 256

func (s *streams) add(nc net.Conn, slot int32) error {
	st := &stream{nc: nc, taken: make(chan struct{}, 1), wake: make(chan struct{}, 1)}
	s.all[slot] = st
	s.ended.Go(func() { s.readAll(st, slot) })
	s.ended.Go(func() { s.writeAll(st) })
	return nil
}

func (s *streams) readAll(st *stream, slot int32) {
	buf := make([]byte, 16<<10)
	for st.err == nil {
		n, err := st.nc.Read(buf)
		st.unread, st.err = buf[:n], err
		select {
		case s.ready <- event{slot: slot, readable: true, hangup: err != nil}:
		case <-s.done:
			return
		}
		select {
		case <-st.taken:
		case <-s.done:
			return
		}
	}
}

// writeAll ends with an error, which the reading goroutine meets as well.
func (s *streams) writeAll(st *stream) {
	for {
		select {
		case <-st.wake:
		case <-s.done:
			return
		}
		st.mu.Lock()
		out := st.pending
		st.pending = nil
		st.mu.Unlock()
		if _, err := st.nc.Write(out); err != nil {
			return
		}
	}
}

func (s *streams) wait(most time.Duration) ([]event, error) {
	s.events = s.events[:0]
	s.timer.Reset(max(most, 0))
	select {
	case ev := <-s.ready:
		s.events = append(s.events, ev)
	case <-s.timer.C:
		return nil, nil
	}
	for len(s.events) < maxReady {
		select {
		case ev := <-s.ready:
			s.events = append(s.events, ev)
		default:
			return s.events, nil
		}
	}
	return s.events, nil
}

// read is called only after readiness was told, or after a read that was not
// short. The last part of what was read lets the reading goroutine go on.
func (s *streams) read(slot int32, p []byte) (int, error) {
	st := s.all[slot]
	if len(st.unread) == 0 && st.err != nil {
		return 0, nil // the end, be it orderly or not
	}
	n := copy(p, st.unread)
	if st.unread = st.unread[n:]; len(st.unread) == 0 && st.err == nil {
		st.taken <- struct{}{}
	}
	return n, nil
}

// write takes everything: what waits is bounded by what may be in flight.
func (s *streams) write(slot int32, p []byte) (int, error) {
	st := s.all[slot]
	st.mu.Lock()
	st.pending = append(st.pending, p...)
	st.mu.Unlock()
	select {
	case st.wake <- struct{}{}:
	default:
	}
	return len(p), nil
}

// again is not called: a read of 16 KiB is short, and a write is complete.
func (s *streams) again(int32, bool) error { return nil }

func (s *streams) close(slot int32) {
	s.all[slot].nc.Close()
}

func (s *streams) closeAll() {
	close(s.done)
	s.timer.Stop()
	for _, st := range s.all {
		if st != nil {
			st.nc.Close()
		}
	}
	s.ended.Wait()
}
