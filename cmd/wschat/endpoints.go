package main

import (
	"errors"
	"net"
	"net/http"
	"time"

	"wschat/frame"
	"wschat/handshake"
	"wschat/hub"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

func (s *server) endpoints(o *options) map[string]handshake.Endpoint {
	endpoints := map[string]handshake.Endpoint{"/socket": s.socket}
	if o.echo {
		endpoints["/echo"] = s.echo
	}
	return endpoints
}

// socket lets a user into the chat.
func (s *server) socket(r *handshake.Request) (handshake.Acceptance, error) {
	who, err := access(r, s.secret, time.Now())
	if err != nil {
		return handshake.Acceptance{}, err
	}
	protocol, err := handshake.SelectProtocol(r, hub.LineProtocol, hub.JSONProtocol)
	if err != nil {
		return handshake.Acceptance{}, err
	}
	who.Protocol = protocol // none is the line protocol
	acceptance, err := s.accept(r, true, func() (loop.Handler, error) { return s.hub.Enter(who) })
	acceptance.Protocol = protocol
	return acceptance, err
}

// echo accepts whoever comes. It knows no rate: it is there to be measured.
func (s *server) echo(r *handshake.Request) (handshake.Acceptance, error) {
	return s.accept(r, false, func() (loop.Handler, error) { return loop.Echo{}, nil })
}

// accept takes a place for a connection, agrees on compression, and hands the
// connection to the loops once its handshake is done. enter makes its handler.
func (s *server) accept(r *handshake.Request, metered bool, enter func() (loop.Handler, error)) (handshake.Acceptance, error) {
	a := loop.Arrival{Metered: metered}
	var acceptance handshake.Acceptance
	deflate, response, ok, err := frame.NegotiateDeflate(r.Header.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		return acceptance, reject(http.StatusBadRequest, "expected a list of extensions in Sec-WebSocket-Extensions, got none")
	}
	if ok && s.deflater != nil {
		agreed := deflate // so that who agrees on nothing pays for nothing
		a.Deflate = &agreed
		acceptance.Header = handshake.Header{{Name: "Sec-WebSocket-Extensions", Value: response}}
	}
	if a.Gone, err = s.limits.admit(r); err != nil {
		return acceptance, err
	}
	if a.Handler, err = enter(); err != nil {
		a.Gone()
		return acceptance, away(err)
	}
	acceptance.Start = func(conn net.Conn, response, early []byte) {
		a.Conn, a.Response, a.Early = conn, response, early
		if err := s.loops.Add(a); err != nil {
			a.Gone()
			s.hub.Abandon(a.Handler)
			s.log.Warn("connection lost after its handshake", "error", err)
		}
	}
	return acceptance, nil
}

// away makes of a store that is out of reach the answer to who wants to connect.
func away(err error) error {
	if !errors.Is(err, chat.ErrUnavailable) {
		return err
	}
	return &handshake.Rejection{
		Status: http.StatusServiceUnavailable,
		Header: handshake.Header{{Name: "Retry-After", Value: "2"}},
		Reason: "the store is out of reach",
	}
}
