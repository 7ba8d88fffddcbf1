//go:build e2e && linux

package nodes

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// BenchmarkPresence is of users who come to one of three nodes, and then go, one after the
// other, by how many are online and are told. What the nodes ask Redis in any case is taken
// off.
func BenchmarkPresence(b *testing.B) {
	for _, online := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("online=%d", online), func(b *testing.B) { benchmarkPresence(b, online) })
	}
}

func benchmarkPresence(b *testing.B, online int) {
	s := startWith(b, 3, "-presence", "all")
	var coming sync.WaitGroup
	const hands = 32
	for hand := range hands {
		coming.Go(func() {
			for i := hand; i < online-1; i += hands {
				c, err := s.nodes[i%len(s.nodes)].Open(fmt.Sprint("/socket?userId=u", i))
				if err != nil {
					b.Error(err)
					return
				}
				b.Cleanup(func() { c.Conn.Close() })
				c.Conn.SetDeadline(time.Time{})
				go io.Copy(io.Discard, c.Conn) // ends with the benchmark, which closes it
			}
		})
	}
	coming.Wait()
	watch := s.open(b, 1, "watcher")
	last := s.open(b, 0, "last") // who is told of all the others first
	hear(b, watch, "用户(last)登录了")
	last.Conn.Close()
	hear(b, watch, "用户(last)退出了")
	before, began := s.cost(b), time.Now()
	time.Sleep(4 * time.Second)
	usual := (s.cost(b).commands - before.commands) / time.Since(began).Seconds()

	guests := make([]*target.Client, b.N)
	phase := func(what string, do func(i int)) {
		before, began := s.cost(b), time.Now()
		for i := range guests {
			do(i)
		}
		after, took := s.cost(b), time.Since(began)
		b.ReportMetric((after.commands-before.commands-usual*took.Seconds())/float64(b.N), "commands/"+what)
		b.ReportMetric(float64((after.redis-before.redis).Microseconds())/float64(b.N), "redis-µs/"+what)
		b.ReportMetric(float64((after.nodes-before.nodes).Microseconds())/float64(b.N), "nodes-µs/"+what)
	}
	b.ResetTimer()
	phase("login", func(i int) {
		guests[i] = s.open(b, i, fmt.Sprint("guest", i))
		go io.Copy(io.Discard, guests[i].Conn)
		hear(b, watch, fmt.Sprintf("用户(guest%d)登录了", i))
	})
	phase("exit", func(i int) {
		guests[i].Conn.Close()
		hear(b, watch, fmt.Sprintf("用户(guest%d)退出了", i))
	})
}

// hear reads up to a line.
func hear(b *testing.B, c *target.Client, line string) {
	b.Helper()
	for {
		text, err := c.NextText()
		if err != nil {
			b.Fatalf("no %q: %v", line, err)
		}
		if text == line {
			return
		}
	}
}
