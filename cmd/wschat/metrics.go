package main

import (
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"

	"wschat/cmd/wschat/metric"
	"wschat/frame"
	"wschat/handshake"
	"wschat/hub/loop"
)

// handshakes counts those that succeed. Safe for concurrent use.
type handshakes struct {
	mu   sync.Mutex
	took loop.Histogram
}

func (h *handshakes) note(took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.took.Observe(took, 1)
}

func (h *handshakes) write(t *metric.Text) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.Histogram("wschat_handshake_seconds", "From a TCP connection to the WebSocket connection.", &h.took)
}

// observe notes what has become of a handshake.
func (s *server) observe(refused *handshake.Rejection, from netip.Addr, took time.Duration) {
	if refused != nil {
		s.refusals.note(refused, from)
	} else {
		s.handshakes.note(took)
	}
}

// metrics serves /metrics.
func (s *server) metrics(w http.ResponseWriter, _ *http.Request) {
	var t metric.Text
	users, groups := s.engine.Counts()
	t.Gauge("wschat_users", "Users online.", float64(users))
	t.Gauge("wschat_groups", "Groups with members.", float64(groups))
	s.writeLoops(&t)
	s.handshakes.write(&t)
	s.refusals.write(&t)
	s.writeBounds(&t)
	s.writeStore(&t)
	s.writeFiles(&t)
	t.Counter("wschat_log_lines_dropped_total", "Log lines that could not be written, or not soon enough.", float64(s.unlogged.Load()))
	writeProcess(&t)
	w.Header().Set("Content-Type", metric.ContentType)
	w.Write(t.Bytes())
}

func (s *server) writeLoops(t *metric.Text) {
	stats := s.loops.Stats()
	t.Gauge("wschat_connections", "Open connections.", float64(stats.Conns))
	t.Gauge("wschat_queued_bytes", "Bytes that wait for readers.", float64(stats.Queued))
	t.Gauge("wschat_memory_budget_bytes", "Memory that the server may take; 0: no limit.", float64(s.memory))
	t.GaugeBy("wschat_memory_held_bytes", "Memory that counts against the budget, by what takes it.", "by", map[string]int64{
		"unfinished": stats.Unfinished, "outboxes": stats.Waiting, "shared": stats.Shared, "mailboxes": stats.Mailboxes, "messages": s.kept().Held(),
	})
	t.CounterBy("wschat_connections_evicted_total", "Connections that were closed for the memory that they held, by what held it.", "by", stats.Evicted)
	t.Counter("wschat_connections_opened_total", "Connections since the start.", float64(stats.Opened))
	closed := make(map[string]uint64)
	for code, n := range stats.Closed {
		closed[codeName(code)] = n
	}
	t.CounterBy("wschat_connections_closed_total", "Connections that ended, by close code.", "code", closed)
	t.CounterBy("wschat_messages_received_total", "Messages from clients, by kind.", "kind", map[string]uint64{"text": stats.Text, "binary": stats.Binary})
	t.Counter("wschat_deliveries_total", "Messages to clients, each recipient counted.", float64(stats.Sent))
	t.CounterBy("wschat_frames_malformed_total", "Breaches of RFC 6455 by clients, by kind.", "kind", stats.Malformed)
	t.Counter("wschat_read_bytes_total", "Bytes read from clients after the handshake.", float64(stats.ReadBytes))
	t.Counter("wschat_written_bytes_total", "Bytes written to clients, handshakes included.", float64(stats.WrittenBytes))
	t.Histogram("wschat_delivery_seconds", "From a message being stored to its being handed to a recipient's socket or queue.", &stats.Delivery)
}

func codeName(code frame.CloseCode) string {
	if code == 0 {
		return "other"
	}
	return strconv.Itoa(int(code))
}

// writeProcess writes what the Go runtime and the system say of the process,
// under the names that Prometheus' own clients use.
func writeProcess(t *metric.Text) {
	t.Gauge("go_goroutines", "Goroutines.", float64(runtime.NumGoroutine()))
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	t.Gauge("go_memstats_heap_alloc_bytes", "Bytes of objects on the heap.", float64(samples[0].Value.Uint64()))
	t.Gauge("go_memstats_sys_bytes", "Bytes that the runtime has from the system.", float64(samples[1].Value.Uint64()))
	t.Counter("go_gc_cycles_total", "Garbage collections.", float64(samples[2].Value.Uint64()))
	if cpu := processorTime(); cpu > 0 {
		t.Counter("process_cpu_seconds_total", "Processor time of the process.", cpu.Seconds())
	}
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil { // Linux
		t.Gauge("process_open_fds", "Open descriptors.", float64(len(fds)))
	}
}
