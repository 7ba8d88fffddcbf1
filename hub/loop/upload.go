package loop

import (
	"net/netip"
	"sync"

	"wschat/handshake"
)

// Admit counts a request that the pages answer as a connection of its client's address, so that
// Limits.PerAddress bounds those that take long. The caller must call leave at its end. The error
// is the rejection of one more.
func (s *Server) Admit(r *handshake.Request) (leave func(), err error) {
	a := s.admission
	from, err := a.admit(a.client(r))
	if err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { a.dismissUpload(from) }), nil
}

func (a *admission) admit(ip netip.Addr) (*address, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from := a.address(ip)
	if most := a.limits.PerAddress; most > 0 && from.users >= most {
		a.forget(from)
		return nil, full("address", "this address has as many connections as it may")
	}
	from.users++
	return from, nil
}

func (a *admission) dismissUpload(from *address) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from.users--
	a.forget(from)
}

// Client returns the address of whoever has sent a request; see Limits.Client.
func (s *Server) Client(r *handshake.Request) netip.Addr { return s.admission.client(r) }
