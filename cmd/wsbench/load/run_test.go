package load

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// drivers are the two ways in which connections are served.
var drivers = []struct {
	name    string
	streams bool
}{{"bare", false}, {"streams", true}}

// short is a configuration for a run of some tenths of a second.
func short(mode Mode, url string) *Config {
	return &Config{
		Mode: mode, URL: url, Conns: 8, Size: 128, Senders: 3, Inflight: 4,
		Settle: 10 * time.Millisecond, Warmup: 20 * time.Millisecond, Time: 100 * time.Millisecond, Timeout: 10 * time.Second,
	}
}

// runs runs c by each driver.
func runs(t *testing.T, c *Config, check func(t *testing.T, r *Result, err error)) {
	t.Helper()
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			c := *c
			c.streams = d.streams
			if err := c.Check(); err != nil {
				t.Fatal(err)
			}
			r, err := Run(t.Context(), &c)
			check(t, r, err)
		})
	}
}

// wantGood is the check of a run in which all went well.
func wantGood(t *testing.T, r *Result, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !r.Checks.Good() || r.Checks.Received == 0 || r.Skipped > 0 { // there may be none in the window, on a busy machine
		t.Errorf("not good: %+v, %d not sent", r.Checks, r.Skipped)
	}
	if r.Messages > r.Checks.Received || r.Latency.Count() > r.Checks.Received {
		t.Errorf("%d messages in the window, %d latencies, %d in all", r.Messages, r.Latency.Count(), r.Checks.Received)
	}
}

func TestGoodServer(t *testing.T) {
	s := serve(t, faithful)
	for _, row := range []struct {
		name string
		mode Mode
		path string
		set  func(*Config)
	}{
		{"echo", Echo, "/echo", func(*Config) {}},
		{"echo, of the least size", Echo, "/echo", func(c *Config) { c.Size = markLen }},
		{"echo, in frames with 8 bytes of length", Echo, "/echo", func(c *Config) { c.Size, c.Inflight = 1<<16, 1 }},
		{"echo, longer than what is read at once", Echo, "/echo", func(c *Config) { c.Size, c.Conns, c.Inflight = 300<<10, 2, 2 }},
		{"echo, open loop", Echo, "/echo", func(c *Config) { c.Rate = 500 }},
		{"echo, with a protocol around", Echo, "/echo", func(c *Config) { c.Prefix, c.Suffix = "{i}:", ":{i}" }},
		{"fan", Fan, "/fan", func(*Config) {}},
		{"fan, with a protocol around", Fan, "/fan", func(c *Config) { c.Prefix, c.Suffix = `{"text":"`, `","by":"{i}"}` }},
		{"fan, open loop", Fan, "/fan", func(c *Config) { c.Rate = 300 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := short(row.mode, s.url+row.path)
			row.set(c)
			runs(t, c, wantGood)
		})
	}
}

// An open loop sends what its rate says.
func TestOpenLoopKeepsItsRate(t *testing.T) {
	s := serve(t, faithful)
	c := short(Echo, s.url+"/echo")
	c.Rate, c.Warmup, c.Time = 1000, 0, 200*time.Millisecond
	runs(t, c, func(t *testing.T, r *Result, err error) {
		if err != nil || r.Sent != 200 || r.Checks.Received != 200 {
			t.Errorf("%v; sent %d, received %d, want 200", err, r.Sent, r.Checks.Received)
		}
	})
}

