// Package resp is a client of Redis 7, Valkey and Redis Cluster: commands and
// scripts that never block their caller, and sharded pub/sub. It speaks RESP2,
// which all of them know, with two connections to each master: one for commands,
// one for subscriptions.
//
// # Commands
//
// Do writes a command into the buffer of its node and returns. One goroutine for
// each connection writes what has come together since its last write, with one
// system call; another reads the replies and calls done for each, in order. So
// commands to one node happen in the order of Do, and so do their done calls.
//
// # Redirections
//
// A reply that says "elsewhere" or "not now" (MOVED, ASK, TRYAGAIN, CLUSTERDOWN,
// and NOSCRIPT after a SCRIPT FLUSH) is not given to done: the node's connection
// is held, that is, it writes nothing more until all that has been written is
// answered. Then everything that is to be sent again, and behind it everything
// that has waited, goes where it belongs now. That costs one round trip, and
// keeps the order of commands to one key while its slot moves. A slot's new
// master gets commands only when the old one has answered all it was sent. Only
// what is answered with TRYAGAIN (several keys, some of which have moved) may be
// overtaken by what was written with it.
//
// # Failures
//
// A connection that is lost takes its commands with it: they fail, and those that
// were written may or may not have happened. A command that is not answered
// within Config.Timeout fails, too, alone. A connection that answers nothing for that
// time is taken for lost; an idle one is asked by PING each second. It is made again,
// after 50 ms at first and 2 s at last, and what was subscribed is subscribed again.
//
// # Locks
//
// Client.mu guards the nodes, the slots, the commands and the subscriptions. It is not
// held during a callback or a system call that can block.
package resp
