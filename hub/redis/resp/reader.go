package resp

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// Bounds of a reply.
const (
	maxLine     = 64 << 10  // bytes of a status or an error
	maxBulk     = 64 << 20  // bytes of a string
	maxTotal    = 256 << 20 // bytes of all, elementSize for each element and its strings
	maxDepth    = 16        // of arrays in arrays
	elementSize = 64        // bytes of a Reply, roughly
)

// reader makes replies of what it reads. It allocates for what has come, never
// for what is merely announced. After an error it must not be used. Not safe for
// concurrent use.
type reader struct {
	in *bufio.Reader
	// reuse says that a reply is only valid until the next one is read.
	reuse bool
	free  []byte  // where strings go, with reuse
	list  []Reply // and the elements of the outermost array
	left  int     // bytes that the reply may still take
}

func newReader(in io.Reader) *reader {
	return &reader{in: bufio.NewReaderSize(in, maxLine)}
}

// read returns the next reply. The errors are those of the connection, and
// ErrProtocol.
func (r *reader) read() (Reply, error) {
	r.left = maxTotal
	if r.reuse {
		r.free = r.free[:0]
	}
	return r.value(0)
}

func (r *reader) value(depth int) (Reply, error) {
	line, err := r.line()
	if err != nil {
		return Reply{}, err
	}
	if err := r.take(elementSize); err != nil {
		return Reply{}, err
	}
	switch kind, rest := kind(line[0]), line[1:]; kind {
	case status, failure:
		if err := r.take(len(rest)); err != nil {
			return Reply{}, err
		}
		return Reply{kind: kind, bytes: append(r.room(len(rest)), rest...)}, nil
	case integer:
		n, err := number(rest)
		return Reply{kind: integer, n: n}, err
	case bulk:
		n, err := number(rest)
		if err != nil || n == -1 {
			return Reply{}, err
		}
		return r.bulk(n)
	case array:
		n, err := number(rest)
		if err != nil || n == -1 {
			return Reply{}, err
		}
		return r.array(n, depth+1)
	}
	return Reply{}, fmt.Errorf("%w: a reply begins with %q", ErrProtocol, line[0])
}

// line returns the next line without its end; it is never empty, and only valid
// until the next read.
func (r *reader) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrProtocol, maxLine)
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	case len(line) < 3 || line[len(line)-2] != '\r':
		return nil, fmt.Errorf("%w: a line that is empty or ends without CR", ErrProtocol)
	}
	return line[:len(line)-2], nil
}

// number reads a decimal number that is the rest of a line.
func number(text []byte) (int64, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q is not a number", ErrProtocol, text)
	}
	return n, nil
}

// bulk reads a string of n bytes and the line end behind it.
func (r *reader) bulk(n int64) (Reply, error) {
	if n < 0 || n > maxBulk {
		return Reply{}, fmt.Errorf("%w: a string of %d bytes", ErrProtocol, n)
	}
	if err := r.take(int(n)); err != nil {
		return Reply{}, err
	}
	b := r.room(min(int(n), maxLine))
	for len(b) < int(n) {
		part, err := r.in.Peek(min(int(n)-len(b), maxLine))
		if err != nil {
			return Reply{}, unexpected(err)
		}
		b = append(b, part...)
		r.in.Discard(len(part))
	}
	end, err := r.in.Peek(2)
	if err != nil {
		return Reply{}, unexpected(err)
	}
	if end[0] != '\r' || end[1] != '\n' {
		return Reply{}, fmt.Errorf("%w: a string that is longer than announced", ErrProtocol)
	}
	r.in.Discard(2)
	return Reply{kind: bulk, bytes: b}, nil
}

// array reads n elements.
func (r *reader) array(n int64, depth int) (Reply, error) {
	if n < 0 || n > maxTotal/elementSize {
		return Reply{}, fmt.Errorf("%w: an array of %d", ErrProtocol, n)
	}
	if depth > maxDepth {
		return Reply{}, fmt.Errorf("%w: arrays %d deep", ErrProtocol, depth)
	}
	var list []Reply
	if outermost := depth == 1 && r.reuse; outermost {
		list = r.list[:0]
		defer func() { r.list = list[:0] }()
	} else {
		list = make([]Reply, 0, min(n, 64))
	}
	for range n {
		value, err := r.value(depth)
		if err != nil {
			return Reply{}, unexpected(err)
		}
		list = append(list, value)
	}
	return Reply{kind: array, list: list}, nil
}

// take counts n bytes of the reply.
func (r *reader) take(n int) error {
	if r.left -= n; r.left < 0 {
		return fmt.Errorf("%w: a reply of more than %d bytes", ErrProtocol, maxTotal)
	}
	return nil
}

// room returns an empty slice with a capacity of n bytes at least.
func (r *reader) room(n int) []byte {
	if !r.reuse {
		return make([]byte, 0, n)
	}
	if cap(r.free)-len(r.free) < n {
		r.free = make([]byte, 0, max(n, 2*cap(r.free)))
	}
	b := r.free[len(r.free) : len(r.free) : len(r.free)+n]
	r.free = r.free[:len(r.free)+n]
	return b
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
