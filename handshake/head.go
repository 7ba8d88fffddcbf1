package handshake

import (
	"bytes"
	"io"
	"sync"
)

const (
	// maxHead bounds the head of a request or response, in bytes, its empty
	// line included.
	maxHead = 16 << 10
	// usualHead is the size of the pooled buffers, enough for nearly every head.
	usualHead = 4 << 10
	// maxEmpty is how many empty lines may stand before a request, where clients
	// of old put one behind a body (RFC 9112 §2.2).
	maxEmpty = 4
)

// headError is what is wrong with the shape of a head: "expected …, got …".
type headError string

func (e headError) Error() string { return string(e) }

const (
	errHeadTooLong headError = "expected a head of at most 16384 bytes, got more"
	errLineEnd     headError = "expected every line to end in CRLF, got a bare LF"
	errNoHead      headError = "expected the head of an HTTP message, got something else"
	errNoEnd       headError = "expected an empty line at the end of the head, got none"
	errBehind      headError = "expected the head to end at its empty line, got more behind it"
	errFolded      headError = "expected one line a header field, got a folded one"
)

// buffers holds the *[usualHead]byte into which heads are read.
var buffers = sync.Pool{New: func() any { return new([usualHead]byte) }}

// readHead reads from src until buf, which may hold bytes already, begins with
// a whole head, and returns the buffer and the head's length; what lies behind
// was sent behind the head. The buffer grows once, to maxHead. An error is a
// headError or src's own.
func readHead(src io.Reader, buf []byte) (_ []byte, n int, err error) {
	var scan headScan
	for {
		if n, err = scan.end(buf); n > 0 || err != nil {
			return buf, n, err
		}
		if len(buf) >= maxHead {
			return buf, 0, errHeadTooLong
		}
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, maxHead), buf...)
		}
		got, err := src.Read(buf[len(buf):min(cap(buf), maxHead)])
		buf = buf[:len(buf)+got]
		if err != nil && got == 0 {
			return buf, 0, err
		}
	}
}

// headScan looks for the end of a head that is still arriving, at each byte
// once however it is cut.
type headScan struct {
	seen  int  // bytes looked at
	line  int  // where the current line begins
	begun bool // the empty lines before the head are over
}

// end returns the length of the head at the start of buf, with the empty lines
// before it, or 0 if its end has not come yet. What can never become a head (a TLS
// record, lines that end in a bare LF) is told at once, since there is no end to
// wait for.
func (s *headScan) end(buf []byte) (int, error) {
	if err := s.begin(buf); err != nil {
		return 0, err
	}
	for {
		i := bytes.IndexByte(buf[s.seen:], '\n')
		if i < 0 {
			if s.begun {
				s.seen = len(buf)
			}
			return 0, nil
		}
		i += s.seen
		if i == s.line || buf[i-1] != '\r' {
			return 0, errLineEnd
		}
		if i == s.line+1 {
			return i + 1, nil
		}
		s.seen, s.line = i+1, i+1
	}
}

// begin passes over empty lines, until there is the token that a head begins with.
func (s *headScan) begin(buf []byte) error {
	for !s.begun && s.seen < len(buf) {
		switch rest := buf[s.seen:]; {
		case class[rest[0]]&inToken != 0:
			s.begun = true
		case rest[0] != '\r' || s.seen == 2*maxEmpty || len(rest) > 1 && rest[1] != '\n':
			return errNoHead
		case len(rest) == 1:
			return nil
		default:
			s.seen += len("\r\n")
			s.line = s.seen
		}
	}
	return nil
}
