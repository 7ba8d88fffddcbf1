package redis

import "strings"

// Everything of one conversation has one hash tag, everything of one user another,
// so that a cluster keeps together what a script changes together. The scripts
// make the names of the keys from the base, which is also the name of the channel.

// conversationKey is the base of a conversation: {c:groupA}. Behind it come
//
//	:h        hash: n the last seq, p the last position, i its mark
//	:s        stream of its messages, with seq-0 as their ids
//	:i:U,ID   what the send of user U with that ID was answered with, for 10 minutes
//	:m, :o    sorted sets of a group's members, and of those online; {c:all}:o is who is
//	:x:U      number of the last login or exit of U that was entered here, for a minute
//	:w:U      sorted set of the seqs that wait for a line connection of U
//	:a:U      what U was sent while away: since when, how many messages and bytes, the
//	          first seq
func conversationKey(name string) string { return "wschat:{c:" + name + "}" }

// userKey is the base of a user: {u:A}. Behind it come
//
//	:h   hash: t connections in all, @NODE those there, serial the last given out,
//	     gen the number of the last login or exit, seen when the last connection
//	     ended, r who is replaced: those with a smaller serial
//	:g   set of groups
//	:l   how many groups the user was the last to leave, within MembershipTTL
//	:b   there while the user is banned
//	:p   sorted set of the private conversations, by when they were written to last
func userKey(name string) string { return "wschat:{u:" + name + "}" }

// nameOf returns whose key this is: a user's, or that of a conversation.
func nameOf(key string) (name string, user bool) {
	name, user = strings.CutPrefix(strings.TrimSuffix(key, "}"), "wschat:{u:")
	return strings.TrimPrefix(name, "wschat:{c:"), user
}

// nodeKey is the set of the users who are connected to a node.
func nodeKey(id string) string { return "wschat:{n:" + id + "}" }

const (
	// nodesKey is the base of what the nodes know of each other: :epoch, and :lease,
	// a sorted set of nodes by when they are taken for dead.
	nodesKey = "wschat:{nodes}"
	// ledgerKey is the base of what is known of who holds how much (see ledger.go): :by, a
	// sorted set of authors by their bytes; :of:A, a hash of the conversations of author A,
	// each with bytes, the seqs between which they are, and since when it is there; :sum,
	// the bytes of all; :room, the node that makes room.
	ledgerKey = "wschat:{kept}"
	// groupsKey is a sorted set of the groups with members, forgetKey one of users
	// by when they are forgotten, in milliseconds.
	groupsKey = "wschat:{groups}"
	forgetKey = "wschat:{forget}"
)
