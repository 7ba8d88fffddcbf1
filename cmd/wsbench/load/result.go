package load

import (
	"time"

	"wschat/cmd/wsbench/histogram"
	"wschat/cmd/wsbench/process"
)

// Result is what Run has measured. Counts are of the measured window unless
// said otherwise.
type Result struct {
	Window   time.Duration // as long as it really was
	Messages uint64        // Echo: that came back; Fan: deliveries, to all members together
	Bytes    uint64        // of payload in them, with what the server has put around it

	// Latency is from sending to arrival, of the messages that arrived within
	// the window; in an open loop, from when it was due, of the messages that
	// were due within the window.
	Latency histogram.Histogram

	Handshakes uint64 // Connect: connections that were opened and closed

	Checks      Checks // of the whole run
	Sent        uint64 // in the whole run
	Skipped     uint64 // open loop, whole run: not sent, since the server did not read
	CleanCloses uint64 // connections that ended with a closing handshake

	Server Server        // zero without Config.PID
	Client time.Duration // CPU time of this process
	Others time.Duration // CPU time of processes that are neither
}

// Server is what the server's process had used at certain moments.
type Server struct {
	Start  process.Usage // before the first connection
	Before process.Usage // at the beginning of the window
	After  process.Usage // at its end
}

// CPU is the server's CPU time within the window.
func (s Server) CPU() time.Duration { return s.After.CPU - s.Before.CPU }

// Good reports whether the server did all that it should have.
func (r *Result) Good(mode Mode) bool {
	switch mode {
	case Connect:
		return r.Handshakes > 0
	case Idle:
		return true
	default:
		return r.Checks.Good() && r.Messages > 0 && r.Skipped == 0
	}
}
