package handshake

import (
	"net/http"
	"slices"
)

// maxProtocols bounds a client's list, which is compared each with each.
const maxProtocols = 64

// Protocols returns the subprotocols that the client offers, in the order of
// its preference; nil if it offers none. They may come in several fields (RFC
// 6455 §11.3.4). The error is a *Rejection with status 400: an element that is
// no token, one given twice (§4.1, 10), a field without any, more than 64.
// After [Verify], which checks the same, there is no error.
func Protocols(r *Request) ([]string, error) {
	offered, rejection := protocols(r)
	if rejection != nil {
		return nil, rejection
	}
	return offered, nil
}

func protocols(r *Request) ([]string, *Rejection) {
	var offered []string
	for value := range r.Header.Values("Sec-WebSocket-Protocol") {
		before := len(offered)
		for element := range elements(value) {
			switch {
			case !isToken(element):
				return nil, reject(http.StatusBadRequest, "expected tokens in Sec-WebSocket-Protocol, got %s", quote(element))
			case slices.Contains(offered, element):
				return nil, reject(http.StatusBadRequest, "expected each subprotocol once, got %s twice", quote(element))
			case len(offered) == maxProtocols:
				return nil, reject(http.StatusBadRequest, "expected at most %d subprotocols, got more", maxProtocols)
			}
			offered = append(offered, element)
		}
		if len(offered) == before {
			return nil, reject(http.StatusBadRequest, "expected a subprotocol in Sec-WebSocket-Protocol, got %s", quote(value))
		}
	}
	return offered, nil
}

// SelectProtocol returns the first subprotocol of the client's list that is
// among known, or "". Names are compared exactly. The error is that of
// [Protocols].
func SelectProtocol(r *Request, known ...string) (string, error) {
	offered, err := Protocols(r)
	if err != nil {
		return "", err
	}
	for _, protocol := range offered {
		if slices.Contains(known, protocol) {
			return protocol, nil
		}
	}
	return "", nil
}

func checkProtocols(r *Request) *Rejection {
	_, rejection := protocols(r)
	return rejection
}
