package hub

import (
	"strings"
	"testing"

	"wschat/hub/chat"
)

// nodes are hubs that are one chat; each connection goes to the next of them.
type nodes struct {
	hubs  []*Hub
	next  int
	reach func() // waits until all of them have been told of what has happened
}

// OpenNodes opens the stores of so many nodes, which end with the test. It is set
// where Shared stores are known.
var OpenNodes func(t *testing.T, config Config, n int) (stores []chat.Shared, reach func())

// spread reports whether the users of a test are to be spread over three nodes.
func spread(t *testing.T) bool { return strings.HasPrefix(t.Name(), "TestNodes") }

func (s *server) startNodes(config Config) {
	s.t.Helper()
	stores, reach := OpenNodes(s.t, config, 3)
	s.nodes.reach = reach
	for _, store := range stores {
		config.Store = store
		s.nodes.hubs = append(s.nodes.hubs, New(config))
	}
	s.Hub = s.nodes.hubs[0]
	s.t.Cleanup(func() {
		s.loops.Close()
		for _, h := range s.nodes.hubs {
			h.Close()
		}
	})
}

// nextHub is where the next connection goes.
func (s *server) nextHub() *Hub {
	if s.nodes.hubs == nil {
		return s.Hub
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodes.next++
	return s.nodes.hubs[s.nodes.next%len(s.nodes.hubs)]
}

// settle has all that has happened known on all nodes.
func (s *server) settle() {
	if s.nodes.reach != nil {
		s.nodes.reach()
	}
}
