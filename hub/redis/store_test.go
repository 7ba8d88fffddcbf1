//go:build redis

package redis

import (
	"fmt"
	"math"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
	"wschat/hub/store/storetest"
)

func TestStore(t *testing.T) {
	for _, keep := range []int{0, 1000, math.MaxInt} {
		t.Run(fmt.Sprint("keep ", keep), func(t *testing.T) {
			server := redistest.Start(t)
			storetest.Run(t, func(t *testing.T) chat.Store {
				server.CLI("flushall")
				return asStore{open(t, Config{URL: server.URL(), Keep: keep})}
			})
		})
	}
}

// The bounds are shared; see hub/chat.
func TestShares(t *testing.T) {
	server := redistest.Start(t)
	storetest.SharesOfBytes(t, func(t *testing.T, bytes int64) chat.Store {
		server.CLI("flushall")
		return asStore{open(t, Config{URL: server.URL(), Keep: 1000, Bytes: bytes})}
	})
}

func TestStoreOnACluster(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	storetest.Run(t, func(t *testing.T) chat.Store {
		for _, node := range cluster.Nodes {
			node.CLI("flushall")
		}
		return asStore{open(t, Config{URL: cluster.URL(), Keep: 1000})}
	})
}
