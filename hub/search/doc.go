// Package search finds messages that contain words. It knows nothing of sessions, nor where
// messages come from: it is given a function that returns pages of history.
//
//	fold.go     texts in which all cases of a letter are one
//	words.go    what is searched for, and whether a text has it
//	search.go   one search: how far it looks, and what it answers
//	newest.go   the messages of many conversations, the newest first
//	turns.go    who searches next
//	pace.go     how much searches may do, all of a node together
package search
