// Package abuse wears the built binary down, as the open internet does: floods
// of connections, half requests, noise, compression bombs, readers that do not
// read. While each goes on, and after it, an ordinary user must be answered
// within a second, and in the end the server must hold no descriptor, no
// goroutine and little memory more than before. The tests have the build tag
// e2e, and print what they measured with -v.
//
// Nothing here waits for a time to pass: tests wait until the server has done
// what it must do.
package abuse
