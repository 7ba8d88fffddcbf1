package handshake

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Rejection is the answer to a request that does not become a WebSocket connection.
// *Rejection is an error.
type Rejection struct {
	Status int    // of the HTTP response
	Header Header // beyond what every rejection carries
	Reason string // the body: one plain sentence of what was expected and what came
	// Kind is a word for logs and metrics, such as "origin"; "": Status says enough. A Reason
	// with a Kind may be logged. Others may quote any part of a request, a token too.
	Kind string
}

// Error returns status and reason. The reason may quote the request.
func (r *Rejection) Error() string {
	return "handshake: " + strconv.Itoa(r.Status) + ": " + r.Reason
}

// reject makes a Rejection without header fields of its own.
func reject(status int, format string, args ...any) *Rejection {
	return &Rejection{Status: status, Reason: fmt.Sprintf(format, args...)}
}

// of sets the kind.
func (r *Rejection) of(kind string) *Rejection {
	r.Kind = kind
	return r
}

// quote makes what a client sent fit for a sentence: printable, and short.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

// AppendResponse appends the whole HTTP response to dst, and returns the longer
// slice. It says that the connection is closed behind it. The method is the
// request's, "" if there is none: the answer to HEAD has no body (RFC 9110 §9.3.2).
func (r *Rejection) AppendResponse(dst []byte, method string, now time.Time) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(r.Status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(r.Status)...)
	dst = append(dst, "\r\nDate: "...)
	dst = now.UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(r.Reason)+1), 10)
	dst = append(dst, "\r\nConnection: close"...)
	if _, n := r.Header.first("Upgrade"); n > 0 {
		// RFC 9110 §7.8: a sender of Upgrade MUST name it in Connection.
		dst = append(dst, ", Upgrade"...)
	}
	dst = append(dst, "\r\n"...)
	dst = appendFields(dst, r.Header)
	dst = append(dst, "\r\n"...)
	if method != http.MethodHead {
		dst = append(dst, r.Reason...)
		dst = append(dst, '\n')
	}
	return dst
}

// appendFields writes fields. A byte that cannot stand in a value becomes a
// space, so that no value can begin a new field (response splitting).
func appendFields(dst []byte, fields Header) []byte {
	for _, f := range fields {
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		for i := range len(f.Value) {
			c := f.Value[i]
			if class[c]&inValue == 0 {
				c = ' '
			}
			dst = append(dst, c)
		}
		dst = append(dst, "\r\n"...)
	}
	return dst
}
