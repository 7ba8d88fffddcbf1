//go:build redis

package resp

import (
	"strings"
	"sync"
	"testing"

	"wschat/hub/redis/redistest"
)

// BenchmarkDo measures commands of which 1,000 wait at a time, and what they cost
// besides: system calls and bytes.
func BenchmarkDo(b *testing.B) {
	c := open(b, Config{URL: redistest.Start(b).URL(), Scripts: []*Script{increase}})
	waitUp(b, c, true)
	body := []byte(strings.Repeat("x", 100))
	for _, row := range []struct {
		name string
		args []any
	}{
		{"SET", []any{"SET", "{c:a}k", body}},
		{"EVALSHA", []any{increase, 1}},
		{"SPUBLISH", []any{"SPUBLISH", "{c:a}", body}},
	} {
		b.Run(row.name, func(b *testing.B) {
			before := c.Stats()
			var running sync.WaitGroup
			room := make(chan struct{}, 1000)
			done := func(_ Reply, err error) {
				if err != nil {
					b.Error(err)
				}
				<-room
				running.Done()
			}
			b.ReportAllocs()
			for b.Loop() {
				room <- struct{}{}
				running.Add(1)
				if err := c.Do("{c:a}", done, row.args...); err != nil {
					b.Fatal(err)
				}
			}
			running.Wait()
			after := c.Stats()
			per := func(n uint64) float64 { return float64(n) / float64(b.N) }
			b.ReportMetric(per(after.Writes-before.Writes), "writes/op")
			b.ReportMetric(per(after.BytesOut-before.BytesOut), "out-B/op")
			b.ReportMetric(per(after.BytesIn-before.BytesIn), "in-B/op")
		})
	}
}

// BenchmarkMessage measures a message from SPUBLISH to Config.Message.
func BenchmarkMessage(b *testing.B) {
	server := redistest.Start(b)
	received := make(chan struct{}, 1000)
	subscribed := make(chan struct{}, 1)
	c := open(b, Config{URL: server.URL(),
		Subscribed: func(string) { subscribed <- struct{}{} },
		Message:    func(string, []byte) { received <- struct{}{} },
	})
	c.Subscribe("{c:a}")
	<-subscribed
	waitUp(b, c, true)
	body := []byte(strings.Repeat("x", 100))
	waiting := 0
	b.ReportAllocs()
	for b.Loop() {
		if waiting == cap(received) {
			<-received
			waiting--
		}
		if err := c.Do("{c:a}", nil, "SPUBLISH", "{c:a}", body); err != nil {
			b.Fatal(err)
		}
		waiting++
	}
	for ; waiting > 0; waiting-- {
		<-received
	}
}
