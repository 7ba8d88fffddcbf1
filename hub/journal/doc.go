// Package journal is hub/store made durable: a chat.Store whose messages survive
// kill -9 and power loss once they are reported as stored. What is kept, and what is
// forgotten, hub/store decides; the journal writes, reads and compacts.
//
// # Files
//
// A journal is a directory with a lock file and segments, which are numbered
// from 1 and only ever appended to. The newest one is the active segment; the
// others end with an end record and are never written again. Numbers are
// little-endian.
//
//	segment   magic "wschatj\n" │ version 4 │ epoch 8 │ number 8 │ through 8 │ salt 4 │ CRC-32C 4 │ record …
//
//	record      0        4         8      9
//	            ┌────────┬─────────┬──────┬───────────────┐
//	            │ length │ CRC-32C │ kind │ body          │   length: of kind and body
//	            └────────┴─────────┴──────┴───────────────┘   CRC: of length, kind and body, begun with the salt
//
//	1 mark      its own offset 8                       begins each batch
//	2 end       its own offset 8                       ends a segment
//	3 message   flags 1 │ seq │ time 8 │ conversation │ from │ to │ id │ about │ was │ file │ body
//	            flags: 1 binary, 2 settled: waits for nobody, 4 to is the conversation and left out,
//	                   8 its sender was told that its user is away, 16 times its kind (hub/chat), and
//	            with a file 80 more,
//	                   128 erased: a compaction has left its file and body out
//	            about: the seq of the message that it is about, which a plain one does not have;
//	            was: of a reaction alone, the one that it takes the place of;
//	            file: what is said of a file that comes with it, if the flags say so
//	4 written   user │ conversation │ seq              has been written to user, up to there
//	5 user      flags 1 │ time 8 │ name │ group …      flags: 1 known, 2 is here
//	6 request   user │ id │ conversation │ seq │ time 8 │ flags 1   an id whose message is no longer kept
//	            flags: 1 its sender was told that its user is away, 2 this holds instead of the message's flag
//	7 member    flags 1 │ user │ group                 flags: 1 is in it from now on, otherwise is not
//	8 forgotten conversation │ seq                     is not kept any more; goes on behind seq;
//	                                                   without a name: of all that are not known
//	9 topic     group │ text                           without a text: taken away
//	10 marks    flags 1 │ user │ conversation │ seq    what a user notes about a conversation: has read
//	                                                   it up to seq; flags: 1 mute, 2 hide, 4 pin
//
// A seq is a uvarint, a name is its length as a uvarint and its bytes, a time is
// nanoseconds since 1970. A later record of the same user, or of the same user
// and conversation, replaces the earlier one; a member record changes a user's groups.
//
// The version is 3. Version 2 had no topics and no marks, and messages were plain. Version 1
// had no member and no forgotten records, no flags of requests, and no flag 8 of messages. A
// journal of an older version is read, and goes on with a new segment: an old program refuses
// that by its header, and does not take a record for damage.
//
// Beside them, bans.json says until when users are banned.
//
// # Batches
//
// One goroutine writes for all that wait: it takes what there is, numbers it,
// writes it behind a mark with one write, and syncs once. Then messages are seen, and
// joins and leaves hold, in the order in which they came. So a mark is the proof that
// everything before it is safe, and never goes out in one write with what it proves.
//
// Whether a message may be about another one is found out when it is numbered, against what
// is safe and the amendments before it in the batch. So a record never says what is not so, and
// a start applies it without asking.
//
// A conversation that is forgotten to make room for what is in a batch has its record there, in
// order with what the batch has of it.
//
// What need not be safe at once are notes: who is here, what was written to whom, and marks.
// They go out with the next batch, or by themselves a little later, as they are then. The
// connection that sets marks is told when that has happened; of one user and conversation it
// is one record a second.
// That one has read what one says oneself needs no record: a start sees it by the messages.
//
// A record that cannot be read is damage if there is a mark behind it, or if its segment
// is not the newest: Open refuses with a *DamageError. Otherwise a crash left it of a batch
// that had not been acknowledged: the segment is cut there, and the log says "torn record".
// (Damage inside the last batch before a crash looks the same, and is handled in the same
// way; Close leaves a mark.) The salt keeps users from forging marks and records.
//
// # Failures
//
// If a batch cannot be written, because the disk is full for instance, the segment is cut
// back and everything in the batch fails; the next batch tries again. If it cannot be
// synced, the content of the disk is unknown, and a second fsync that succeeds would prove
// nothing. So the store fails all requests until it has copied what was safe into a new
// file, checked and synced it, and put it in the segment's place.
//
// If the directory or a segment is removed or renamed while the journal is open, writes
// still succeed. So after each sync the journal checks that its files are where the next
// Open will look for them; as long as they are not, messages fail. It goes on when the
// directory is back. If only a segment is missing, a repair puts it back. The journal does
// not make the directory anew: that would be a journal without what was acknowledged.
//
// # Memory
//
// All messages that are kept are in a store.Memory, too, as they are on disk. So no
// event loop ever waits for a disk. Config bounds the conversations and the bytes. What has
// been dropped to make room is dropped again at the next start, by the same rules, or has
// been left out by a compaction. Reading from disk by an index would cost some 16 bytes a
// message, and one disk access for each message of an answer when it is not cached.
//
// # Compaction
//
// When more than half of the journal is no longer needed, the rest of all segments but the
// active one is copied into a new file, which replaces the first of them by a rename. Its
// header says through which number it goes; what is left of those numbers after a crash is
// removed by the next Open. For the time of the
// copy the disk needs room for what is kept once more.
//
// A compaction leaves out the texts of what is deleted, of its edits, and of edits and reactions
// that others have taken the place of; their records stay, so that there are no holes. Half an
// hour after a deletion one becomes due, however little it saves: the active segment is sealed
// first, so that it comes across all of them. A start finds out by itself whether one is due:
// a segment that is compacted has erased what its records delete, any other has not.
//
// Messages wait for no more of that than 1 MiB: that is what is synced at once, and what is
// given back at once of the files that are replaced, when their names are gone for good.
//
// # Locks
//
// The lock of the store.Memory is held while stored is called for a message or a topic, and
// Store.mu, which guards users, requests and notes, while it is called for another change; each
// for one at a time. Store.mu guards the list of segments, too, and queue.mu what waits.
// The order is Memory, Store.mu, queue.mu; none is held during a system call.
package journal
