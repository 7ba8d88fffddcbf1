package suite

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"wschat/cmd/wsbench/process"
)

// row is one measurement, which becomes a line of the table.
type row struct {
	name    string // for choosing it
	title   string
	unit    string
	kinds   []kind // of servers that can do it
	once    bool   // one round is enough, since it takes long
	tls     bool   // over TLS
	measure func(b *bench, s Subject) (sample, error)
}

// sample is what one measurement of a row has given.
type sample struct {
	value  float64 // in the row's unit
	others float64 // CPU of other processes, in percent of a core
}

var (
	all      = []kind{chat, plain, echo}
	rooms    = []kind{chat, plain}
	chatOnly = []kind{chat}
)

// rows are the measurements, in the order of the table.
func rows() []row {
	const (
		perMessage   = "server_cpu_us_per_message"
		perDelivery  = "server_cpu_us_per_delivery"
		perHandshake = "server_cpu_us_per_handshake"
		perMB        = "server_cpu_us_per_mb"
		perConn      = "server_rss_bytes_per_conn"
	)
	return []row{
		{name: "echo-1000", title: "echo, 1,000 connections, 1 in flight", unit: "µs CPU/message", kinds: all, measure: echoing(perMessage, "--conns", "1000")},
		{name: "echo-100x16", title: "echo, 100 connections, 16 in flight", unit: "µs CPU/message", kinds: all, measure: echoing(perMessage, "--conns", "100", "--inflight", "16")},
		{name: "echo-rate", title: "echo, 5,000/s over 1,000 connections", unit: "µs CPU/message", kinds: all, measure: echoing(perMessage, "--conns", "1000", "--rate", "5000")},
		{name: "echo-64k", title: "echo of 64 KiB, 50 connections", unit: "µs CPU/message", kinds: all, measure: echoing(perMessage, "--conns", "50", "--size", "65536")},
		{name: "mb-64k", title: "the same, for each MB", unit: "µs CPU/MB", kinds: all, measure: echoing(perMB, "--conns", "50", "--size", "65536")},
		{name: "mb-1m", title: "echo of 1 MiB, 10 connections, for each MB", unit: "µs CPU/MB", kinds: all, measure: echoing(perMB, "--conns", "10", "--size", "1048576")},
		{name: "burst", title: "memory kept a minute after a burst of 1 MiB messages", unit: "KiB", kinds: rooms, once: true, measure: burst},
		{name: "fan-1000x1", title: "fan-out to 1,000, 1 sender", unit: "µs CPU/delivery", kinds: rooms, measure: fanning(perDelivery, lineText, "--conns", "1000")},
		{name: "fan-100x16", title: "fan-out to 100, 16 senders", unit: "µs CPU/delivery", kinds: rooms, measure: fanning(perDelivery, lineText, "--conns", "100", "--senders", "16")},
		{name: "fan-1000x16", title: "fan-out to 1,000, 16 senders", unit: "µs CPU/delivery", kinds: rooms, measure: fanning(perDelivery, lineText, "--conns", "1000", "--senders", "16")},
		{name: "fan-10000x16", title: "fan-out to 10,000, 16 senders", unit: "µs CPU/delivery", kinds: rooms, measure: fanning(perDelivery, lineText, "--conns", "10000", "--senders", "16")},
		{name: "fan-json", title: "fan-out of JSON to 1,000, 16 senders", unit: "µs CPU/delivery", kinds: rooms, measure: fanning(perDelivery, jsonText, "--conns", "1000", "--senders", "16")},
		{name: "connect", title: "connect, upgrade, close", unit: "µs CPU/handshake", kinds: all, measure: connecting(perHandshake)},
		{name: "memory-echo", title: "memory of an idle connection on /echo, 10,000", unit: "bytes", kinds: all, measure: idling(perConn, false, "--conns", "10000", "--secs", "1")},
		{name: "memory-echo-1000", title: "the same with 1,000", unit: "bytes", kinds: all, measure: idling(perConn, false, "--conns", "1000", "--secs", "1")},
		{name: "memory-user", title: "memory of an idle user in a group, 10,000", unit: "bytes", kinds: rooms, measure: idling(perConn, true, "--conns", "10000", "--secs", "1")},
		{name: "tls-echo-1000", title: "TLS: echo, 1,000 connections, 1 in flight", unit: "µs CPU/message", kinds: rooms, tls: true, measure: secured(echoing(perMessage, "--insecure", "--conns", "1000"))},
		{name: "tls-fan-1000x16", title: "TLS: fan-out to 1,000, 16 senders", unit: "µs CPU/delivery", kinds: rooms, tls: true, measure: secured(fanning(perDelivery, lineText, "--insecure", "--conns", "1000", "--senders", "16"))},
		{name: "tls-connect", title: "TLS: connect, whole handshake, upgrade, close", unit: "µs CPU/handshake", kinds: rooms, tls: true, measure: secured(connecting(perHandshake, "--insecure"))},
		{name: "tls-resume", title: "TLS: connect, resume, upgrade, close", unit: "µs CPU/handshake", kinds: rooms, tls: true, measure: secured(connecting(perHandshake, "--insecure", "--resume"))},
		{name: "tls-memory", title: "TLS: memory of an idle connection behind a message of 16 KiB each way, 2,000", unit: "bytes", kinds: rooms, tls: true,
			measure: secured(idling(perConn, false, "--insecure", "--conns", "2000", "--secs", "1", "--hello", strings.Repeat("x", 16<<10)))},
		{name: "latency-fan", title: "fan-out to 1,000, 100 messages/s: p99", unit: "µs", kinds: rooms, measure: fanning("latency_us_p99", lineText, "--conns", "1000", "--senders", "10", "--rate", "100")},
		{name: "latency-flood", title: "fan-out to 10,000, 16 senders: p99", unit: "µs", kinds: rooms, measure: fanning("latency_us_p99", lineText, "--conns", "10000", "--senders", "16")},
		{name: "private", title: "private message beside that flood: p99", unit: "µs", kinds: chatOnly, measure: private},
		{name: "beside-0", title: "echo, 100 connections, no others", unit: "µs CPU/message", kinds: all, measure: beside(0)},
		{name: "beside-10000", title: "echo, 100 connections beside 10,000 idle ones", unit: "µs CPU/message", kinds: all, measure: beside(10000)},
		{name: "idle-cpu", title: "10,000 idle users for a minute, default pings", unit: "% of a core", kinds: chatOnly, once: true, measure: idling("server_cpu_percent", true, "--conns", "10000", "--secs", "60")},
		{name: "one-core", title: "fan-out, server and load on one core", unit: "deliveries/s", kinds: rooms, measure: together(1)},
		{name: "two-cores", title: "fan-out, server and load on two cores", unit: "deliveries/s", kinds: rooms, measure: together(2)},
		{name: "data", title: "-data: acknowledged messages, 200 senders", unit: "messages/s", kinds: chatOnly, measure: durable("messages_per_s")},
		{name: "data-p50", title: "the same: median time to the ack", unit: "µs", kinds: chatOnly, measure: durable("latency_us_p50")},
		{name: "fsync", title: "fsync of 4 KiB in that directory: median", unit: "µs", kinds: chatOnly, measure: fsyncs},
	}
}

