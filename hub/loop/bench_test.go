package loop

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"wschat/frame"
)

// counted is an Item that tells when it has been appended for all.
type counted struct {
	text
	left atomic.Int64
	done chan struct{}
}

func (x *counted) AppendFrame(dst []byte, to Handler) []byte {
	if x.left.Add(-1) == 0 {
		x.done <- struct{}{}
	}
	return x.text.AppendFrame(dst, to)
}

// fanOut is a list whose members read and throw away.
type fanOut struct {
	list    *List
	members int64
}

func (d driver) fanOut(t testing.TB, members int) *fanOut {
	s := d.serve(t, Config{})
	f := &fanOut{list: s.NewList(), members: int64(members)}
	for range members {
		c := s.dial(quiet{})
		f.joinAll(s)
		go io.Copy(io.Discard, c.conn)
	}
	return f
}

// quiet is a Handler that does nothing.
type quiet struct{}

func (quiet) Open(*Conn)                          {}
func (quiet) Message(*Conn, frame.Opcode, []byte) {}
func (quiet) Closed(*Conn, frame.CloseCode)       {}

// joinAll puts all connections of s into the list.
func (f *fanOut) joinAll(s *server) {
	for _, l := range s.loops {
		l.do(func() {
			for _, c := range l.openConns() {
				f.list.shards[l.index].join(c)
			}
		})
	}
}

// publish publishes n messages, and waits for each window of them.
func (f *fanOut) publish(n int) {
	const window = 16
	message := strings.Repeat("128 byte", 16)
	for n > 0 {
		now := min(n, window)
		item := &counted{text: text(message), done: make(chan struct{})}
		item.left.Store(int64(now) * f.members)
		for range now {
			f.list.Publish(item)
		}
		<-item.done
		n -= now
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, d := range drivers {
		for _, members := range []int{10, 1000} {
			if d.tls && members > 10 {
				continue // its handshakes alone take seconds
			}
			b.Run(fmt.Sprint(d.name, "/", members), func(b *testing.B) {
				f := d.fanOut(b, members)
				f.publish(100)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				b.ResetTimer()
				f.publish(b.N)
				b.StopTimer()
				runtime.ReadMemStats(&after)
				deliveries := float64(b.N) * float64(members)
				b.ReportMetric(float64(after.Mallocs-before.Mallocs)/deliveries, "allocs/delivery")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/deliveries, "ns/delivery")
			})
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, d := range drivers {
		for _, size := range []int{128, 16 << 10} {
			b.Run(fmt.Sprint(d.name, "/", size), func(b *testing.B) {
				c := d.serve(b, Config{}).dial(Echo{})
				sent := masked(frame.Binary, string(make([]byte, size)))
				got := make([]byte, len(sent)-4)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := c.Raw(sent); err != nil {
						b.Fatal(err)
					}
					if _, err := io.ReadFull(c.conn, got); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// A delivery by epoll takes no memory of its own.
func TestDeliveriesDoNotAllocate(t *testing.T) {
	const members, publishes, most = 100, 200, 0.1
	f := drivers[0].fanOut(t, members)
	f.publish(100)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f.publish(publishes)
	runtime.ReadMemStats(&after)
	if got := float64(after.Mallocs-before.Mallocs) / (members * publishes); got > most && runtime.GOOS == "linux" {
		t.Errorf("%.3f allocations for a delivery, want %v at most", got, most)
	}
}
