// Package nodes tests several wschat processes that are one chat over a real
// redis-server, with -redis: that nothing is lost, doubled or told in another
// order, whichever of them is killed, stalls, or comes back without its data.
//
//	go test -tags e2e ./cmd/wschat/e2e/nodes/
//
// It needs redis-server in PATH, and Linux.
package nodes
