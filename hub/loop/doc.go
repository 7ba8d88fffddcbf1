// Package loop carries WebSocket connections: it accepts them, does their handshake
// (Server), reads and decodes, hands whole messages to a Handler, and writes what
// the Handler's side sends.
//
// A connection belongs to one of a few loops, each a goroutine of its own, for
// its whole life. Everything that happens to the connection happens on that
// goroutine, so a Conn needs no lock:
//
//	other goroutines ──commands──► mailbox ─┐
//	                                        ▼
//	socket ──readiness──► poller ──► loop goroutine ──► Handler
//	                                        │
//	socket ◄────── one write per batch ─────┘
//
// On Linux a loop waits in epoll and owns bare descriptors, so that an idle
// connection is a Conn of some hundred bytes and nothing else. A connection without a
// descriptor of its own (net.Pipe, other systems) is a stream: two goroutines that
// make a net.Conn look like a descriptor that never blocks. TLS is a layer above
// either, without a goroutine: crypto/tls is given the records that have come, and
// the records that it makes are written with the next flush. Only a handshake of TLS
// has a goroutine, from its turn to the client's last record (tls_handshake.go). The
// code above these layers is the same for all.
//
// Handshakes. On Linux, loops accept connections, too. A connection that has not sent
// its request yet is a Conn with a handshake.Decoder and a deadline, and is read like
// any other. When the request is whole, an Endpoint decides on it, and the 101 goes out
// with the Handler's first messages. An Endpoint that has to wait for its Handler does
// so on one of a bounded number of goroutines (entries.go). A connection that asks for a
// page is given to an http.Server, and taken back for a later upgrade (pages.go). When a
// connection is accepted, admission.go decides whether another gives up its place for it.
//
// Order. Every loop carries out commands in the order in which they were posted by one
// goroutine, or by several that agree on an order under a lock of theirs. So the
// recipients of a message are those in the List when it is published. There is one
// exception: messages of SendExpress overtake deliveries to a list with very many
// members; see commands.go.
//
// Coalescing. A message to a list is posted once to each loop. The loop walks
// around its members, in turns if they are many, and messages published meanwhile
// join in: each socket is written once for all the messages that are under way.
// Few members are written to at the end of a turn, so that an ack goes along. They do not
// wait for the end of a long walk either: they get what is under way first, out of turn.
//
// Endings. When the server ends a connection, the client first gets the answers to the
// messages that were accepted from it, then a close frame; see parting.go. TCP ends when
// the client has answered that, even after 1009; see too_big.go. All of it is bounded in
// time.
//
// Prices. A client that makes the server work more than its share is read more slowly
// (price.go, rate.go), and logins of one address are rationed (ration.go). What costs much
// before it is paid for is done in turns, so that others are heard in between (turn.go).
//
// Bounds. The bytes that wait for one reader are bounded (Config.Queue); beyond the
// bound, the connection is closed with 4100. A connection for which much waits is not
// read. While the mailboxes hold more than their share, no connection is read. A long
// message waits for all its recipients in one copy (shared.go). While readers are behind with
// what an author has said, the author is slowed, over all connections (author.go). What all
// connections hold together has a bound, too (Config.Memory); beyond it, those that hold
// most are closed (budget.go).
//
// # The files, in the order to read them
//
//	a loop        loop.go loops.go mailbox.go commands.go silence.go
//	sockets       poll.go epoll_linux.go stream.go socket.go sys_*.go
//	a connection  conn.go codec.go turn.go echo.go
//	sending       outbox.go list.go walk.go pull.go shared.go
//	its end       closing.go parting.go too_big.go
//	the door      server.go accept*.go shake.go admission.go entries.go finish.go
//	pages         pages.go page_conn.go page_turn.go upload.go
//	TLS           tls.go tls_conn.go tls_record.go tls_buffer.go tls_handshake.go tls_queue.go
//	fairness      price.go rate.go ration.go author.go budget.go
//	figures       stats.go histogram.go
package loop
