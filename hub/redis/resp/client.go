package resp

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"
)

// Client is connected to a Redis server or cluster, or trying to be. Safe for
// concurrent use.
type Client struct {
	config   Config
	target   target
	counters counters

	context context.Context // until Close
	cancel  context.CancelFunc
	running sync.WaitGroup
	wake    signal // of watch: something has changed

	mu      sync.Mutex
	closed  bool
	clock   time.Duration // of the last tick; it stands still while the process does
	ticked  time.Time
	nodes   map[string]*node
	route   [slots]*node // who gets the commands
	owner   [slots]*node // who is to get them; differs while a node is held
	stale   bool         // the owners must be asked for
	asking  bool         // and are
	waiting int          // commands
	bytes   int          // of them
	failed  []outcome    // to be told by unlock

	channels      [slots]map[string]struct{} // that are to be subscribed, by slot
	subscriptions int                        // how many they are
	moved         map[int]bool               // slots whose channels must be subscribed (again)
	refused       []string                   // channels, to be tried again at the next tick
}

// outcome is that of a command without reply, to be told.
type outcome struct {
	done func(Reply, error)
	err  error
}

// Open starts a client and returns at once; commands may be given to it before
// the first connection stands. An error means that the URL is not valid, or that
// its CA file or that of the password cannot be read.
func Open(config Config) (*Client, error) {
	target, err := parseURL(config.URL)
	if err != nil {
		return nil, err
	}
	if err := target.readPassword(config.PasswordFile); err != nil {
		return nil, err
	}
	if err := target.prepareTLS(); err != nil {
		return nil, err
	}
	config.Timeout = cmp.Or(config.Timeout, 3*time.Second)
	config.Log = cmp.Or(config.Log, slog.New(slog.DiscardHandler))
	c := &Client{
		config: config, target: target, ticked: time.Now(), wake: newSignal(), nodes: map[string]*node{},
		moved: map[int]bool{},
	}
	c.context, c.cancel = context.WithCancel(context.Background())
	c.mu.Lock()
	defer c.mu.Unlock()
	seed := c.node(target.addr)
	for slot := range slots {
		c.route[slot], c.owner[slot] = seed, seed
	}
	c.count()
	c.running.Go(c.watch)
	return c, nil
}

// Do sends a command, and has done called with its reply, or with what went
// wrong: a *ServerError, ErrUnavailable, ErrTimeout or ErrClosed. It never
// blocks, and done is never called from within it, but from a goroutine of the
// client, once, in the order of the replies of a connection; so done must not
// block either. It may be nil.
//
// An error of Do means that the command is not sent and done is not called:
// ErrUnavailable, ErrBusy or ErrClosed.
//
// The key says which node of a cluster is meant; "" means any. The arguments are
// string, []byte, int, int64 or uint64; others panic. The first may be one of
// Config.Scripts; see Script. Arguments are not kept.
func (c *Client) Do(key string, done func(Reply, error), args ...any) error {
	slot := slotOf(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	n := c.routeTo(slot)
	if n == nil || n.state == down {
		return ErrUnavailable
	}
	if c.waiting >= maxPending || c.bytes >= maxWaiting {
		return ErrBusy
	}
	n.do(slot, key, done, args)
	return nil
}

// Ask is Do for a goroutine that waits for the reply: wait returns that, once, or the
// error of ctx when that is done first. Then the command may still happen.
func (c *Client) Ask(key string, args ...any) (wait func(ctx context.Context) (Reply, error)) {
	var reply Reply
	failed := make(chan error, 1)
	err := c.Do(key, func(r Reply, err error) {
		reply = r
		failed <- err
	}, args...)
	if err != nil {
		failed <- err
	}
	return func(ctx context.Context) (Reply, error) {
		select {
		case err := <-failed:
			return reply, err
		case <-ctx.Done():
			return Reply{}, ctx.Err()
		}
	}
}

// Close ends all connections. Commands without reply fail with ErrClosed, and all
// callbacks have returned when it does.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.running.Wait()
}

// unlock gives the lock back, and then tells those whose commands have failed
// under it.
func (c *Client) unlock() {
	failed := c.failed
	c.failed = nil
	c.mu.Unlock()
	for _, f := range failed {
		f.done(Reply{}, f.err)
	}
}

// fail has unlock tell what a command that waits no more has come to. The lock is
// held.
func (c *Client) fail(cmd *command, err error) {
	if cmd.done != nil {
		c.failed = append(c.failed, outcome{cmd.done, err})
	}
}
