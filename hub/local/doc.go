// Package local is the chat.Engine of one node: over a chat.Store, in memory or
// durable, it knows who is online, who was lately, and who is a member of what.
//
//	presence.go     logins and exits, and who is told
//	membership.go   joins and leaves
//	publish.go      messages on their way into the store
//	ask.go          what a client or an operator asks for
//	forget.go       who has been away for too long
//	remember.go     what a chat.Registry keeps of all that for the next start
//
// # Joins and leaves
//
// With a chat.Registry a join or leave holds, and is told, when it is stored. The store
// reports that in one order with the messages, so that who is a member when a message
// gets its Seq is who receives it. Until then everybody finds things as they were.
//
// # Locks
//
// Everything in Engine is guarded by Engine.mu, but for what the store has. A store has
// a lock of its own, under which it reports messages as stored. The order is
//
//	store, then Engine.mu, then what the Node locks
//
// so the store is never called with Engine.mu held. What a Registry has to remember is
// noted under Engine.mu and handed over after it, in order, under Engine.noting, which
// comes before all the others; so what a store calls must not use Engine.unlock.
package local