// ratios are lines that follow from two others.
var ratios = []struct{ title, of, by string }{
	{"CPU a delivery: 10,000 members ÷ 1,000", "fan-10000x16", "fan-1000x16"},
	{"CPU a MB: 1 MiB ÷ 64 KiB", "mb-1m", "mb-64k"},
	{"CPU a message: 10,000 idle beside ÷ none", "beside-10000", "beside-0"},
	{"deliveries/s: two cores ÷ one", "two-cores", "one-core"},
}

// can reports whether a server can do the row.
func (r row) can(s Subject) bool {
	return slices.Contains(r.kinds, s.kind) && (s.kind == chat || r.tls == s.isTLS())
}

// take loads a server that runs.
func (b *bench) take(r *running, figure string, args ...string) (sample, error) {
	f, err := b.load(r, b.client, args...)
	return f.sample(figure, err)
}

// takeBeside loads a server beside another load of ours, which has begun: what that uses
// does not count as a disturbance.
func (b *bench) takeBeside(r *running, other *loader, figure string, args ...string) (sample, error) {
	defer other.stop()
	if err := other.begin(); err != nil {
		return sample{}, err
	}
	got, err := b.take(r, figure, args...)
	got.others = 0
	return got, err
}

// once starts the server, loads it, and stops it.
func (b *bench) once(s Subject, figure string, args ...string) (sample, error) {
	r, err := b.start(s, b.server)
	if err != nil {
		return sample{}, err
	}
	defer r.stop()
	return b.take(r, figure, args...)
}

func (b *bench) echoArgs(s Subject, args ...string) []string {
	return append([]string{"echo", "--url", s.Base + "/echo", "--secs", b.secs}, args...)
}

func echoing(figure string, args ...string) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) { return b.once(s, figure, b.echoArgs(s, args...)...) }
}

// protocol is how wschat is spoken to. Other servers get the same payloads.
type protocol int

