package resp

import "time"

// command is one that waits for its reply.
type command struct {
	done     func(Reply, error) // nil: no caller waits (any more)
	buffer   *buffer            // its bytes are those from, to
	from, to int
	slot     int
	script   *Script       // called by its hash
	since    time.Duration // when it was given to Do, by Client.clock
	tries    int           // how often it was redirected
	ask      *node         // where it is to be sent next, after an ASKING
}

func (c *command) bytes() []byte { return c.buffer.b[c.from:c.to] }

// Bounds of the commands that wait.
const (
	maxPending = 1 << 16  // commands
	maxWaiting = 64 << 20 // bytes of them
)

// enter and leave count a command among those that wait. The lock is held.
func (c *Client) enter(cmd *command) {
	c.waiting++
	c.bytes += cmd.to - cmd.from
}

func (c *Client) leave(cmd *command) {
	c.waiting--
	c.bytes -= cmd.to - cmd.from
}

// buffer holds commands as they are written, until the last of them is answered.
type buffer struct {
	b    []byte
	refs int // commands in it, and the writer
}

// Buffers that a node keeps to use them again, and the capacity of each in bytes.
const (
	spares   = 8
	maxSpare = 1 << 20
)

// queue is a first-in, first-out list of commands.
type queue struct {
	items   []command // its length is a power of two
	head, n int
}

func (q *queue) push(c command) {
	if q.n == len(q.items) {
		items := make([]command, max(64, 2*len(q.items)))
		for i := range q.n {
			items[i] = *q.at(i)
		}
		q.items, q.head = items, 0
	}
	q.n++
	*q.at(q.n - 1) = c
}

// at returns the i-th from the front.
func (q *queue) at(i int) *command { return &q.items[(q.head+i)&(len(q.items)-1)] }

func (q *queue) pop() command {
	first := q.at(0)
	c := *first
	*first = command{}
	q.head = (q.head + 1) & (len(q.items) - 1)
	q.n--
	return c
}
