// Package files keeps the files that users send each other (PROTOCOL 10), in a directory that
// several nodes may share:
//
//	part/ID     is being uploaded; whoever writes it holds a lock on it
//	new/ID      is whole and on disk, and waits to be sent, for an hour
//	sent/ID     comes with a message
//	doomed/KEY  says which file goes once its message is deleted
//
// A file moves on by a rename, which only one can do, on whatever node: so it is sent once. What
// is said of it stands behind its bytes, in the same file (tail.go), so that it is there whole
// or not at all. Nothing of it is in memory but the sum of all sizes; that is made anew from
// the directories at the start, once an hour, and before the oldest files make room (room.go).
//
//	Put       stores what a user uploads                    put.go, name.go, kind.go, picture.go
//	Claim     takes it for a message; GiveBack undoes that  claim.go
//	Serve     answers a GET                                 serve.go
//	Doom      notes that it goes with its message           doomed.go
//	Deleted   removes it when that is deleted               doomed.go
//
// If the process ends between a claim and its message, the file stays in sent until it is among
// the oldest; a sender who repeats the send, with the same id, may still use it.
package files
