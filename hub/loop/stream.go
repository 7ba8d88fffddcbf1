package loop

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// streamInput is what one read from a stream takes at most.
	streamInput = 8 << 10
	// streamOutput is what a stream takes over at once, as a socket's own
	// buffer would.
	streamOutput = 64 << 10
)

// stream makes a net.Conn look like a descriptor that never blocks. A goroutine
// reads, one buffer ahead; another writes, and lives only while there is
// something to write. Both tell the loop through its mailbox.
type stream struct {
	nc   net.Conn
	conn *Conn
	more chan struct{} // the reader may read on; closed with the stream

	mu      sync.Mutex
	in      []byte // read, not yet taken by the loop
	inErr   error
	out     []byte // taken over from the loop, not yet written
	outErr  error
	last    []byte // to be written behind out, before the stream is closed
	writing bool   // the writer is under way
	finish  bool   // no more to write after out
	waits   bool   // the reader waits until it may read on
	stepped bool   // it does so each time, until next
	closed  bool
	rested  chan struct{} // closed when nothing is being written any more; nil: nobody waits for that
}

func newStream(nc net.Conn, c *Conn) *stream {
	return &stream{nc: nc, conn: c, more: make(chan struct{}, 1)}
}

// start begins to read.
func (s *stream) start() { s.conn.loop.loops.running.Go(s.readOn) }

func (s *stream) readOn() {
	buf := make([]byte, streamInput)
	for {
		n, err := s.nc.Read(buf)
		if n == 0 && err == nil {
			continue
		}
		s.mu.Lock()
		s.in, s.inErr, s.waits = buf[:n], err, true
		s.mu.Unlock()
		s.conn.tellReadable()
		if _, ok := <-s.more; !ok || err != nil {
			return
		}
	}
}

func (s *stream) tellWritable() {
	c := s.conn
	c.loop.mail.call(func() { c.loop.touch(c) })
}

// read takes what has been read ahead.
func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.in) > 0 {
		n := copy(p, s.in)
		s.in = s.in[n:]
		if len(s.in) > 0 || s.inErr != nil {
			defer s.conn.tellReadable()
		} else if !s.stepped {
			s.readMore()
		}
		return n, nil
	}
	if s.inErr == io.EOF {
		return 0, nil
	}
	if s.inErr != nil {
		return 0, s.inErr
	}
	return 0, errAgain
}

// readMore lets the reader read on, if it waits for that. The lock is held.
func (s *stream) readMore() {
	if s.waits {
		s.waits = false
		s.more <- struct{}{} // never blocks: the reader waits for it
	}
}

// next lets the reader of a stream that is stepped read on, each time or, if free is set, from now on.
func (s *stream) next(free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stepped {
		return
	}
	s.stepped = !free
	if len(s.in) == 0 && s.inErr == nil && !s.closed {
		s.readMore()
	}
}

// stop ends the reader of a stream that is stepped, and leaves the net.Conn as it
// is.
func (s *stream) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writing {
		s.rested = make(chan struct{})
		s.mu.Unlock()
		<-s.rested
		s.mu.Lock()
	}
	s.closed = true
	close(s.more)
}

// resume tells once more what there is to read, to a loop that had put it off.
func (s *stream) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.in) > 0 || s.inErr != nil {
		s.conn.tellReadable()
	}
}

// write takes over what it has room for.
func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outErr != nil {
		return 0, s.outErr
	}
	if s.writing {
		return 0, errAgain
	}
	s.out = append(s.out, p[:min(len(p), streamOutput)]...)
	s.begin()
	return len(s.out), nil
}

// isWriting reports whether some of what was taken over is not written yet; it
// is told when it is.
func (s *stream) isWriting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writing
}

// hasWritten reports whether all that was taken over is written.
func (s *stream) hasWritten() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.writing && s.outErr == nil
}

// begin starts the writer. The lock is held.
func (s *stream) begin() {
	s.writing = true
	s.conn.loop.loops.running.Go(s.writeOut)
}

func (s *stream) writeOut() {
	for more := true; more; {
		var err error
		if len(s.out) > 0 { // nobody changes it while writing is set
			_, err = s.nc.Write(s.out)
		}
		s.mu.Lock()
		s.out, s.outErr, s.last = s.last, err, nil
		if more = len(s.out) > 0 && err == nil; more {
			s.mu.Unlock()
		}
	}
	s.out, s.writing = nil, false
	closed := s.closed
	finish := s.finish && !closed
	if s.rested != nil {
		close(s.rested)
	}
	s.mu.Unlock()
	switch {
	case closed:
		s.nc.Close()
	case finish:
		finishWrite(s.nc)
	}
	s.tellWritable()
}

// finishWrite ends the write side, or all where there are no sides.
func finishWrite(nc net.Conn) {
	if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		return
	}
	nc.Close()
}

// closeWrite ends the write side once what was taken over is written.
func (s *stream) closeWrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finish {
		return
	}
	s.finish = true
	if !s.writing {
		s.begin()
	}
}

// writeLast takes over p, whatever is under way. Only close may follow.
func (s *stream) writeLast(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = bytes.Clone(p)
	if !s.writing {
		s.begin()
	}
}

// lastWords is how long what was taken over may take to be written when the stream is
// closed: what a socket has taken it sends, too.
const lastWords = 200 * time.Millisecond

// close ends both goroutines.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	close(s.more)
	if s.writing { // the writer closes it
		s.nc.SetWriteDeadline(time.Now().Add(lastWords))
		return
	}
	s.nc.Close()
}
