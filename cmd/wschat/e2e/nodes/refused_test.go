//go:build e2e && linux

package nodes

import (
	"os"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// refusals are the reasons for which a Redis that can be reached takes no message,
// by the code of its error: the commands that bring each about, and that end it.
var refusals = map[string][2][]string{
	"OOM":                  {{"config set maxmemory 1"}, {"config set maxmemory 0"}},
	"READONLY":             {{"replicaof 127.0.0.1 1"}, {"replicaof no one"}},
	"MASTERDOWN":           {{"config set replica-serve-stale-data no", "replicaof 127.0.0.1 1"}, {"replicaof no one"}},
	"NOREPLICAS":           {{"config set min-replicas-to-write 1"}, {"config set min-replicas-to-write 0"}},
	"MISCONF":              {{"config set stop-writes-on-bgsave-error yes"}, {"config set stop-writes-on-bgsave-error no"}},
	"NOPERM, of a command": {{"acl setuser default -xadd"}, {"acl setuser default +xadd"}},
	"NOPERM, of a channel": {{"acl setuser default resetchannels"}, {"acl setuser default allchannels"}},
}

// PROTOCOL 1 and 6: /healthz is 503 while senders are refused, for whatever reason,
// with or without a sender who finds out, and 200 when that is over, without one.
func TestNodesRefused(t *testing.T) {
	t.Parallel()
	for name, how := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := redistest.Start(t, "save 3600 1", "stop-writes-on-bgsave-error no")
			failToSave(t, redis)
			s := startNode(t, redis.URL())
			a := lineClient(t, s, "A")
			for _, sender := range []bool{true, false} {
				a.say("all,before")
				a.until(t, "用户(A=>A):before")
				order(redis, how[0])
				if sender {
					a.say("all,refused")
					a.until(t, "错误:暂时无法发送")
					if status := health(t, s); status != 503 {
						t.Errorf("a sender has been refused, and /healthz is %d", status)
					}
				}
				if !target.Until(func() bool { return health(t, s) == 503 }) {
					t.Errorf("nobody sends, and /healthz stays %d", health(t, s))
				}
				order(redis, how[1])
				if !target.Until(func() bool { return health(t, s) == 200 }) {
					t.Fatalf("it is over, and /healthz stays %d", health(t, s))
				}
			}
			a.say("all,after")
			a.until(t, "用户(A=>A):after")
		})
	}
}

// The same with one master of three: what it has is refused, whichever it is.
func TestNodesRefusedByOneMaster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	s := startNode(t, cluster.URL())
	for _, master := range cluster.Nodes {
		order(master, refusals["OOM"][0])
		if !target.Until(func() bool { return health(t, s) == 503 }) {
			t.Errorf("one master is full, and /healthz stays %d", health(t, s))
		}
		order(master, refusals["OOM"][1])
		if !target.Until(func() bool { return health(t, s) == 200 }) {
			t.Fatalf("it is over, and /healthz stays %d", health(t, s))
		}
	}
}

func order(redis *redistest.Server, commands []string) {
	for _, command := range commands {
		redis.CLI(strings.Fields(command)...)
	}
}

// failToSave has a Redis find out that it cannot save.
func failToSave(t *testing.T, redis *redistest.Server) {
	t.Helper()
	_, dir, _ := strings.Cut(redis.CLI("config", "get", "dir"), "\n")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	redis.CLI("bgsave")
	redistest.Eventually(t, "it cannot save", func() bool {
		return strings.Contains(redis.CLI("info", "persistence"), "rdb_last_bgsave_status:err")
	})
}