// In an open loop latency counts from the time a message was due: a server that
// stands still for long is seen in many messages, not in one.
func TestNoCoordinatedOmission(t *testing.T) {
	const stall = 300 * time.Millisecond
	s := serve(t, func(n int, message []byte) [][]byte {
		if n == 50 {
			<-time.After(stall)
		}
		return [][]byte{message}
	})
	c := short(Echo, s.url+"/echo")
	c.Conns, c.Rate, c.Warmup, c.Time = 1, 500, 0, 500*time.Millisecond
	runs(t, c, func(t *testing.T, r *Result, err error) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Latency.Count() != r.Sent {
			t.Errorf("%d messages were due in the window, %d were counted", r.Sent, r.Latency.Count())
		}
		// 150 of 250 messages were due within the stall, and waited for its end.
		if q := r.Latency.Quantile(0.7); q < stall/6 {
			t.Errorf("three tenths of the messages waited for %v and more, want %v", q, stall/6)
		}
		if longest := r.Latency.Quantile(1); longest < stall*127/128 {
			t.Errorf("the longest latency is %v, want %v at least", longest, stall)
		}
	})
}

// What a server does wrong is found, and told as what it is.
func TestBadServer(t *testing.T) {
	// The messages that are in flight from the start are four: 0 to 3.
	once := func(at int, f func(message []byte) [][]byte) fault {
		return func(n int, message []byte) [][]byte {
			if n == at {
				return f(message)
			}
			return [][]byte{message}
		}
	}
	for _, row := range []struct {
		name  string
		fault func() fault
		found func(Checks) bool
	}{
		{"drops one", func() fault { return once(2, func([]byte) [][]byte { return nil }) },
			func(c Checks) bool {
				return c.Lost > 0 && c.Lost == c.GapMessages && c.Duplicates+c.Late+c.Corrupt == 0
			}},
		{"doubles one", func() fault { return once(2, func(m []byte) [][]byte { return [][]byte{m, m} }) },
			func(c Checks) bool { return c.Duplicates > 0 && c.Lost+c.Gaps+c.Late+c.Corrupt == 0 }},
		{"swaps two", swapper,
			func(c Checks) bool { return c.Gaps > 0 && c.Late == c.Gaps && c.Lost+c.Duplicates+c.Corrupt == 0 }},
		{"cuts one", func() fault { return once(2, func(m []byte) [][]byte { return [][]byte{m[:len(m)-1]} }) },
			func(c Checks) bool { return c.Corrupt > 0 && c.Lost+c.Gaps+c.Late+c.Duplicates == 0 }},
		{"changes a byte", func() fault {
			return func(_ int, m []byte) [][]byte { m[len(m)-1] ^= 1; return [][]byte{m} }
		}, func(c Checks) bool { return c.Corrupt > 0 && c.Lost+c.Gaps+c.Late+c.Duplicates == 0 }},
	} {
		for _, mode := range []Mode{Echo, Fan} {
			t.Run(row.name+"/"+string(mode), func(t *testing.T) {
				runs(t, func() *Config {
					c := short(mode, serve(t, row.fault()).url+"/"+string(mode))
					c.Conns, c.Senders, c.Timeout = 2, 1, time.Second
					return c
				}(), func(t *testing.T, r *Result, err error) {
					if err != nil {
						t.Fatal(err)
					}
					if r.Good(mode) || !row.found(r.Checks) {
						t.Errorf("found %+v", r.Checks)
					}
				})
			})
		}
	}
}

// swapper keeps the third message back until after the fourth.
func swapper() fault {
	var mu sync.Mutex
	kept := make(map[string][]byte) // by sender, as its mark has it
	return func(n int, m []byte) [][]byte {
		if n != 2 && n != 3 {
			return [][]byte{m}
		}
		mu.Lock()
		defer mu.Unlock()
		sender := string(m[16:20])
		if n == 2 {
			kept[sender] = m
			return nil
		}
		return [][]byte{m, kept[sender]}
	}
}

// With {j} a message that comes back to its sender has come to the wrong one.
func TestPartnersOnly(t *testing.T) {
	c := short(Echo, serve(t, faithful).url+"/echo")
	c.Prefix, c.Rate, c.Timeout = "{j}:", 200, time.Second
	runs(t, c, func(t *testing.T, r *Result, err error) {
		if err == nil && (r.Checks.Corrupt == 0 || r.Checks.Received != 0) {
			t.Errorf("found %+v", r.Checks)
		}
		if err != nil && !strings.Contains(err.Error(), "none of its messages") {
			t.Error(err)
		}
	})
}

