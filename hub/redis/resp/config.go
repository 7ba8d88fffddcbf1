package resp

import (
	"log/slog"
	"time"
)

// Config says what a Client is connected to. The functions are called from
// goroutines of the client, and hold up what comes behind them; they must not
// call Close.
type Config struct {
	// URL is redis://[[user]:password@]host[:port][/db], or rediss:// for TLS; the
	// port is 6379 if there is none. ?ca=FILE names the certificates, in PEM, that
	// the server's is to be signed by instead of those of the system. In a cluster
	// it is one of the nodes; the others are found by themselves.
	URL string
	// PasswordFile has the password, with or without a line end; "": the URL has it, if there
	// is one.
	PasswordFile string
	// Scripts are those that Do may be given. They are loaded on each new connection.
	Scripts []*Script
	// Timeout bounds the wait for a reply and for a connection; 3 s if it is 0.
	Timeout time.Duration
	// Log gets a line when a connection is made or lost; nil: nothing is logged.
	Log *slog.Logger

	// State is called when Up changes; nil: it is not.
	State func(up bool)
	// Message gets what is published on the channels that are subscribed, in the
	// order of the node that has the channel. The payload is only valid until it
	// returns. Messages of different channels may come at the same time if there
	// are several nodes.
	Message func(channel string, payload []byte)
	// Subscribed is told whenever a subscription begins: upon Subscribe, and each
	// time after a connection was lost or a slot has moved. What was published
	// before that may have been missed, what comes after it goes to Message. It
	// may come more than once without such a gap.
	Subscribed func(channel string)
}
