// Package target runs the built wschat as a process of its own, for the tests
// that wear it down (../abuse, ../soak), and asks the system what it costs:
// memory and descriptors of the process from /proc, goroutines and metrics from
// its -admin listener. It needs Linux.
//
// WSCHAT_BINARY names the binary; without it one is built.
package target
