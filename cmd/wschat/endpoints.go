package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"

	"wschat/handshake"
	"wschat/hub"
	"wschat/hub/loop"
)

// lineProtocol is the subprotocol of the line protocol, which is also what those
// speak who ask for none.
const lineProtocol = "wschat.v1.line"

func (s *server) endpoints(o *options) map[string]handshake.Endpoint {
	endpoints := map[string]handshake.Endpoint{"/socket": s.socket}
	if o.echo {
		endpoints["/echo"] = s.echo
	}
	return endpoints
}

// socket lets a user into the chat.
func (s *server) socket(r *handshake.Request) (handshake.Acceptance, error) {
	user, err := userID(r.URL)
	if err != nil {
		return handshake.Acceptance{}, err
	}
	protocol, err := handshake.SelectProtocol(r, lineProtocol)
	if err != nil {
		return handshake.Acceptance{}, err
	}
	return handshake.Acceptance{Protocol: protocol, Start: s.start(s.hub.Session(hub.Access{User: user}))}, nil
}

// echo accepts whoever comes.
func (s *server) echo(*handshake.Request) (handshake.Acceptance, error) {
	return handshake.Acceptance{Start: s.start(loop.Echo{})}, nil
}

// start hands a connection to the loops.
func (s *server) start(h loop.Handler) func(net.Conn, []byte, []byte) {
	return func(conn net.Conn, response, early []byte) {
		if err := s.loops.Add(loop.Arrival{Conn: conn, Response: response, Early: early, Handler: h}); err != nil {
			s.log.Warn("connection lost after its handshake", "error", err)
		}
	}
}

// userID reads who connects; "" for nobody yet.
func userID(u *url.URL) (string, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", &handshake.Rejection{Status: http.StatusBadRequest, Reason: "expected a well-formed query, got one with " + err.Error()}
	}
	user := query.Get("userId")
	if user != "" && !hub.ValidUser(user) {
		return "", &handshake.Rejection{Status: http.StatusBadRequest, Reason: fmt.Sprintf(
			"expected a userId of 1 to 64 bytes of letters, digits and _ - . @ that is no reserved word and does not begin with group, got %q", cut(user))}
	}
	return user, nil
}

// cut keeps quotations short.
func cut(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
