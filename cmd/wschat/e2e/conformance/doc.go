// Package conformance holds the server to RFC 6455 and RFC 7692, clause by
// clause, on /echo of the built binary. The tests have the build tag e2e and
// run with `make e2e`, or by hand:
//
//	go test -tags e2e ./cmd/wschat/e2e/conformance/
//
// which builds a binary of its own, as long as WSCHAT_BINARY names no other.
//
// A row is what a client sends and what must come back. Each row is played on
// every target (in the clear, with permessage-deflate agreed, over TLS): on the first
// in every delivery, as one piece, byte by byte, and in pieces of random length.
// Rows are named by the section that demands what they check.
//
// The client side is written here from the RFCs and uses nothing of wschat: a
// mistake that both sides shared would not be seen. Only the process is run by
// ../target. The client is strict about what the server sends: unmasked whole
// frames in their shortest form, one close frame at most, and behind it the end
// of the stream, never a reset.
package conformance
