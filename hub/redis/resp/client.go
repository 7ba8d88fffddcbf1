package resp

import "context"

// Client is connected to a Redis server or cluster, or trying to be. Safe for
// concurrent use.
type Client struct{}

// Open starts a client and returns at once; commands may be given to it before
// the first connection stands. An error means that the URL is not valid, or that
// its CA file cannot be read.
func Open(c Config) (*Client, error) { return &Client{}, nil }

// Do sends a command, and has done called with its reply, or with what went
// wrong: a *ServerError, ErrUnavailable, ErrTimeout or ErrClosed. It never
// blocks, and done is never called from within it, but from a goroutine of the
// client, once, in the order of the replies of a connection; so done must not
// block either.
//
// An error of Do means that the command is not sent and done is not called:
// ErrUnavailable, ErrBusy or ErrClosed.
//
// The key says which node of a cluster is meant; "" means any. The arguments are
// string, []byte, int, int64 or uint64, the first may be a *Script; others panic.
// They are not kept.
func (c *Client) Do(key string, done func(Reply, error), args ...any) error {
	return ErrUnavailable
}

// Call is Do that waits for the reply, or until ctx is done; then the command may
// still happen.
func (c *Client) Call(ctx context.Context, key string, args ...any) (Reply, error) {
	return Reply{}, ErrUnavailable
}

// Subscribe has what is published on a channel (SPUBLISH) handed to
// Config.Message until Unsubscribe. It only notes that, and does not block; when
// it has effect Config.Subscribed is told. Subscribing again what is subscribed
// does nothing.
func (c *Client) Subscribe(channel string) {}

// Unsubscribe ends that. A message that is on its way may still be handed out.
func (c *Client) Unsubscribe(channel string) {}

// Up tells whether all of Redis can be reached: all masters, for commands and for
// subscriptions, and in a cluster all slots.
func (c *Client) Up() bool { return false }

// Stats returns what has been done so far.
func (c *Client) Stats() Stats { return Stats{} }

// Close ends all connections. Commands without reply fail with ErrClosed, and all
// callbacks have returned when it does.
func (c *Client) Close() {}

// Stats counts, from the start of the client on.
type Stats struct {
	Commands    uint64 // sent, those of the client itself and repetitions included
	Replies     uint64
	Messages    uint64 // of subscribed channels
	Writes      uint64 // system calls
	Reads       uint64 // system calls
	BytesOut    uint64
	BytesIn     uint64
	Connections uint64 // made
}
