//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// server is a running wschat, and the test that goes on with it. Of what stands
// in front of one, such as nginx, there is nothing but Addr.
type server struct {
	*target.Server
	t *testing.T
}

// start runs wschat on a free port, with these flags, until the test ends.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	return &server{target.Start(t, flags...), t}
}

// logLines are the whole lines logged until now.
func (s *server) logLines() []string {
	return strings.SplitAfter(strings.TrimSuffix(s.Log(), "\n"), "\n")
}

// run is t.Run for a part of the test that goes on with this server: failures
// of it and its clients are then that part's.
func (s *server) run(name string, part func(*testing.T)) {
	whole := s.t
	whole.Run(name, func(t *testing.T) {
		s.t = t
		defer func() { s.t = whole }()
		part(t)
	})
}
