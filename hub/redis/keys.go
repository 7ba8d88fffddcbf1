package redis

import "strings"

// Everything of one conversation has one hash tag, everything of one user another,
// so that a cluster keeps together what a script changes together. The base of the keys
// is also the name of the channel. scripts.go says which of them each script touches:
// a cluster must know, or it would begin anew what is about to move.

// conversationKey is the base of a conversation: {c:groupA}. Behind it come
//
//	:h     hash: n the last seq, i its mark, w:U up to which seq it was written to a line
//	       connection of user U, a:U what U was sent while away: since when, how many
//	       messages and bytes, the first seq; f the first seq that is kept, x if there were
//	       amendments, topic of a group: who set it, a blank, the text. The topic goes when
//	       somebody joins and the messages have gone
//	:s     stream of its messages, with seq-0 as their ids; those of edits and reactions have
//	       no text. The first byte of a message says what it is (see codec.go):
//	       t text, b binary, p text with a file;
//	       r, R, q the same as replies;
//	       e edit, d deletion, f reaction (what its author feels)
//	:x     hash of what amendments have made of messages, and of those that are not in the
//	       stream for it; :l, a sorted set, has when each goes: with the newest amendment of
//	       the message. Each amendment drops some of those, and so do trim and sweep; :x and :l
//	       end with the stream. See scripts/kept.lua
//	:m     hash of a group's members, each with the number of the last login (odd) or exit
//	       (even); {c:all}:m has those online
//	:o     sorted set of those online, by name
//	:i:U   sorted set of the last 1,000 ids of sends of user U, by seq, half more if the
//	       recipient was away; ends 10 minutes after the last
//
// A group that nobody is in any more, and a private conversation of users who are
// forgotten, end by a TTL; see leave.lua and parting.go.
func conversationKey(name string) string { return "wschat:{c:" + name + "}" }

// userKey is the base of a user: {u:A}. Behind it come
//
//	:h   hash: t connections in all, @NODE those there, serial the last given out,
//	     gen the number of the last login or exit, seen when the last connection
//	     ended, r who is replaced: those with a smaller serial, b until when the user is
//	     banned, l how many groups the user was the last to leave, ls since when,
//	     settled in which data, and up to which score of :p, nothing waits
//	:g   set of groups
//	:p   sorted set of the private conversations, at most maxPairs, by when they were
//	     noted last: for each message to the user, and for the first from him
//	:k   hash of the marks of conversations, at most chat.MaxMarks: up to which seq they are
//	     read, flags, and the epoch of that seq; :kt, a sorted set, has when each was changed
//	     last
//
// All of them end when the user is forgotten; :p when the others in it are, too.
func userKey(name string) string { return "wschat:{u:" + name + "}" }

// nameOf returns whose key this is: a user's, or that of a conversation.
func nameOf(key string) (name string, user bool) {
	name, user = strings.CutPrefix(strings.TrimSuffix(key, "}"), "wschat:{u:")
	return strings.TrimPrefix(name, "wschat:{c:"), user
}

// nodeKey is the set of the users who are connected to a node. It ends with the node, by
// its own hand or that of another.
func nodeKey(id string) string { return "wschat:{n:" + id + "}" }

const (
	// nodesKey is the base of what the nodes know of each other: :epoch; :lease, a sorted
	// set of nodes by when they are taken for dead; :servers, the run ids of the masters
	// that have had the data of the epoch all the time; :vouch, by node, for which it can
	// tell (see epoch.go).
	nodesKey = "wschat:{nodes}"
	// ledgerKey is the base of what is known of who holds how much (see ledger.go): :by, a
	// sorted set of authors by their bytes; :of:A, a hash of the conversations of author A,
	// each with bytes, the seqs between which they are, and since when it is there; :sum,
	// the bytes of all; :room, the node that makes room.
	ledgerKey = "wschat:{kept}"
	// groupsKey is a sorted set of the groups with members.
	groupsKey = "wschat:{groups}"
	// awayKey is the base of the users who are away: :due, by when they are forgotten, in
	// milliseconds; :idle, those who hold nothing, and :holding, those who hold something, by
	// address; :idle:from and :holding:from, how many count for each address; :of, where each
	// user is. They end when the users return or are forgotten.
	awayKey = "wschat:{away}"
	dueKey  = awayKey + ":due"
)
