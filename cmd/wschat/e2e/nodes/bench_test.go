//go:build e2e && linux

package nodes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// What a message costs, by the number of nodes. The users of a group are spread
// over the nodes, so every message goes to every node; all run on this machine, and
// so do Redis and the clients.
//
//	go test -tags e2e -run '^$' -bench . ./cmd/wschat/e2e/nodes/
func BenchmarkGroups(b *testing.B) {
	for nodes := range 5 {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) { benchmarkGroups(b, nodes) })
	}
}

// started are the nodes of a benchmark, and their Redis; none: a single node that
// keeps messages in memory.
type started struct {
	redis *redistest.Server // nil: none
	nodes []*target.Server
}

func startBenchmark(b *testing.B, nodes int) started { return startWith(b, nodes, "-presence", "none") }

func startWith(b *testing.B, nodes int, flags ...string) started {
	b.Helper()
	s := started{}
	flags = append(flags, "-admin", "127.0.0.1:0", "-rate", "0", "-queue", "0")
	if nodes > 0 {
		s.redis = redistest.Start(b)
		flags = append(flags, "-redis", s.redis.URL())
	}
	for range max(1, nodes) {
		n := target.Start(b, flags...)
		if !target.Until(func() bool { return s.redis == nil || n.Metric("wschat_redis_up") == 1 }) {
			b.Fatal("a node never finds Redis")
		}
		s.nodes = append(s.nodes, n)
	}
	return s
}

// cost is what has been used up to some moment.
type cost struct {
	redis, nodes                                    time.Duration // of processors
	commands, writes, bytesOut, bytesIn, deliveries float64
}

func (s started) cost(b *testing.B) (c cost) {
	b.Helper()
	if s.redis != nil {
		for line := range strings.Lines(s.redis.CLI("info", "cpu")) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			if name == "used_cpu_sys" || name == "used_cpu_user" {
				seconds, _ := strconv.ParseFloat(value, 64)
				c.redis += time.Duration(seconds * float64(time.Second))
			}
		}
	}
	for _, n := range s.nodes {
		c.nodes += n.Processor()
		c.commands += n.Metric("wschat_redis_commands_total")
		c.writes += n.Metric("wschat_redis_writes_total")
		c.bytesOut += n.Metric("wschat_redis_written_bytes_total")
		c.bytesIn += n.Metric("wschat_redis_read_bytes_total")
		c.deliveries += n.Metric("wschat_deliveries_total")
	}
	return c
}

// report tells what each of n messages has cost.
func (c cost) report(b *testing.B, before cost, n float64) {
	b.ReportMetric(float64((c.redis-before.redis).Microseconds())/n, "redis-µs/msg")
	b.ReportMetric(float64((c.nodes-before.nodes).Microseconds())/n, "nodes-µs/msg")
	b.ReportMetric((c.commands-before.commands)/n, "commands/msg")
	b.ReportMetric((c.writes-before.writes)/n, "writes/msg")
	b.ReportMetric((c.bytesOut-before.bytesOut)/n, "B-to-redis/msg")
	b.ReportMetric((c.bytesIn-before.bytesIn)/n, "B-from-redis/msg")
	b.ReportMetric((c.deliveries-before.deliveries)/n, "deliveries/msg")
	b.ReportMetric(n/b.Elapsed().Seconds(), "msgs/s")
}

const (
	groups  = 8
	members = 12 // of each group
	window  = 64 // sends of one member without their own return
)

var text = strings.Repeat("x", 128)

// benchmarkGroups has one member of each group send, as fast as its own messages
// come back.
func benchmarkGroups(b *testing.B, nodes int) {
	s := startBenchmark(b, nodes)
	var senders, readers []*target.Client
	for g := range groups {
		for m := range members {
			c := s.open(b, g+m, fmt.Sprintf("u%d.%d", g, m))
			join(b, c, fmt.Sprintf("group%d", g))
			if m == 0 {
				senders = append(senders, c)
			} else {
				readers = append(readers, c)
			}
		}
	}
	each := b.N/groups + 1
	before := s.cost(b)
	b.ResetTimer()
	var busy sync.WaitGroup
	for g, c := range senders {
		busy.Go(func() {
			line := fmt.Sprintf("group%d,%s", g, text)
			for sent, back := 0, 0; back < each; {
				for sent < each && sent-back < window {
					if err := c.SendText(line); err != nil {
						b.Error(err)
						return
					}
					sent++
				}
				if !read(b, c) {
					return
				}
				back++
			}
		})
	}
	for _, c := range readers {
		busy.Go(func() {
			for range each {
				if !read(b, c) {
					return
				}
			}
		})
	}
	busy.Wait()
	b.StopTimer()
	s.cost(b).report(b, before, float64(each*groups))
}

