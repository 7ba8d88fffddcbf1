package resp

import (
	"net"
	"sync/atomic"
)

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

// counters are the same while they count.
type counters struct {
	commands, replies, messages, writes, reads, bytesOut, bytesIn, connections atomic.Uint64
}

// Stats returns what has been done so far.
func (c *Client) Stats() Stats {
	n := &c.counters
	return Stats{
		Commands: n.commands.Load(), Replies: n.replies.Load(), Messages: n.messages.Load(),
		Writes: n.writes.Load(), Reads: n.reads.Load(),
		BytesOut: n.bytesOut.Load(), BytesIn: n.bytesIn.Load(),
		Connections: n.connections.Load(),
	}
}

// counted is a connection that is counted.
type counted struct {
	net.Conn
	*counters
}

// Read counts what it reads.
func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.reads.Add(1)
	c.bytesIn.Add(uint64(n))
	return n, err
}

// Write counts what it writes.
func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.writes.Add(1)
	c.bytesOut.Add(uint64(n))
	return n, err
}
