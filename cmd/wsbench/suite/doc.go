// Package suite runs a set of measurements on wschat and on other servers beside
// it, and makes a table of it.
//
// Each figure comes from a process of wsbench that puts load on a fresh process
// of the server. Where taskset is there and the machine has two cores or more,
// the server has core 0 and GOMAXPROCS=1, and the load has core 1. Servers take
// turns within a round, so that what else the machine does meets them alike; the
// table holds the medians of the rounds. What other processes used meanwhile is
// watched: a figure taken while they used much is taken again.
package suite
