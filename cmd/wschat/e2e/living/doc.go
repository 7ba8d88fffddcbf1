// Package living tests messages that change (PROTOCOL 5.1) against a model: people on the
// built binary send, reply, edit, delete, react, leave and join, at random and all at once,
// while nodes end and begin, and old messages are dropped. What was acknowledged, in the
// order of its numbers, is folded by a few plain lines of this package. In the end that
// equals every client's screen that was made of what it was told, every screen that is made
// of history alone, and what a line client reads.
//
//	go test -tags e2e ./cmd/wschat/e2e/living/
//
// A benchmark has searches beside messages.
//
// CRASH_ROUNDS says how many seeds, each then with 1,000 operations; WSCHAT_SEED repeats one,
// as far as a machine can. It needs redis-server in PATH, and Linux.
package living
