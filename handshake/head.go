package handshake

import "bytes"

const (
	// MaxHead bounds the head of a request or response, in bytes, its empty line
	// included.
	MaxHead = 16 << 10
	// maxEmpty is how many empty lines may stand before a request: some old clients
	// sent one behind the body of the request before (RFC 9112 §2.2).
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

// headReader finds the end of a head that comes in pieces of any size. It looks at each
// byte once, and keeps a head until it is whole.
type headReader struct {
	buf   []byte
	line  int32 // where the current line begins
	empty uint8 // bytes of empty lines before the head
}

// next takes bytes from the front of b until they complete a head, and returns the head,
// without empty lines before it, and how many bytes it took. The head is nil if its end
// has not come yet. It is valid until the next call, and part of b if b has all of it.
// Bytes that can never become a head (a TLS record, lines that end in a bare LF, more than
// MaxHead bytes) are an error at once, since no end of it would come.
func (h *headReader) next(b []byte) (head []byte, n int, err error) {
	kept := len(h.buf)
	var skipped int
	if kept == 0 {
		if skipped, err = h.skip(b); err != nil || skipped == len(b) {
			return nil, skipped, err
		}
	}
	piece := b[skipped:min(len(b), skipped+MaxHead-kept)]
	end, err := h.scan(piece)
	switch {
	case err != nil:
		return nil, skipped, err
	case end == 0 && kept+len(piece) == MaxHead:
		return nil, skipped, errHeadTooLong
	case end == 0:
		h.buf = append(h.buf, piece...)
		return nil, skipped + len(piece), nil
	case kept == 0:
		head = piece[:end]
	default:
		head = append(h.buf, piece[:end]...)
	}
	*h = headReader{}
	return head, skipped + end, nil
}

// skip passes over empty lines, until there is the token that a head begins with.
func (h *headReader) skip(b []byte) (n int, err error) {
	for ; n < len(b); n++ {
		inLine := h.empty%2 == 1
		switch {
		case !inLine && class[b[n]]&inToken != 0:
			return n, nil
		case !inLine && b[n] == '\r' && h.empty < 2*maxEmpty, inLine && b[n] == '\n':
			h.empty++
		default:
			return n, errNoHead
		}
	}
	return n, nil
}

// scan looks for an empty line, and returns where in piece, which comes behind
// buf, it ends; 0 if it does not.
func (h *headReader) scan(piece []byte) (end int, err error) {
	kept := len(h.buf)
	for at := 0; ; {
		i := bytes.IndexByte(piece[at:], '\n')
		if i < 0 {
			return 0, nil
		}
		at += i + 1
		length := kept + at - int(h.line) // of the line, LF included
		switch {
		case length == 1 || h.before(piece, at-1) != '\r':
			return 0, errLineEnd
		case length == len("\r\n"):
			return at, nil
		}
		h.line = int32(kept + at)
	}
}

// before is the byte before piece[i].
func (h *headReader) before(piece []byte, i int) byte {
	if i > 0 {
		return piece[i-1]
	}
	return h.buf[len(h.buf)-1]
}
