// Package redis makes one chat of several nodes: a chat.Engine that keeps
// conversations, users and groups in Redis 7, Valkey or a cluster of them. What is
// distributed here, Redis does: each thing that must happen in one step is a
// script on keys of one hash tag, and what nodes have to hear of is published by
// the same script. The nodes know nothing of each other but their leases.
//
// # Conversations
//
// all, each group and each pair of users is a conversation. Everything that happens
// to one, a message, a join, a leave, a login or exit, gets the next position in it,
// and is published with that. A node follows a conversation while it has a user who
// takes part, and is told of these things in the order of their positions
// (conversation.go), from whichever source brings them first:
//
//	the channel          for what others have done
//	the script's reply   for what it has done itself, if nothing is missing before it
//	the stream           for messages, after the channel had been out of reach
//
// So who is a member when a message gets its seq is who receives it, on every node,
// and nothing is told twice. An acknowledgement is sent when the sender's node has
// been told of the message, at most a second after Redis has it.
//
//	hub ── Publish ──► note, pair (private messages)  publish.go, scripts/note.lua, pair.lua
//	               append: number, keep, trim, publish  scripts/append.lua
//	hub ◄─ Deliver ── conversation ◄── channel, reply, stream
//
// All commands are pipelined; a message to a group is one. What one user sends is
// given to Redis in the order in which it was sent.
//
// # Users
//
// A user has a hash with the number of connections at each node. The script that
// changes it says whether that was the first or the last; the login or exit is then
// entered into {c:all} and the user's groups (presence.go), under a number that keeps
// a late one from undoing a later one. The set of who is online changes there exactly
// when it is told, so what who answers agrees with what has been heard. A login
// (user.go) subscribes first and asks then, so that nothing falls between.
//
// The user's own channel tells of what concerns the user where it is not followed
// yet: a new private conversation, a group joined on another node, a newer connection
// with -single, a kick.
//
// # Shares
//
// What is kept counts for its author (ledger.go). Nodes tell a ledger in Redis what they have
// appended, many messages at once. One node, chosen by a lease, drops messages by the rules of
// hub/chat (room.go), when they are too many or a master comes near its maxmemory. The scripts
// for that (ledger, trim) may write when Redis is full.
//
//	messages ── pieces ──► {kept} ──► one node ── INFO: no room ──► trim
//
// What nobody is in any more ends by itself (leave.lua, parting.go), and so do users who hold
// nothing, early if there are too many (forget.go).
//
// # Failures
//
// One goroutine, the keeper, looks after them (keeper.go, recover.go). Redis out of
// reach: commands fail, at once or after two seconds; what Redis has to be told, of
// connections and of what has been written, is told later. Redis in reach that
// refuses what it is asked, since it is full or a replica: it is asked until it takes
// messages again (refusal.go). A node renews its lease every 4 s; if it ends, after 13
// s, another node takes its users offline, and should it not be dead, it puts them
// back. A node buries no other until Redis has been in reach and taken what it was told
// for a whole lease: the others could not renew theirs either. Data lost: each
// conversation has a mark that tells it from another by the same name, and a position
// that does not go back. A node that finds either wrong, or no epoch, begins a new one;
// all nodes put back who is connected, the hub is told, and then of what there is in
// the new epoch.
//
// # Locks
//
// conversation.mu is held while the node is told, Store.mu guards the users and what
// is followed. The order is conversation.mu, then Store.mu, then the hub's locks; the
// others are last, and Redis is never waited for under any.
package redis
