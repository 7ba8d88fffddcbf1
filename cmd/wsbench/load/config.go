package load

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// Mode is the kind of load.
type Mode string

// The kinds of load.
const (
	Echo    Mode = "echo"    // each connection sends, and gets each message back
	Fan     Mode = "fan"     // some connections send, and all get each message
	Idle    Mode = "idle"    // connections that do nothing
	Connect Mode = "connect" // connections that are opened and closed at once
)

// Config is what Run does. Texts may hold {i}, which becomes the connection's
// number, 100000, 100001 and so on; in Connect every new connection has the
// next number.
type Config struct {
	Mode        Mode
	URL         string // ws or wss; may hold {i}
	Subprotocol string // offered in the handshake; "": none
	Hello       string // a text message right after the handshake; "": none; may hold {i}
	Conns       int    // connections; in Connect, at a time
	Insecure    bool   // wss: any certificate is as good as another
	Resume      bool   // wss: sessions are resumed, as far as the server lets them

	// Prefix and Suffix stand around each payload, for servers with a protocol
	// of their own. They may hold {i}, and in Echo {j}: the number of the
	// connection's partner (0 and 1, 2 and 3, ...). With {j} in the prefix each
	// message has to reach the partner, and not its sender.
	Prefix, Suffix string
	Size           int  // bytes of payload, without prefix and suffix; markLen at least
	Loose          bool // Echo: the server may put text before and after what it got

	Senders  int     // Fan: how many of Conns send
	Inflight int     // closed loop: messages in flight for each sender
	Rate     float64 // open loop: messages a second of all senders; 0: closed loop

	Settle  time.Duration // nothing has to come for so long before the load begins
	Warmup  time.Duration
	Time    time.Duration // of the measured window
	Timeout time.Duration // of a handshake; without any answer to a sender; for what is outstanding at the end

	PID      int       // the server's process; 0: its CPU and memory are not told
	Progress io.Writer // gets a line when all connections are open and the load begins; nil: none

	streams bool        // goroutines serve the connections, as over TLS
	tls     *tls.Config // set by Run
}

// clientTLS is for all connections, which share their sessions.
func (c *Config) clientTLS() *tls.Config {
	config := &tls.Config{InsecureSkipVerify: c.Insecure}
	if c.Resume {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	return config
}

// burst is how many handshakes are under way at most, but in Connect.
const burst = 100

// Check reports what is wrong with c, in one line that uses the names of the
// command's options.
func (c *Config) Check() error {
	u, err := url.Parse(strings.NewReplacer("{i}", "100000", "{j}", "100000").Replace(c.URL))
	switch {
	case c.URL == "":
		return errors.New("--url is needed")
	case err != nil || (u.Scheme != "ws" && u.Scheme != "wss") || u.Host == "":
		return fmt.Errorf("--url: expected ws://HOST:PORT/PATH or wss://…, got %q", c.URL)
	case u.Scheme == "ws" && (c.Insecure || c.Resume):
		return errors.New("--insecure and --resume are for wss")
	case c.Conns < 1 || c.Conns > 1<<16:
		return fmt.Errorf("--conns: expected 1 to %d, got %d", 1<<16, c.Conns)
	case c.Time <= 0:
		return fmt.Errorf("--secs: expected more than 0, got %v", c.Time.Seconds())
	case c.Warmup < 0 || c.Settle < 0:
		return errors.New("--warmup and --settle: expected 0 or more")
	case c.Timeout <= 0:
		return errors.New("--timeout: expected more than 0")
	}
	if c.Mode == Echo || c.Mode == Fan {
		return c.checkMessages()
	}
	return nil
}

// checkMessages is Check for the modes that send any.
func (c *Config) checkMessages() error {
	const head = headLen - markLen - 128 // what the server may put before it fits as well
	switch {
	case c.Size < markLen || c.Size > 64<<20:
		return fmt.Errorf("--size: expected %d (the length of a message's mark) to %d, got %d", markLen, 64<<20, c.Size)
	case len(c.Prefix) > head:
		return fmt.Errorf("--prefix: expected %d bytes at most, got %d", head, len(c.Prefix))
	case c.Inflight < 1 || c.Inflight > 1<<16:
		return fmt.Errorf("--inflight: expected 1 to %d, got %d", 1<<16, c.Inflight)
	case c.Rate < 0 || c.Rate > 1e7:
		return fmt.Errorf("--rate: expected 0 (closed loop) to 10000000, got %v", c.Rate)
	case c.Mode == Fan && (c.Senders < 1 || c.Senders > c.Conns):
		return fmt.Errorf("--senders: expected 1 to --conns, which is %d, got %d", c.Conns, c.Senders)
	case c.Mode == Fan && strings.Contains(c.Prefix, "{j}"):
		return errors.New("--prefix: {j} is for echo")
	case c.pairs() && c.Conns%2 != 0:
		return fmt.Errorf("--conns: expected an even number, since {j} makes pairs, got %d", c.Conns)
	case c.pairs() && c.Rate == 0:
		return errors.New("--prefix with {j} needs --rate, since nothing tells a sender when to send the next")
	}
	return nil
}

// pairs reports whether messages go from a connection to its partner.
func (c *Config) pairs() bool { return c.Mode == Echo && strings.Contains(c.Prefix, "{j}") }

// numbered replaces {i} in s by the number of connection i, and {j} by that of
// its partner.
func numbered(s string, i int) string {
	if !strings.Contains(s, "{") {
		return s
	}
	return strings.NewReplacer("{i}", fmt.Sprint(firstNumber+i), "{j}", fmt.Sprint(firstNumber+i^1)).Replace(s)
}

// firstNumber is the number of connection 0. All have six digits.
const firstNumber = 100000
