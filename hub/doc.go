// Package hub has the sessions of one node: who is connected to it, what each connection
// may do, and to whom each message is delivered. It knows nothing of HTTP and nothing of
// sockets; connections reach it as sessions, which package loop calls. Its engine knows
// the users, the members of groups, and the messages.
//
// # The rooms
//
//	hub/chat      what all of them share: Message, names, errors, Engine and Node
//	hub/share     who holds how much of what is bounded
//	hub/wire      the line protocol and JSON, as pure functions
//	hub/loop      sockets: accepting, shaking hands, reading, writing; on share, frame, handshake
//	hub/search    words in messages                        on chat
//	hub/files     what users upload, on disk               on chat
//	hub           sessions and delivery                    on chat, share, wire, loop, search, files
//	hub/local     the engine of one node                   on chat
//	hub/store     its messages in memory                   on chat, share
//	hub/journal   its messages on disk                     on chat, share, store
//	hub/redis     the engine of many nodes                 on chat
//
// No arrow runs back. The hub has one engine behind it, and never asks which.
//
// # The way of a message
//
//	session.Message    bytes, whole                    session.go
//	Protocol.Parse     what the client asks for        wire/line.go, wire/json.go
//	Hub.handle         may it; is it a retry           request.go, acks.go
//	Engine.Publish     is the recipient known          local/publish.go, redis/publish.go
//	Store.Append       numbered, kept, made safe       store/memory.go, journal/store.go
//	node.Deliver       to the lists of the loops       node.go
//	AppendFrame        as each recipient reads it      delivery.go, wire/*_encode.go
//
// A request that may have to wait for the engine gets a goroutine of its own, and nothing
// is read from the client meanwhile (Hub.do). After a join or leave nothing is read until
// it holds and is told (turn.wait). A message that is sent waits nowhere, but for a file that it
// takes along, or away (file.go).
//
// # The way of a connection
//
//	Hub.Enter          counted by the engine; may fail     login.go
//	session.Open       the welcome; on the lists           session.go, welcome.go
//	session.catchUp    what waits for a line client        catch_up.go
//	session.Closed     off the lists; the engine's Exit    session.go, login.go
//
// # Locks
//
// Hub.mu guards everything in Hub and group, and those fields of a session that say so.
// An engine has locks of its own, under which it tells the hub what happens (chat.Node).
// The order is
//
//	the engine's locks, then Hub.mu, then a loop's mailbox
//
// so the engine is never called with Hub.mu held. The ids of sends have a lock of their
// own, under which nothing else is locked (acks.go). Under none of them does anybody wait
// or write to a socket: what is to be sent is posted to a mailbox. Since joins, leaves and
// publishes are posted under Hub.mu, all loops see them in one order.
package hub