// What the server refuses or ends is an error that says so.
func TestServerThatFails(t *testing.T) {
	s := serve(t, faithful)
	for _, row := range []struct {
		name string
		want string
		set  func(*Config)
	}{
		{"refuses", "403", func(c *Config) { c.URL += "?refuse" }},
		{"is not there", "refused", func(c *Config) { c.URL = "ws://127.0.0.1:1/" }},
		{"has no such page", "404", func(c *Config) { c.URL = s.url + "/nothing" }},
	} {
		for _, mode := range []Mode{Idle, Connect} {
			t.Run(row.name+"/"+string(mode), func(t *testing.T) {
				c := short(mode, s.url+"/echo")
				row.set(c)
				runs(t, c, func(t *testing.T, r *Result, err error) {
					if err == nil || !strings.Contains(err.Error(), row.want) {
						t.Errorf("%v, want one with %q", err, row.want)
					}
				})
			})
		}
	}
}

func TestNothingComesBack(t *testing.T) {
	s := serve(t, func(int, []byte) [][]byte { return nil })
	c := short(Echo, s.url+"/echo")
	c.Timeout, c.Time = 300*time.Millisecond, 5*time.Second
	runs(t, c, func(t *testing.T, r *Result, err error) {
		if err == nil || !strings.Contains(err.Error(), "none of its messages has come back") {
			t.Errorf("got %v", err)
		}
	})
}

// Each connection has its own number in URL and hello.
func TestHandshakeAndHello(t *testing.T) {
	for _, d := range drivers {
		s := serve(t, faithful)
		c := short(Idle, s.url+"/echo?userId={i}")
		c.streams = d.streams
		c.Hello = "I am {i}"
		c.Subprotocol = "known"
		r, err := Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		s.ended.Wait()
		heads, texts := strings.Join(s.heads, " "), strings.Join(s.texts, "|")
		for i := range c.Conns {
			if !strings.Contains(heads, numbered("userId={i}", i)) || !strings.Contains(texts, numbered("I am {i}", i)) {
				t.Errorf("%s: connection %d is not in %s, %s", d.name, i, heads, texts)
			}
		}
		if len(s.texts) != c.Conns || r.CleanCloses != uint64(c.Conns) {
			t.Errorf("%s: %d hellos, %d clean closes", d.name, len(s.texts), r.CleanCloses)
		}
	}
}

func TestUnknownSubprotocol(t *testing.T) {
	c := short(Idle, serve(t, faithful).url+"/echo")
	c.Subprotocol = "unknown"
	runs(t, c, func(t *testing.T, r *Result, err error) {
		if err == nil || !strings.Contains(err.Error(), "chose no subprotocol") {
			t.Error(err)
		}
	})
}

func TestConnect(t *testing.T) {
	s := serve(t, faithful)
	c := short(Connect, s.url+"/echo?userId={i}")
	c.Time = time.Second // a whole handshake takes its time on a busy machine
	runs(t, c, func(t *testing.T, r *Result, err error) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Handshakes == 0 {
			t.Error("no handshakes")
		}
	})
}

// The end of the context ends a run, with its cause.
func TestCancel(t *testing.T) {
	s := serve(t, faithful)
	for _, mode := range []Mode{Echo, Fan, Idle, Connect} {
		c := short(mode, s.url+"/echo")
		if mode == Fan {
			c.URL = s.url + "/fan"
		}
		c.Time = time.Hour
		for _, d := range drivers {
			c.streams = d.streams
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if _, err := Run(ctx, c); err == nil {
				t.Errorf("%s, %s: no error", mode, d.name)
			}
			cancel()
		}
	}
}

// A run tells when its load begins.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	c := short(Echo, serve(t, faithful).url+"/echo")
	c.Progress = &out
	if _, err := Run(t.Context(), c); err != nil || out.String() != "wsbench: the load begins\n" {
		t.Errorf("%v, %q", err, out.String())
	}
}
