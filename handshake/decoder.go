package handshake

import "net/http"

// ErrHeadTooLong is the *Rejection of a request whose head has more than [MaxHead]
// bytes.
var ErrHeadTooLong error = reject(http.StatusRequestHeaderFieldsTooLarge, "%v", errHeadTooLong)

// Decoder reads the request of an opening handshake from bytes as they come. It is
// 32 bytes long, and has no other memory but an incomplete head, of 16 KiB at most.
// The zero value is ready.
//
// A Decoder is not safe for concurrent use, and must not be copied once used.
type Decoder struct{ head headReader }

// Held returns the bytes of memory that an incomplete head takes.
func (d *Decoder) Held() int { return cap(d.head.buf) }

// Next takes bytes from the front of b until they complete the head of a
// request, and returns that and the number n of bytes taken; b[n:] was sent
// behind the request. If b completes none, the request is nil and n is len(b):
// call Next again with the bytes that follow.
//
// The request is as [ParseRequest] reads it; [Verify], [CheckHost] and
// [CheckOrigin] say whether it may become a WebSocket connection. An error is a
// *Rejection: 431 for a head of more than 16 KiB, or one of ParseRequest's. It
// comes as soon as it is certain, and is the same however the bytes are cut. The
// Decoder must not be used after an error.
func (d *Decoder) Next(b []byte) (r *Request, n int, err error) {
	head, n, err := d.head.next(b)
	switch {
	case err == errHeadTooLong:
		return nil, n, ErrHeadTooLong
	case err != nil:
		return nil, n, reject(http.StatusBadRequest, "%v", err)
	case head == nil:
		return nil, n, nil
	}
	r, err = ParseRequest(head)
	return r, n, err
}
