//go:build e2e && linux

package nodes

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// Power loss of everything at once, with appendfsync everysec: Redis and all nodes are
// killed, and the last second of what Redis has written is not on its disk. What was
// acknowledged then is lost, but no number is given twice in one epoch: nobody was alive
// to see the loss, so Redis' own data have to tell.
func TestNodesPowerLoss(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, "appendonly yes", "appendfsync everysec")
	nodes := newFleet(startNodes(t, 3, redis.URL(), "-history", "0")...)
	all := crowdOn(t, nodes, 9)
	stop := talk(all, 10*time.Millisecond)
	rounds := 1
	if whole {
		rounds = 10
	}
	for range rounds {
		sofar := all[0].last("groupX")
		all[0].until("to be busy", func() bool { return all[0].told.whole["groupX"] > sofar+300 })
		size := fileSize(t, appendOnlyFile(t, redis))
		time.Sleep(time.Second) // of which nothing will be left
		var dying sync.WaitGroup
		for i := range 3 {
			dying.Go(nodes.get(i).Kill)
		}
		file := appendOnlyFile(t, redis)
		redis.Kill()
		dying.Wait()
		lost := fileSize(t, file) - size
		if lost <= 0 {
			t.Fatal("Redis has written nothing")
		}
		if err := os.Truncate(file, size); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d of %d bytes are lost", lost, size+lost)
		redis.Restart(true)
		began := time.Now()
		for i := range 3 {
			nodes.replace(i, startNode(t, redis.URL(), "-history", "0"))
		}
		for _, c := range all {
			c.until("to go on", func() bool { return c.answered.After(began) && len(c.open) < 10 })
		}
	}
	stop()
	quiet(all)
	check(t, all)
}

// appendOnlyFile is the one that Redis appends to.
func appendOnlyFile(t *testing.T, redis *redistest.Server) string {
	t.Helper()
	_, dir, _ := strings.Cut(redis.CLI("config", "get", "dir"), "\n")
	files, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	return files[0]
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
