//go:build e2e && linux

package nodes

import (
	"flag"
	"os"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// Most tests wait most of the time: more run at once than there are processors.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "6")
	os.Exit(target.Main(m))
}

// startNodes starts so many nodes on a Redis.
func startNodes(t *testing.T, n int, url string, flags ...string) []*target.Server {
	t.Helper()
	var nodes []*target.Server
	for range n {
		nodes = append(nodes, startNode(t, url, flags...))
	}
	return nodes
}

// startNode starts one, and waits until it has found its Redis.
func startNode(t *testing.T, url string, flags ...string) *target.Server {
	t.Helper()
	s := target.Start(t, append([]string{"-admin", "127.0.0.1:0", "-redis", url, "-rate", "0", "-queue", "0"}, flags...)...)
	if !target.Until(func() bool { return health(t, s) == 200 }) {
		t.Fatalf("the node never finds Redis:\n%s", s.Log())
	}
	return s
}
