package hub

import (
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// nodes are hubs that are one chat; each connection goes to the next of them.
type nodes struct {
	hubs  []*Hub
	next  int
	reach func() // waits until all of them have been told of what has happened
}

// OpenNodes opens the engines of so many nodes, which end with the test. It is set where
// there is Redis.
var OpenNodes func(t *testing.T, presence chat.Presence, single bool, ttl time.Duration, n int) (engines []chat.Engine, reach func())

// spread reports whether the users of a test are to be spread over three nodes.
func spread(t *testing.T) bool { return strings.HasPrefix(t.Name(), "TestNodes") }

func (s *server) startNodes(config setup) {
	s.t.Helper()
	engines, reach := OpenNodes(s.t, config.Presence, config.Single, config.MembershipTTL, 3)
	s.nodes.reach = reach
	for _, engine := range engines {
		s.nodes.hubs = append(s.nodes.hubs, config.hub(s.loops, engine))
	}
	s.Hub, s.engine = s.nodes.hubs[0], engines[0]
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