// BenchmarkLatency is of one message at a time, from a user's send to another's
// read on the next node.
func BenchmarkLatency(b *testing.B) {
	for _, nodes := range []int{0, 1, 3} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			s := startBenchmark(b, nodes)
			from, to := s.open(b, 0, "from"), s.open(b, 1, "to")
			join(b, from, "groupX")
			join(b, to, "groupX")
			took := make([]time.Duration, 0, b.N)
			ticker := time.NewTicker(2 * time.Millisecond)
			defer ticker.Stop()
			b.ResetTimer()
			for range b.N {
				<-ticker.C
				began := time.Now()
				if err := from.SendText("groupX," + text); err != nil {
					b.Fatal(err)
				}
				if !read(b, to) {
					return
				}
				took = append(took, time.Since(began))
				read(b, from)
			}
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkPrivate is of private messages, from one node to the next.
func BenchmarkPrivate(b *testing.B) {
	s := startBenchmark(b, 2)
	from, to := s.open(b, 0, "from"), s.open(b, 1, "to")
	before := s.cost(b)
	b.ResetTimer()
	for sent, back := 0, 0; back < b.N; back++ {
		for sent < b.N && sent-back < window {
			if err := from.SendText("to," + text); err != nil {
				b.Fatal(err)
			}
			sent++
		}
		read(b, to)
	}
	b.StopTimer()
	s.cost(b).report(b, before, float64(b.N))
}

// BenchmarkIdle is what a node costs each second whose users say nothing, while
// others talk.
func BenchmarkIdle(b *testing.B) {
	s := startBenchmark(b, 2)
	for i := range 100 {
		join(b, s.open(b, 1, fmt.Sprint("idle", i)), "groupIdle")
	}
	from := s.open(b, 0, "from")
	join(b, from, "groupX")
	idle := started{nodes: s.nodes[1:]}
	before := idle.cost(b)
	b.ResetTimer()
	for range b.N {
		if err := from.SendText("groupX," + text); err != nil {
			b.Fatal(err)
		}
		read(b, from)
	}
	b.StopTimer()
	idle.cost(b).report(b, before, float64(b.N))
	after := idle.cost(b)
	b.ReportMetric((after.commands-before.commands)/b.Elapsed().Seconds(), "commands/s")
	b.ReportMetric(100*(after.nodes-before.nodes).Seconds()/b.Elapsed().Seconds(), "cpu-%")
}

// open connects a user to one of the nodes.
func (s started) open(b *testing.B, node int, user string) *target.Client {
	b.Helper()
	c, err := s.nodes[node%len(s.nodes)].Open("/socket?userId=" + user)
	if err != nil {
		b.Fatal(err)
	}
	c.Conn.SetDeadline(time.Time{})
	b.Cleanup(func() { c.Conn.Close() })
	return c
}

func join(b *testing.B, c *target.Client, group string) {
	b.Helper()
	if err := c.SendText("join," + group); err != nil {
		b.Fatal(err)
	}
	read(b, c)
}

// read takes one message, and reports whether there was one.
func read(b *testing.B, c *target.Client) bool {
	if _, err := c.NextText(); err != nil {
		b.Error(err)
		return false
	}
	return true
}

// BenchmarkLogin is of users who come, each a member of nothing, and stay.
func BenchmarkLogin(b *testing.B) {
	for _, nodes := range []int{0, 1} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			s := startBenchmark(b, nodes)
			s.open(b, 0, "first")
			rss := s.nodes[0].Usage().RSS
			before := s.cost(b)
			b.ResetTimer()
			var busy sync.WaitGroup
			const hands = 16
			for hand := range hands {
				busy.Go(func() {
					for i := hand; i < b.N; i += hands {
						c, err := s.nodes[0].Open(fmt.Sprint("/socket?userId=u", i))
						if err != nil {
							b.Error(err)
							return
						}
						b.Cleanup(func() { c.Conn.Close() })
					}
				})
			}
			busy.Wait()
			b.StopTimer()
			s.cost(b).report(b, before, float64(b.N))
			b.ReportMetric(float64(s.nodes[0].Usage().RSS-rss)/float64(b.N), "RSS-B/user")
		})
	}
}
