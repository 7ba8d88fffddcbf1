// Package chat has the types that all packages below hub share: messages and their
// conversations, the names of users and groups, the errors of requests, and the
// interfaces between the hub, its engine and the store. It imports nothing of this module.
//
// # Shares
//
// Whatever is remembered is bounded, and every bound is shared out. What is kept counts
// for the user who brought it. When a bound is reached, whoever holds most loses the
// oldest of his own, or is refused with ErrFull; the others notice nothing. Of many who
// hold much it is always the greatest, so all of them end up with equal shares, and whoever
// holds less than that keeps everything. These are the rules for every engine; how it
// counts is its own affair, but no operation may look at everybody.
//
// Bytes of messages. They count for their author, counted by the piece: a run of messages
// of one conversation, some KiB long, counts for whoever wrote most of it, roughly. To make
// room, take the author who holds most, of his conversations the one in which he holds
// most, and drop its oldest piece; repeat. So a history is always a suffix without holes, a
// conversation may lose all its messages, and only its number stays. A conversation whose
// oldest piece has messages that wait for a user who is away is passed over while the
// author has another one (of the 64 in which he holds most). A message is refused only if
// it is larger than the whole bound.
//
// Waiting messages. A message to a user who is away (Message.Away) is refused if its author
// has sent that user MaxWaiting messages, or MaxWaitingBytes with this one, since the user
// was last here.
//
// Conversations. One counts for the author of its first message, or for the user who has set
// its topic before that, and for the address that he did it from. When there are too many,
// whoever begins another one makes others give way. Of the address for which most count, the
// author with most is the greatest. First goes one that nobody is in, and that has been silent
// for the membership's lifetime: the longest silent of the greatest, else of all. If there is none, the greatest loses another one, but
// only to somebody who began fewer, or from an address for which fewer count: the longest
// silent that nobody is in, else the longest silent in which no message waits for a user who
// is away, else the longest silent. So a group can lose its messages while it has members.
// They stay members, nobody is told, and its numbers go on: it is as if its bytes had been
// dropped. "all" never gives way. At most 64 conversations of the greatest and 64 of all are
// looked at for one message; the search among all goes on with the next.
//
// Numbers of forgotten conversations, so that they go on behind their last message. When
// there are four times as many of them as there may be conversations, a number is no longer
// kept for its own conversation: all that are not known begin behind the largest of these.
//
// Ids of sends. They count for the sender. Beyond the bound, the user with most forgets his
// oldest, ten minutes or not.
//
// Users. Those who are online are bounded by the connections. One who is away counts for the
// address that his last connection came from. Those who hold something (they are in a group or
// a private conversation) are counted apart from those who hold nothing.
// When there are too many in all, one of the larger lot is forgotten: of the address for which
// most of that lot count, the longest away. So nobody is refused, names that come from one
// address only replace each other, and names that hold nothing replace nobody who holds
// something while those are fewer. Whoever is forgotten is in no group any more: its members
// are told as of any leave.
//
// Memberships. One node alone has a bound on those of all users. Beyond it, who is in as many
// groups as an equal share of it for each user, and in one at least, can join no more.
//
// Addresses are those of clients as -max-conns-per-ip counts them; an IPv6 /64 is one. They
// are not kept: after a restart, what is older counts for one address that nobody else has. Nor
// is it kept who has set a topic: a conversation that began with one counts for one user more there.
//
// None of these bounds makes Engine.Err fail, since none refuses everybody's messages, but
// one: bytes in which no message has room.
// After a restart the counts are made of what was kept.
package chat
