// Package loop carries WebSocket connections: it accepts them and has them shake
// hands (Server), reads and decodes, hands whole messages to a Handler, and writes
// what the handler's side wants sent.
//
// A connection belongs to one of a few loops, each a goroutine of its own, for
// all its life. Everything that happens to the connection happens on that
// goroutine, so a Conn needs no lock:
//
//	other goroutines ──commands──► mailbox ─┐
//	                                        ▼
//	socket ──readiness──► poller ──► loop goroutine ──► Handler
//	                                        │
//	socket ◄────── one write per batch ─────┘
//
// On Linux a loop waits in epoll and owns bare descriptors, so that an idle
// connection is a Conn of some hundred bytes and nothing else. What has no
// descriptor of its own (net.Pipe, other systems) is a stream: two goroutines that
// make a net.Conn look like a descriptor that never blocks. TLS is a layer above
// either, without a goroutine: crypto/tls is given the records that have come, and
// what it seals is written with the next flush. Only a handshake of TLS has one, from
// the client's first record to the last (tls_handshake.go). Above that there is only
// one code for all.
//
// Shaking hands. On Linux a loop accepts, too. A connection that has not asked for
// anything is a Conn with a handshake.Decoder and a deadline, and is read from like
// any other; when its request is whole an Endpoint decides, and the 101 goes out with
// what the Handler says first. What a Handler has to be waited for is waited for by
// some goroutines (entries.go). A connection that asks for something else is given
// to an http.Server, and taken back for a later upgrade (pages.go). Who gets a place,
// and who gives one up for it, is decided when a connection is accepted
// (admission.go).
//
// Order. Commands posted by one goroutine, or by several that agree on an order
// under a lock of theirs, are carried out in that order by every loop. So who
// is in a List when a message is published is who receives it. One thing alone is
// not in turn: what was sent by SendExpress overtakes deliveries to a list with
// very many members; see work.go.
//
// Coalescing. A message to a list is posted once to each loop. The loop walks
// around its members, in turns if they are many, and what is published meanwhile
// joins in: each socket is written once for all the messages that are under way.
// To few members that is done only at the end of a turn, so that an ack goes along.
//
// Endings. A connection that the server ends gets the answers to what was accepted
// from it, then its close frame; see parting.go. TCP ends when that is answered, of a
// connection that has failed with 1009, too; see failing.go. All of it is bounded in time.
//
// Bounds. What waits for one reader is bounded in bytes (Config.Queue); beyond,
// the connection is closed with 4100. A connection for which much waits is not
// read from. When the mailboxes hold more than their share, no connection is.
package loop
