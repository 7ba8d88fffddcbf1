// Package redis makes one chat of several nodes: a chat.Engine that keeps
// conversations, users and groups in Redis 7, Valkey or a cluster of them. What is
// distributed here, Redis does: each thing that must happen in one step is a
// script on keys of one hash tag, which are all declared (scripts.go), and what nodes have
// to hear of is published by the same script.
//
//	hub ── Publish ──► note (private messages)         publish.go, scripts/note.lua
//	               append: number, keep, trim, publish  scripts/append.lua
//	               amend: the same for what is about
//	               another message                      amend.go, scripts/amend.lua
//	hub ◄─ Deliver ── conversation ◄── channel; after a gap, sync
//
// # What a node believes
//
// Of each conversation that a user here takes part in, a node believes what it has told its
// clients: the seq of the last message, who is in a group, and who is online in {c:all} if
// that is told to all (conversation.go). The channel of the conversation vouches for that as
// long as its subscription stands: it brings everything, in order. After a gap, Redis does:
// the node subscribes first and then asks how things stand (sync.go). It tells the messages
// that it has not told, and the difference between who it has told is there and who is. What
// came and went within the gap is not told. A conversation that nobody here is in is
// forgotten after 10 s (follow.go).
//
// While the loops of the node are behind, its channels are not read (keepPace), nor is a gap
// filled. Redis ends a connection on which more waits than its client-output-buffer-limit, and
// that is a gap like any other.
//
// The welcome of a client is made of the same, so that it agrees with what is told next. An
// acknowledgement waits until the channel has brought the message, a second at most.
//
// What waits for a user who logs in is in many conversations (waiting.go). The list of the
// user says in which something may wait: up to when it is settled, nothing does. These are
// asked which messages that are, and the messages are fetched, oldest first, a hundred or
// 1 MiB at a time, while the client reads.
//
// Of its own users a node knows all, and vouches for that to Redis: how many connections
// each has (user.go), with {n:ID}, the set of them. After every gap it says all of it again;
// what is so already changes nothing. A login that was given up is not carried out later
// (LATE). If it may have been, it is undone when others have been let in for 3 s: mostly its
// client has come back by then, and nobody is told of anything.
//
// # Amendments
//
// What amendments add up to is kept beside the stream (scripts/kept.lua), and the scripts that
// read messages add it to each: history, a sync after a gap, what waits. An edit has its text
// there alone, so that none is left when the message is deleted. What Redis deletes from a
// stream stays in memory with its neighbours, so these are moved out of the stream, too, and
// the readers put all of it together again. Seqs stay without holes. Where there were no
// amendments, no script touches these keys: it asks for them (AMENDED, amended.go) where there
// were some. A node of a version before takes what is about another message for a message,
// and skips what is not in the stream.
//
// # Marks, topics, typing
//
// The marks of a user are read at the login and after a gap of the user's channel, which tells
// what changes (marks.go). Read moves with what the user says on each node by itself; one of
// them tells Redis, once a second; if it dies before, the next login finds it (own.go). The
// topic of a group is part of what a sync tells (topic.go). That somebody is typing is
// published, and no more (typing.go).
//
// # Logins and exits
//
// The hash of a user adds up the connections at all nodes. The first one begins a login,
// the end of the last one an exit, and each has a number by the clock: odd for a login, even
// for an exit. It is entered in {c:all} and the user's groups with that number (presence.go),
// and a later one is never undone by an earlier one. Whether a user is in a group, the list
// of the user says in the end, which each join and leave changes first (membership.go).
//
// # Leases
//
// A node renews its lease every 2 s, through the master of the leases alone; what becomes of
// others does not matter. It lasts 14 s. A node takes the users of another offline when that
// one's lease has ended, and Redis has been in reach of its own, and has taken what it was
// told, for 14 s without interruption: else the other could not renew, either. A node that
// finds its lease gone enters its users again.
//
// # The epoch
//
// The epoch is bound to the processes that have the data (epoch.go). :servers has the run
// ids of the masters. A new one, restarted or promoted, is believed when every node with a
// lease has found there what it was told of. Until then nobody is let in. If something is
// missing, or a node that had a lease died or begins anew meanwhile and can say nothing, a
// new epoch begins, whether something is lost or not. A message is refused if the master has
// not what the sender's node was told of (LOST), so none is numbered twice in one epoch.
// In a new epoch all nodes put back who is connected, the hub is told, and then of the
// differences (recover.go).
//
// What it cannot see: a loss in conversations that no node has followed for 10 s. So
// appendfsync must be everysec or always, and replicas must lag by less than that. Where
// INFO is not allowed, only losses that a living node finds are seen.
//
// # An outage, part by part
//
//	Redis out of reach    commands fail, at once or after 2 s; senders and logins are refused.
//	                      Nobody is told anything. Exits are noted, and told afterwards.
//	it refuses            the same; it is asked until it takes messages again (refusal.go)
//	the channel breaks    nothing is refused; the conversation is asked for after that
//	one master            as the first, for what it has; no node is taken for dead
//	this node is cut off  after its lease, others are told that its users are offline; its own
//	                      clients are told what they have missed when it is back
//	a slot moves          ASK and TRYAGAIN are followed for a second; then it is unavailable
//	data are lost         a new epoch
//
// One goroutine, the keeper, looks after all of this (keeper.go).
//
// # What fills
//
// Everything that fills has an owner or a TTL (keys.go). A user has at most 10,000 private
// conversations on the list, of which 1,000 are followed from the login on; who writes in
// another one has it followed. What is kept counts for its author (ledger.go): nodes tell a
// ledger in Redis what they have appended, many messages at once. One node, chosen by a
// lease, drops messages by the rules of hub/chat (room.go), when they are too many or a
// master comes near its maxmemory. The scripts for that (ledger, trim) may write when Redis
// is full.
//
//	messages ── pieces ──► {kept} ──► one node ── INFO: no room ──► trim
//
// What nobody is in any more ends by itself (leave.lua, parting.go), and so do users who have
// been away for too long, or early if too many are away (forget.go). Replies with messages
// are at most 1 MiB, or one message (page in scripts/kept.lua).
//
// # Locks
//
// conversation.mu is held while the node is told, Store.mu guards the users and what
// is followed. The order is conversation.mu, then Store.mu, then the hub's locks; the
// others are last, and Redis is never waited for under any.
package redis
