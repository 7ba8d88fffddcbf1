package frame

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
)

// Deflate is what client and server have agreed on for permessage-deflate
// (RFC 7692 §7.1). It is a value: comparable, and not to be changed. Each side
// may compress with a smaller window than agreed, or without its context.
type Deflate struct {
	ServerNoContext  bool // the server compresses each message by itself
	ClientNoContext  bool // the client does
	ServerWindowBits int  // the server refers back by at most 2^this bytes; 8 to 15
	ClientWindowBits int  // the client does
}

// The errors of the negotiation.
var (
	// ErrExtensions: a header field is not an extension list (RFC 6455 §9.1). A
	// server answers 400, a client fails the connection.
	ErrExtensions = errors.New("frame: Sec-WebSocket-Extensions: not a list of extensions")

	// ErrDeflateResponse: the server's answer is not one to the client's offer.
	// The client fails the connection (RFC 7692 §7.1). It comes wrapped, with
	// what is wrong.
	ErrDeflateResponse = errors.New("frame: Sec-WebSocket-Extensions: answer does not fit the offer")
)

const (
	deflateName     = "permessage-deflate"
	serverNoContext = "server_no_context_takeover"
	clientNoContext = "client_no_context_takeover"
	serverBits      = "server_max_window_bits"
	clientBits      = "client_max_window_bits"

	minBits, maxBits = 8, 15
)

// NegotiateDeflate is the server's side of the negotiation. fields are the
// values of all Sec-WebSocket-Extensions fields of the request, in order. The
// first offer of permessage-deflate that can be accepted is; response is then
// the element to answer with. Offers that RFC 7692 §7.1 has a server decline,
// and other extensions, are passed over. Without an acceptable one ok is false,
// and the connection goes on without compression.
//
// The server always answers server_no_context_takeover, which it may unasked
// (§7.1.1.1): a message is then compressed once for all who receive it, and
// there is nothing to keep for a connection. The other parameters are answered
// only if offered. client_max_window_bits is not: clients compress as they like.
//
// An empty list is as none (RFC 9110 §5.6.1). The error is [ErrExtensions],
// whatever offer comes before the fault.
func NegotiateDeflate(fields iter.Seq[string]) (d Deflate, response string, ok bool, err error) {
	if list := slices.Collect(fields); len(list) > 0 { // most clients offer nothing
		return negotiate(list)
	}
	return Deflate{}, "", false, nil
}

func negotiate(fields []string) (d Deflate, response string, ok bool, err error) {
	for _, field := range fields {
		for e, err := range extensions(field) {
			if err != nil {
				return Deflate{}, "", false, err
			}
			if e.name != deflateName || ok {
				continue
			}
			if p, good := readParams(e.params, true); good {
				d, response = p.accept()
				ok = true
			}
		}
	}
	return d, response, ok, nil
}

// accept returns what a server makes of an offer.
func (p deflateParams) accept() (d Deflate, response string) {
	d = Deflate{ServerNoContext: true, ClientNoContext: p.clientNoContext, ServerWindowBits: maxBits, ClientWindowBits: maxBits}
	response = deflateName + "; " + serverNoContext
	if p.clientNoContext {
		response += "; " + clientNoContext
	}
	if p.serverBits > 0 {
		d.ServerWindowBits = p.serverBits
		response += "; " + serverBits + "=" + strconv.Itoa(p.serverBits)
	}
	return d, response
}

// Offer returns the element by which a client offers d. It always says that
// the server may limit the client's window.
func (d Deflate) Offer() string {
	offer := deflateName
	if d.ServerNoContext {
		offer += "; " + serverNoContext
	}
	if d.ClientNoContext {
		offer += "; " + clientNoContext
	}
	if d.ServerWindowBits < maxBits {
		offer += "; " + serverBits + "=" + strconv.Itoa(d.ServerWindowBits)
	}
	offer += "; " + clientBits
	if d.ClientWindowBits < maxBits {
		offer += "=" + strconv.Itoa(d.ClientWindowBits)
	}
	return offer
}

