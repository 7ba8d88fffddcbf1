//go:build !linux

package load

// newSockets returns the sockets for plain TCP connections.
func newSockets(conns int) (sockets, error) { return newStreams(conns), nil }
