package load

import (
	"strings"
	"testing"
	"time"
)

// good is a configuration that Check passes.
func good(mode Mode) Config {
	return Config{
		Mode: mode, URL: "ws://127.0.0.1:1/echo?userId={i}", Conns: 2, Size: 128, Senders: 1, Inflight: 1,
		Time: time.Second, Timeout: time.Second,
	}
}

func TestCheck(t *testing.T) {
	for _, mode := range []Mode{Echo, Fan, Idle, Connect} {
		if c := good(mode); c.Check() != nil {
			t.Errorf("%s: %v", mode, c.Check())
		}
	}
	for _, row := range []struct {
		want  string // in the error
		mode  Mode
		spoil func(*Config)
	}{
		{"--url is needed", Echo, func(c *Config) { c.URL = "" }},
		{"--url: expected ws://", Echo, func(c *Config) { c.URL = "http://x/" }},
		{"--url: expected ws://", Echo, func(c *Config) { c.URL = "ws:///x" }},
		{"--conns", Idle, func(c *Config) { c.Conns = 0 }},
		{"--conns: expected 1 to 65536", Idle, func(c *Config) { c.Conns = 1 << 20 }},
		{"--secs", Idle, func(c *Config) { c.Time = 0 }},
		{"--warmup", Idle, func(c *Config) { c.Warmup = -1 }},
		{"--timeout", Idle, func(c *Config) { c.Timeout = 0 }},
		{"--size: expected 32", Echo, func(c *Config) { c.Size = 31 }},
		{"--inflight", Echo, func(c *Config) { c.Inflight = 0 }},
		{"--rate", Fan, func(c *Config) { c.Rate = -1 }},
		{"--prefix: expected", Fan, func(c *Config) { c.Prefix = strings.Repeat("x", headLen) }},
		{"--senders: expected 1 to --conns, which is 2, got 3", Fan, func(c *Config) { c.Senders = 3 }},
		{"{j} is for echo", Fan, func(c *Config) { c.Prefix = "{j}" }},
		{"expected an even number", Echo, func(c *Config) { c.Prefix, c.Conns, c.Rate = "{j}", 3, 1 }},
		{"{j} needs --rate", Echo, func(c *Config) { c.Prefix = "{j}" }},
	} {
		c := good(row.mode)
		row.spoil(&c)
		err := c.Check()
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want an error with %q, got %v", row.want, err)
		}
	}
}

func TestNumbered(t *testing.T) {
	for _, row := range []struct {
		text string
		i    int
		want string
	}{
		{"join,groupA", 3, "join,groupA"},
		{"/socket?userId={i}", 0, "/socket?userId=100000"},
		{"{i}-{i}", 17, "100017-100017"},
		{"{j}", 4, "100005"},
		{"{j}", 5, "100004"},
	} {
		if got := numbered(row.text, row.i); got != row.want {
			t.Errorf("%q for %d: %q, want %q", row.text, row.i, got, row.want)
		}
	}
}