// ParseDeflateResponse is the client's side: fields are the values of all
// Sec-WebSocket-Extensions fields of the answer to a request whose only offer
// was d.Offer(). agreed is what holds. ok is false, without an error, if the
// server has declined: there is no such field.
//
// The errors are [ErrExtensions] and, wrapped, [ErrDeflateResponse].
func (d Deflate) ParseDeflateResponse(fields iter.Seq[string]) (agreed Deflate, ok bool, err error) {
	present := false
	for field := range fields {
		present = true
		for e, err := range extensions(field) {
			switch {
			case err != nil:
				return Deflate{}, false, err
			case e.name != deflateName:
				return Deflate{}, false, fmt.Errorf("%w: %q was not offered", ErrDeflateResponse, e.name)
			case ok:
				return Deflate{}, false, fmt.Errorf("%w: %s comes twice", ErrDeflateResponse, deflateName)
			}
			p, good := readParams(e.params, false)
			if !good {
				return Deflate{}, false, fmt.Errorf("%w: unknown, repeated or wrong parameter in %q", ErrDeflateResponse, field)
			}
			if agreed, err = d.agree(p); err != nil {
				return Deflate{}, false, err
			}
			ok = true
		}
	}
	if present && !ok {
		return Deflate{}, false, ErrExtensions
	}
	return agreed, ok, nil
}

// agree returns what holds when d was offered and p answered.
func (d Deflate) agree(p deflateParams) (Deflate, error) {
	if d.ServerNoContext && !p.serverNoContext {
		// §7.1.1.1: a server accepts the parameter by including it.
		return Deflate{}, fmt.Errorf("%w: %s was not accepted", ErrDeflateResponse, serverNoContext)
	}
	if p.serverBits == 0 {
		p.serverBits = maxBits
	}
	if p.serverBits > d.ServerWindowBits {
		// §7.1.2.1: "with the same or smaller value as the offer".
		return Deflate{}, fmt.Errorf("%w: %s is over %d", ErrDeflateResponse, serverBits, d.ServerWindowBits)
	}
	if p.clientBits > d.ClientWindowBits {
		return Deflate{}, fmt.Errorf("%w: %s is over %d", ErrDeflateResponse, clientBits, d.ClientWindowBits) // §7.1.2.2 likewise
	}
	agreed := Deflate{
		ServerNoContext:  p.serverNoContext,
		ClientNoContext:  p.clientNoContext || d.ClientNoContext, // §7.1.1.2: offering it is promising it
		ServerWindowBits: p.serverBits,
		ClientWindowBits: d.ClientWindowBits, // §7.1.2.2: so is this
	}
	if p.clientBits > 0 {
		agreed.ClientWindowBits = p.clientBits
	}
	return agreed, nil
}

// deflateParams are the parameters of an offer or an answer.
type deflateParams struct {
	serverNoContext, clientNoContext bool
	serverBits, clientBits           int // 0: not there, or without a value
}

// readParams reports whether params are those that RFC 7692 §7.1 defines: no
// others, none twice, each with a value that it may have. In an offer alone
// client_max_window_bits may be without one (§7.1.2.2).
func readParams(params []param, offer bool) (p deflateParams, ok bool) {
	seen := map[string]bool{}
	for _, param := range params {
		if seen[param.name] {
			return p, false
		}
		seen[param.name] = true
		switch param.name {
		case serverNoContext:
			p.serverNoContext, ok = true, !param.hasValue
		case clientNoContext:
			p.clientNoContext, ok = true, !param.hasValue
		case serverBits:
			p.serverBits, ok = readBits(param.value)
		case clientBits:
			p.clientBits, ok = readBits(param.value)
			ok = ok || offer && !param.hasValue
		default:
			ok = false
		}
		if !ok {
			return p, false
		}
	}
	return p, true
}

// readBits reads "a decimal integer value without leading zeroes between 8 to
// 15, inclusive" (RFC 7692 §7.1.2).
func readBits(value string) (bits int, ok bool) {
	for bits := minBits; bits <= maxBits; bits++ {
		if value == strconv.Itoa(bits) {
			return bits, true
		}
	}
	return 0, false
}
