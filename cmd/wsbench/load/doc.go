// Package load puts load on a WebSocket server and measures what comes of it.
// It knows nothing of the server but RFC 6455.
//
// One goroutine, the engine, drives all connections, so that with one core for
// the server and one for the client the server is the one that is busy. On
// Linux it waits for its sockets with epoll and reads and writes them by bare
// system calls; elsewhere, and over TLS, goroutines do that for it (streams).
//
// Run goes through these phases:
//
//	open     the connections, with handshake.Dialer; their hello message
//	settle   until nothing has come in for a while
//	warm up  load that is not measured
//	measure  the window that rates, latencies and CPU time are of
//	drain    nothing more is sent; what is outstanding is waited for
//	close    the closing handshakes
//
// Every message carries a marker (see mark) with its sender, its number and the
// time at which it was sent, or was due to be sent. By it each connection knows
// whether it has got each sender's messages once and in order (see track), and
// how late.
//
// Closed loop: each sender keeps Config.Inflight messages in flight, and sends the next
// when one comes back. Open loop (Config.Rate): messages are sent on a
// schedule, whatever comes back, and latency counts from the scheduled time, so
// that a stall delays none of the messages that measure it (no coordinated
// omission).
package load
