// Package prompt asks for a password: on a terminal without showing it, twice, and else as
// one line.
package prompt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// What may be wrong with an answer.
var (
	ErrNone   = errors.New("expected a password on standard input, got none")
	ErrDiffer = errors.New("expected the same password twice, got two")
	ErrLong   = errors.New("expected a password of at most 1024 bytes, got a longer line")
)

const maxLine = 1024

// Password reads a password from in. If that is a terminal, it asks on out.
func Password(in *os.File, out io.Writer) (string, error) {
	if !isTerminal(in) {
		return readLine(in)
	}
	var first, second string
	err := withoutEcho(in, func() (err error) {
		fmt.Fprint(out, "password: ")
		if first, err = readLine(in); err == nil {
			fmt.Fprint(out, "\nonce more: ")
			second, err = readLine(in)
		}
		fmt.Fprintln(out)
		return err
	})
	if err == nil && first != second {
		err = ErrDiffer
	}
	return first, err
}

// readLine reads one line, without its end, and nothing behind it.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		switch {
		case n > 0 && b[0] == '\n', errors.Is(err, io.EOF):
			line = bytes.TrimSuffix(line, []byte("\r"))
			if len(line) == 0 {
				return "", ErrNone
			}
			return string(line), nil
		case err != nil:
			return "", err
		case n > 0 && len(line) > maxLine:
			return "", ErrLong
		case n > 0:
			line = append(line, b[0])
		}
	}
}
