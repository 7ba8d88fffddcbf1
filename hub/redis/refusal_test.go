//go:build redis

package redis

import (
	"strings"
	"testing"

	"wschat/hub/redis/redistest"
)

// What asks Redis whether it takes messages reaches all masters, and leaves nothing
// behind.
func TestProbe(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	s := open(t, Config{URL: cluster.URL()})
	for _, redis := range cluster.Nodes {
		redis.CLI("config", "set", "maxmemory", "1")
		s.probe()
		if s.Err() == nil {
			t.Error("a master is full, and Err says nothing of it")
		}
		redis.CLI("config", "set", "maxmemory", "0")
		s.probe()
		if err := s.Err(); err != nil {
			t.Errorf("it is over, and Err says %v", err)
		}
		if keys := redis.CLI("keys", "*probe*"); keys != "" {
			t.Errorf("it leaves %s", keys)
		}
	}
}

// While Redis refuses, no node can renew its lease. Whose lease has ended meanwhile is
// not dead for that: nobody is told offline.
func TestLeasesEndWhileRefused(t *testing.T) {
	server := redistest.Start(t)
	a, toldA := node(t, Config{URL: server.URL()})
	b, toldB := node(t, Config{URL: server.URL()})
	enter(t, a, "A")
	enter(t, b, "B")
	server.CLI("zadd", nodesKey+":lease", "1", a.id, "1", b.id) // as if it had lasted for long
	server.CLI("config", "set", "maxmemory", "1")
	redistest.Eventually(t, "they find out", func() bool { return a.Err() != nil && b.Err() != nil })
	server.CLI("config", "set", "maxmemory", "0")
	redistest.Eventually(t, "they renew their leases", func() bool {
		return a.Err() == nil && b.Err() == nil && server.CLI("zcount", nodesKey+":lease", "-inf", "1") == "0"
	})
	for _, s := range []*Store{a, b} {
		if err := s.Reach(); err != nil {
			t.Fatal(err)
		}
	}
	for _, told := range []*recorder{toldA, toldB} {
		if all := strings.Join(told.about(""), ", "); strings.Contains(all, "false") {
			t.Errorf("it is told: %s", all)
		}
	}
}
