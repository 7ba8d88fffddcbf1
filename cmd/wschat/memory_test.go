package main

import (
	"cmp"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAvailableMemory(t *testing.T) {
	const meminfo = "MemTotal:        2097152 kB\nMemFree:          1048576 kB\n"
	for _, row := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no Linux", nil, 0},
		{"no control group", map[string]string{"proc/meminfo": meminfo}, 2 << 30},
		{"version 2, a service", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "0::/system.slice/wschat.service\n",
			"sys/fs/cgroup/system.slice/wschat.service/memory.max": "536870912\n",
			"sys/fs/cgroup/system.slice/memory.max":                "max\n",
		}, 512 << 20},
		{"version 2, a container, which sees itself as the top", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "268435456\n",
		}, 256 << 20},
		{"version 2, the group above has less", map[string]string{
			"proc/meminfo":                   meminfo,
			"proc/self/cgroup":               "0::/a/b\n",
			"sys/fs/cgroup/a/memory.max":     "134217728\n",
			"sys/fs/cgroup/a/b/memory.max":   "max\n",
			"sys/fs/cgroup/a/b/c/memory.max": "1\n",
		}, 128 << 20},
		{"version 2, more than there is", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "9000000000\n",
		}, 2 << 30},
		{"version 1", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "9:name=systemd:/\n5:cpu,memory:/docker/abc\n0::/\n",
			"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":            "9223372036854771712\n",
		}, 1 << 30},
		{"version 1, a container that does not see its path", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "5:memory:/docker/abc\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, 1 << 30},
		{"files that make no sense", map[string]string{
			"proc/meminfo":             "MemTotal: much kB\n",
			"proc/self/cgroup":         "0\n\n0::/\n",
			"sys/fs/cgroup/memory.max": "-1",
		}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := make(fstest.MapFS)
			for name, text := range row.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := availableMemory(root); got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
}

// Tables fit into -memory, unless flags say otherwise.
func TestTablesFitIntoMemory(t *testing.T) {
	const given, standard = 5_000_000, 1 << 20
	for _, row := range []struct {
		args                      string
		conversations, users, ids int // 0: as many as fit
	}{
		{"-memory 67108864", 0, 0, 0},
		{"-memory 67108864 -max-conversations 5000000", given, 0, 0},
		{"-memory 67108864 -max-users 5000000", 0, given, 0},
		{"-memory 67108864 -max-ids 5000000", 0, 0, given},
		{"-memory 0", standard, standard, standard},
		{"-memory 1099511627776", standard, standard, standard},
	} {
		o, err := parseOptions(strings.Fields(row.args), environment(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		fit := o.tableEntries()
		if o.memory == 64<<20 && (fit < 1000 || fit*2000 > 64<<20/8) {
			t.Errorf("%s: %d entries fit", row.args, fit)
		}
		for _, one := range []struct{ got, want, fit int }{
			{o.maxConversations, row.conversations, fit}, {o.maxUsers, row.users, fit}, {o.maxIDs, row.ids, o.idEntries()},
		} {
			if want := cmp.Or(one.want, one.fit); one.got != want {
				t.Errorf("%s: got %d, want %d", row.args, one.got, want)
			}
		}
	}
}

// Somebody who sends 50 ids a second keeps hers for ten minutes (PROTOCOL 6) in 512 MiB, even
// if many others, of whom each has few, have as many.
func TestIDsOfTenMinutesFitIntoMemory(t *testing.T) {
	const hers = 50 * 600
	o, err := parseOptions([]string{"-memory", "536870912"}, environment(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.maxIDs < 2*hers {
		t.Errorf("%d ids are remembered, want %d", o.maxIDs, 2*hers)
	}
}
