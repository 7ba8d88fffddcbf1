//go:build e2e && linux

package living

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// They wait most of the time: more run at once than there are processors.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "4")
	os.Exit(target.Main(m))
}

// stretch is how many operations there are from one look at all to the next.
const stretch = 125

// store is where messages are kept, with so many nodes and so many of their ends in a stretch.
type store struct {
	name        string
	nodes, ends int
	flags       func(t *testing.T) []string
}

var stores = []store{
	{"memory", 1, 0, func(t *testing.T) []string { return nil }},
	{"journal", 1, 2, func(t *testing.T) []string { return []string{"-data", t.TempDir()} }},
	{"Redis", 2, 1, func(t *testing.T) []string { return []string{"-redis", redistest.Start(t).URL()} }},
	{"cluster", 2, 1, func(t *testing.T) []string { return []string{"-redis", redistest.StartCluster(t, 3).URL()} }},
}

// PROTOCOL 5.1: whatever happens to a message is an entry of its conversation, and all agree
// on what that has made of it: who has seen it happen, who asks for the history, and what was
// acknowledged. With few messages kept, and with many.
func TestModel(t *testing.T)      { testModel(t, stores[:2]) }
func TestNodesModel(t *testing.T) { testModel(t, stores[2:]) }

func testModel(t *testing.T, stores []store) {
	rounds, operations := 1, 250
	if n, err := strconv.Atoi(os.Getenv("CRASH_ROUNDS")); err == nil {
		rounds, operations = n, 1000
	}
	first := rand.Uint64() >> 1
	if n, err := strconv.ParseUint(os.Getenv("WSCHAT_SEED"), 10, 64); err == nil {
		first = n
	}
	for _, s := range stores {
		for _, history := range []int{20, 2000} {
			t.Run(fmt.Sprintf("%s, -history %d", s.name, history), func(t *testing.T) {
				t.Parallel()
				for seed := first; seed < first+uint64(rounds) && !t.Failed(); seed++ {
					t.Run(fmt.Sprintf("WSCHAT_SEED=%d", seed), func(t *testing.T) { s.test(t, history, operations, seed) })
				}
			})
		}
	}
}

func (s store) test(t *testing.T, history, operations int, seed uint64) {
	flags := append([]string{"-admin", "127.0.0.1:0", "-rate", "0", "-queue", "0", "-drain", "1s",
		"-history", strconv.Itoa(history)}, s.flags(t)...)
	h := newHouse(s.nodes, func() *target.Server {
		s := target.Start(t, flags...)
		if !target.Until(func() bool { return healthy(s) }) {
			t.Fatalf("the node is never well:\n%s", s.Log())
		}
		return s
	})
	h.forgets = s.name == "memory"
	w := newWorld(t, seed, history, h)
	for done := 0; done < operations; done += stretch {
		w.act(stretch, s.ends)
		w.check()
	}
	if h.forgets {
		w.anew()
		w.act(stretch, 0)
		w.check()
	}
	t.Log(w.summary())
}

func healthy(s *target.Server) bool {
	response, err := http.Get("http://" + s.Addr + "/healthz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
