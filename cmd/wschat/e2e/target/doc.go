// Package target runs the built wschat as a process of its own, for all tests of
// it from outside: it finds or builds the binary, starts it, reads its log, stops
// it, and checks how it ended. It has a client of our own, and asks what a server
// costs: memory and descriptors from /proc, which needs Linux, and goroutines and
// metrics from its -admin listener.
//
// WSCHAT_BINARY names the binary; without it one is built. The process sees no
// variable WSCHAT_… of ours.
package target
