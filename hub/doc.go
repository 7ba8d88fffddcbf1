// Package hub is the chat: who is connected, who is in which group, who may say
// what to whom, and what has been said. It knows nothing of HTTP and nothing of
// sockets; connections reach it as sessions, which package loop calls.
//
// The way of a message:
//
//	session.Message   text or binary, whole           session.go
//	ParseLine         what is asked                   line.go
//	ParseJSON         likewise                        json_in.go
//	Hub.handle        who may, who is meant           handle.go
//	Store.Append      its number; kept, made safe     store.go, memory.go
//	Hub.deliver       to the lists of the loops       deliver.go
//	AppendFrame       as each recipient reads it      delivery.go, line_out.go, json_out.go
//
// # Many nodes
//
// With a Shared store (hub/redis) hubs on several nodes are one chat. The store
// then says in one order, to all of them, who logs in, joins, speaks, leaves and
// exits, and a hub only delivers that to the sessions it has:
//
//	Shared            what the store does           shared.go
//	node              what it tells the hub         shared_node.go, shared_told.go
//	Hub.Enter         the login, before the 101     shared_enter.go
//
// What has to wait for the store does so on a goroutine of its own, while the
// client is not listened to (Hub.whenAble); a message that is sent waits nowhere.
//
// # Joins and leaves
//
// With a Registry (hub/journal) a join or leave holds, and is told, when it is stored.
// The store reports that in one order with the messages, so that who is a member when
// a message gets its Seq is who receives it. Until then the client is not listened to
// (Hub.change), and everybody else finds things as they were.
//
// # Locks
//
// The registry, which is everything in Hub, user and group, is guarded by
// Hub.mu. A store has a lock of its own, under which it reports messages as
// stored. The order is
//
//	store, then Hub.mu, then a loop's mailbox
//
// so the store is never called with Hub.mu held. The ids of sends have a lock of
// their own, under which nothing else is locked (acks.go). What a Registry has to
// remember is noted under Hub.mu and handed over after it, in order, under
// Hub.noting, which comes before all the others (registry.go); so what a store calls
// must not use Hub.unlock. Nothing is written to
// a socket or waited for under any of them: what is to be sent is posted to a
// mailbox. Since joins, leaves and publishes are posted under Hub.mu, all loops
// see them in one order. A Shared store has a lock for each conversation, under
// which it calls Node.
package hub
