//go:build redis

package redis

import (
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
