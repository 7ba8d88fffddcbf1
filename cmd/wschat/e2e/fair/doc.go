// Package fair attacks the built binary as one greedy user with time can, and has
// honest bystanders chat meanwhile. Nothing of theirs may be lost, refused, or late by
// more than Prompt.
//
// An attack is a row of Attacks. It runs in a process of its own with the lowest
// priority, as if on another machine, so that the bystanders measure the server and
// not the attacker. A pair of users of a server that nobody attacks shows how late
// messages are because of the machine; no more than that is excused.
//
// The tests have the build tag e2e. SIEGE=full makes every row as large as issue 14
// says (make siege). Package soak has the same bystanders and all attacks at once.
package fair
