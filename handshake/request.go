package handshake

import (
	"iter"
	"net/http"
	"net/netip"
	"net/url"
)

// Field is one header field. Its name is as it was sent, its value is without
// the white space around it.
type Field struct{ Name, Value string }

// Header is a list of header fields in the order of their arrival. Names are
// compared without regard to case. Reading it is safe for concurrent use.
type Header []Field

// Get returns the value of the first field called name, or "".
func (h Header) Get(name string) string {
	value, _ := h.first(name)
	return value
}

// Has reports whether there is a field called name.
func (h Header) Has(name string) bool {
	_, n := h.first(name)
	return n > 0
}

// Values yields the values of all fields called name, in order.
func (h Header) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range h {
			if equalFold(h[i].Name, name) && !yield(h[i].Value) {
				return
			}
		}
	}
}

// HasToken reports whether one of the comma-separated lists in the fields
// called name holds token, without regard to (ASCII) case.
func (h Header) HasToken(name, token string) bool {
	for value := range h.Values(name) {
		for element := range elements(value) {
			if equalFold(element, token) {
				return true
			}
		}
	}
	return false
}

// first returns the value of the first field called name, and how many such
// fields there are.
func (h Header) first(name string) (value string, n int) {
	for i := range h {
		if equalFold(h[i].Name, name) {
			if n == 0 {
				value = h[i].Value
			}
			n++
		}
	}
	return value, n
}

// Request is the head of an HTTP request. Nobody changes it after it was made,
// so that reading it is safe for concurrent use.
type Request struct {
	Method string
	Target string   // as in the request line
	URL    *url.URL // Target, parsed
	Major  int      // of the HTTP version
	Minor  int
	Host   string         // of an absolute-form Target, else of the Host field (RFC 9112 §3.2.2)
	Header Header         // Host included
	Remote netip.AddrPort // of the peer; the zero value if it is not known
	Head   string         // all of it, as it came; "" from FromHTTP

	url url.URL // what URL points to in the common case, to save an allocation
}

// FromHTTP makes a Request of one that net/http has read. Fields of different
// names are then in no particular order, and Remote is zero if r.RemoteAddr is
// not an IP address and a port.
//
// A target that stands for the path "/" gets that path, in r as well.
//
// net/http takes Host and Transfer-Encoding out of the header; here they are
// put back. It has refused most malformed heads by itself, such as one with two
// Hosts. Unlike [ParseRequest], net/http accepts a bare LF at the end of a line,
// folded lines, and a "#" or user information in the target.
func FromHTTP(r *http.Request) *Request {
	setPath(r.Method, r.URL)
	q := &Request{
		Method: r.Method,
		Target: r.RequestURI,
		URL:    r.URL,
		Major:  r.ProtoMajor,
		Minor:  r.ProtoMinor,
		Host:   r.Host,
		Header: make(Header, 0, len(r.Header)+2),
	}
	if r.Host != "" {
		q.Header = append(q.Header, Field{"Host", r.Host})
	}
	for name, values := range r.Header {
		for _, value := range values {
			q.Header = append(q.Header, Field{name, value})
		}
	}
	for _, coding := range r.TransferEncoding {
		q.Header = append(q.Header, Field{"Transfer-Encoding", coding})
	}
	q.Remote, _ = netip.ParseAddrPort(r.RemoteAddr) // any other kind of address is left out
	return q
}