const (
	lineText protocol = iota
	jsonText
)

// fanArgs are the arguments for members of one group: through the chat where
// there is one, as everybody would use it.
func (b *bench) fanArgs(mode string, s Subject, p protocol, args ...string) []string {
	all := []string{mode, "--url", s.Base + "/fan?room=a"}
	if s.kind == chat {
		all = []string{mode, "--url", s.Base + "/socket?userId={i}"}
		if p == jsonText {
			all = append(all, "--subprotocol", "wschat.v1.json", "--hello", `{"op":"join","group":"groupA"}`)
		} else {
			all = append(all, "--hello", "join,groupA")
		}
	}
	if mode == "fan" {
		all = append(all, "--secs", b.secs)
		if p == jsonText {
			all = append(all, "--prefix", `{"op":"send","to":"groupA","text":"`, "--suffix", `"}`)
		} else if s.kind == chat {
			all = append(all, "--prefix", "groupA,")
		}
	}
	return append(all, args...)
}

func fanning(figure string, p protocol, args ...string) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) {
		return b.once(s, figure, b.fanArgs("fan", s, p, args...)...)
	}
}

func connecting(figure string, args ...string) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) {
		return b.once(s, figure, append([]string{"connect", "--url", s.Base + "/echo", "--secs", b.secs}, args...)...)
	}
}

func idling(figure string, member bool, args ...string) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) {
		if member {
			return b.once(s, figure, b.fanArgs("idle", s, lineText, args...)...)
		}
		return b.once(s, figure, append([]string{"idle", "--url", s.Base + "/echo"}, args...)...)
	}
}

// beside measures echo while a number of other connections do nothing.
func beside(idle int) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) {
		args := b.echoArgs(s, "--conns", "100")
		if idle == 0 {
			return b.once(s, "server_cpu_us_per_message", args...)
		}
		r, err := b.start(s, b.server)
		if err != nil {
			return sample{}, err
		}
		defer r.stop()
		idlers, err := b.startLoad(r, b.client, "idle", "--url", s.Base+"/echo", "--conns", strconv.Itoa(idle), "--secs", "3600")
		if err != nil {
			return sample{}, err
		}
		return b.takeBeside(r, idlers, "server_cpu_us_per_message", args...)
	}
}

// burst measures how much more memory is resident a minute after 50 connections
// have sent messages of 1 MiB than when they had sent small ones only.
func burst(b *bench, s Subject) (sample, error) {
	r, err := b.start(s, b.server)
	if err != nil {
		return sample{}, err
	}
	defer r.stop()
	if _, err := b.load(r, b.client, b.echoArgs(s, "--conns", "50")...); err != nil {
		return sample{}, err
	}
	before, err := process.Read(r.pid)
	if err != nil {
		return sample{}, err
	}
	if _, err := b.load(r, b.client, b.echoArgs(s, "--conns", "50", "--size", "1048576")...); err != nil {
		return sample{}, err
	}
	select {
	case <-time.After(time.Minute):
	case <-b.ctx.Done():
		return sample{}, context.Cause(b.ctx)
	}
	after, err := process.Read(r.pid)
	return sample{value: float64(after.RSS-before.RSS) / 1024}, err
}

// private measures messages between two users, while others flood a group. The
// flood gives way to them where both want the load's core.
func private(b *bench, s Subject) (sample, error) {
	r, err := b.start(s, b.server)
	if err != nil {
		return sample{}, err
	}
	defer r.stop()
	gentle := b.client
	gentle.nice = true
	flood, err := b.startLoad(r, gentle, b.fanArgs("fan", s, lineText, "--conns", "10000", "--senders", "16", "--warmup", "0", "--secs", "3600")...)
	if err != nil {
		return sample{}, err
	}
	return b.takeBeside(r, flood, "latency_us_p99",
		"echo", "--url", s.Base+"/socket?userId=p{i}", "--prefix", "p{j},", "--conns", "2", "--rate", "100", "--secs", b.secs)
}

// together measures fan-out with server and load on the same cores: with one
// for each, the load would be what more cores of the server are wasted on.
func together(count int) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) {
		if !b.pinned {
			return sample{}, errNoPinning
		}
		on := cores{list: "0-" + strconv.Itoa(count-1), count: count}
		r, err := b.start(s, on)
		if err != nil {
			return sample{}, err
		}
		defer r.stop()
		f, err := b.load(r, on, b.fanArgs("fan", s, lineText, "--conns", "1000", "--senders", "16")...)
		return f.sample("deliveries_per_s", err)
	}
}
