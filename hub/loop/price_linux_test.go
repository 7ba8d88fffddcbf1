package loop

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// processorTime returns the time on the processor that a loop has used, which must be
// locked to its thread.
func processorTime(b *testing.B, l *Loop) (used time.Duration) {
	b.Helper()
	l.do(func() {
		const thread = 1 // RUSAGE_THREAD
		var r syscall.Rusage
		if err := syscall.Getrusage(thread, &r); err != nil {
			b.Fatal(err)
		}
		used = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	})
	return used
}

// BenchmarkDelivery is what a delivery to one of 1,000 members costs a server, on the
// processor, by the size of the message: deliveryPrice and kibPrice.
func BenchmarkDelivery(b *testing.B) {
	for _, size := range []int{128, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			const members = 1000
			s := drivers[0].serve(b, Config{Loops: 1})
			f := &fanOut{list: s.NewList(), members: members}
			for range members {
				c := s.dial(quiet{})
				go io.Copy(io.Discard, c.conn)
			}
			f.joinAll(s)
			l := s.loops[0]
			l.do(runtime.LockOSThread)
			began := processorTime(b, l)
			for b.Loop() {
				item := &counted{text: text(strings.Repeat("x", size)), done: make(chan struct{}, 1)}
				item.left.Store(members)
				f.list.Publish(item)
				<-item.done
			}
			b.ReportMetric(float64(processorTime(b, l)-began)/float64(b.N*members), "processor-ns/delivery")
			b.ReportMetric(0, "ns/op")
		})
	}
}
