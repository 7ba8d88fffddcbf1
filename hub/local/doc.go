// Package local is the chat.Engine of one node. Over a chat.Store, in memory or durable,
// it knows who is online or was recently, and who is a member of which group.
//
//	engine.go       the types, and the start
//	presence.go     logins and exits, and who is told
//	online.go       the set of users who are online
//	roster.go       the first of them by name
//	membership.go   joins and leaves
//	publish.go      messages on their way into the store
//	marks.go        what users note about conversations
//	topic.go        the topics of groups, and who is typing
//	directory.go    all groups by name
//	listing.go      some of them, for clients and operators
//	absent.go       members who are away
//	ask.go          answers to clients and operators
//	ban.go          users whom an operator kicks, and keeps out
//	forget.go       users who have been away for too long
//	remember.go     what a chat.Registry keeps of all that for the next start
//
// # Joins and leaves
//
// With a chat.Registry, a join or leave holds, and is told, when it is stored. The store
// reports that in one order with the messages, so that the recipients of a message are
// those who are members when it gets its Seq. Until then nothing has changed for anybody.
//
// # Marks
//
// A change of marks holds, and is told, at once. It is answered when the registry has it. A
// note of marks is of a change; what it hands over is what they are by then.
//
// # Locks
//
// Engine.mu guards everything in Engine except the store. A store has a lock of its own,
// under which it reports messages as stored. The order is
//
//	store, then Engine.mu, then what the Node locks
//
// so the store is never called with Engine.mu held. Calls of a Registry are noted under
// Engine.mu and made after it, in order, under Engine.noting (Engine.unlock). That lock
// comes before all the others, so a function that the store calls must not use
// Engine.unlock. A note that it takes with Engine.noteLate is handed over by another goroutine.
package local
