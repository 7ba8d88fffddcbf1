//go:build redis

package hub_test

import (
	"os"
	"testing"
	"time"

	"wschat/hub"
	"wschat/hub/chat"
	"wschat/hub/redis"
	"wschat/hub/redis/redistest"
)

// nodesOn has the tests of several nodes use a Redis, which is emptied for each.
func nodesOn(t *testing.T, url string, empty func()) {
	hub.OpenNodes = func(t *testing.T, presence chat.Presence, single bool, ttl time.Duration, n int) ([]chat.Engine, func()) {
		empty()
		var stores []chat.Engine
		for range n {
			s, err := redis.Open(redis.Config{
				URL: url, MembershipTTL: ttl, Presence: presence, Single: single,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			redistest.Eventually(t, "Redis is reached", func() bool { return s.Err() == nil })
			stores = append(stores, s)
		}
		return stores, func() {
			for range 2 { // what one has yet to do, others have to be told of
				for _, s := range stores {
					if err := s.(*redis.Store).Reach(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	t.Cleanup(func() { hub.OpenNodes = nil })
}

// What one node does, three do together.
func TestNodes(t *testing.T) {
	server := redistest.Start(t)
	nodesOn(t, server.URL(), func() { server.CLI("flushall") })
	hub.RunOnNodes(t, false)
}

// And so they do with a cluster of three masters: all of it in make crash.
func TestNodesOnACluster(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	nodesOn(t, cluster.URL(), func() {
		for _, node := range cluster.Nodes {
			node.CLI("flushall")
		}
	})
	hub.RunOnNodes(t, os.Getenv("WSCHAT_CRASH_ROUNDS") == "")
}
