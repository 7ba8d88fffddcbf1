package main

import (
	"errors"
	"net/http"
	"time"

	"wschat/frame"
	"wschat/handshake"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

func (s *server) endpoints(o *options) map[string]loop.Endpoint {
	endpoints := map[string]loop.Endpoint{"/socket": s.socket}
	if o.echo {
		endpoints["/echo"] = s.echo
	}
	return endpoints
}

// socket lets a user into the chat.
func (s *server) socket(r *handshake.Request) (loop.Acceptance, error) {
	who, later, err := s.gate.admit(r, time.Now())
	if err != nil {
		return loop.Acceptance{}, err
	}
	protocol, err := handshake.SelectProtocol(r, wire.LineProtocol, wire.JSONProtocol)
	if err != nil {
		return loop.Acceptance{}, err
	}
	a, err := s.accept(r, func() (loop.Handler, error) {
		who := who
		if later != nil {
			var err error
			if who, err = later(); err != nil {
				return nil, err
			}
		}
		who.Protocol = protocol // none is the line protocol
		handler, err := s.hub.Enter(who)
		return handler, refusal(who.User, err)
	})
	a.Protocol, a.Metered = protocol, true
	if later != nil || s.engine.MayBlock() {
		a.MayBlock, a.Abandon = true, s.hub.Abandon
	}
	return a, err
}

// echo accepts everybody. It has no rate limit, since it is there to be measured.
func (s *server) echo(r *handshake.Request) (loop.Acceptance, error) {
	return s.accept(r, func() (loop.Handler, error) { return loop.Echo{}, nil })
}

// accept returns an Acceptance with the compression that client and server agree on.
func (s *server) accept(r *handshake.Request, enter func() (loop.Handler, error)) (loop.Acceptance, error) {
	a := loop.Acceptance{Enter: enter}
	if !r.Header.Has("Sec-WebSocket-Extensions") { // as most
		return a, nil
	}
	deflate, response, ok, err := frame.NegotiateDeflate(r.Header.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		return a, reject(http.StatusBadRequest, "", "expected a list of extensions in Sec-WebSocket-Extensions, got none")
	}
	if ok && s.deflater != nil {
		agreed := deflate // a copy, so that only those who agree on it pay the allocation
		a.Deflate = &agreed
		a.Header = handshake.Header{{Name: "Sec-WebSocket-Extensions", Value: response}}
	}
	return a, nil
}

// refusal returns the 403 of a user who is banned, the 503 of all if the store is out of
// reach, and any other error as it is.
func refusal(user string, err error) error {
	switch {
	case errors.Is(err, chat.ErrBanned):
		return reject(http.StatusForbidden, "banned", "user %s is banned for now", user)
	case errors.Is(err, chat.ErrUnavailable):
		return unavailable("store", "the store is out of reach", "2")
	}
	return err
}

// unavailable is a 503, to be tried again after some seconds.
func unavailable(kind, reason, seconds string) error {
	return &handshake.Rejection{
		Status: http.StatusServiceUnavailable,
		Header: handshake.Header{{Name: "Retry-After", Value: seconds}},
		Reason: reason,
		Kind:   kind,
	}
}
