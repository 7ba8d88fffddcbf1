package resp

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Waits before a connection is made again.
const (
	firstPause = 50 * time.Millisecond
	maxPause   = 2 * time.Second
)

// service is what one connection of a node is for.
type service struct {
	purpose   string // in the log
	greetings [][]any
	reuse     bool                    // of replies
	begin     func(*link, []Reply)    // the connection stands; the greetings' replies
	wake      signal                  // there is something to be written
	take      func() []byte           // what is to be written now; what was taken before, is
	answer    func(reply Reply) error // an error ends the connection
	lost      func(err error)         // it is, or there was none
}

// keep makes a connection again and again, until the node ends.
func (n *node) keep(s service) {
	log := n.c.config.Log.With("redis", n.addr, "for", s.purpose)
	told := false // that there is no connection
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		l, replies, err := n.c.dial(n.context, n.addr, s.reuse, s.greetings)
		if err == nil {
			log.Info("redis connected")
			told = false
			begun := time.Now()
			stop := context.AfterFunc(n.context, l.close)
			s.begin(l, replies)
			err = l.serve(s)
			stop()
			if time.Since(begun) > maxPause {
				pause = firstPause
			}
		}
		s.lost(err)
		if n.context.Err() == nil && !told {
			log.Warn("redis not connected", "err", err)
			told = true
		}
		wait, stop := context.WithTimeout(n.context, pause/2+rand.N(pause/2))
		<-wait.Done()
		stop()
		if n.context.Err() != nil {
			return
		}
	}
}

// serve writes and reads until the connection is lost.
func (l *link) serve(s service) error {
	ended := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() { l.write(s, ended) })
	err := l.read(s)
	l.close()
	close(ended)
	writing.Wait()
	if l.hung.Load() {
		return ErrTimeout
	}
	return err
}

func (l *link) write(s service, ended <-chan struct{}) {
	for {
		out := s.take()
		if len(out) == 0 {
			select {
			case <-s.wake:
				continue
			case <-ended:
				return
			}
		}
		if _, err := l.conn.Write(out); err != nil {
			l.close() // the reader says what comes of it
			return
		}
	}
}

func (l *link) read(s service) error {
	for {
		reply, err := l.in.read()
		if err == nil {
			err = s.answer(reply)
		}
		if err != nil {
			return err
		}
	}
}

// signal wakes a goroutine, once however often it was set before.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) set() {
	select {
	case s <- struct{}{}:
	default:
	}
}
