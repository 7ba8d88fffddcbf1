// Package abuse wears the built binary down, as the open internet does: floods
// of connections, half requests, noise, compression bombs, readers that do not
// read. While each goes on, and after it, an ordinary user must be answered
// within a second, and in the end the server must hold no descriptor, no
// goroutine and little memory more than before. The tests have the build tag
// e2e, and print what they measured with -v.
//
// Tests wait until the server has done what it must do, and not for a time to
// pass, but for two: half a second in which nothing is taken from a writer tells
// that the server does not read, and two seconds without descriptors show what
// it does meanwhile.
package abuse
