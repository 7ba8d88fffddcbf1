package main

import (
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// What -memory is for. A server without users takes idleMemory. Half of the rest is in use
// at most, as the garbage collector needs as much again: an eighth by tables, a quarter by
// kept messages, and what these two leave of the half by what connections hold; see
// loop.Config.Memory. The runtime keeps the whole below seven eighths: it does not see all,
// such as the program itself.
func (o *options) tableShare() int64      { return (o.memory - idleMemory) / 8 }
func (o *options) historyShare() int64    { return (o.memory - idleMemory) / 4 }
func (o *options) connectionShare() int64 { return (o.memory-idleMemory)/2 - o.tableShare() }
func (o *options) runtimeShare() int64    { return o.memory / 8 * 7 }

// idsEach is how many ids of sends there is room for beside each conversation: one user who
// sends all the time has tens of thousands.
const idsEach = 5

// tableEntries is how many entries each table may have, and idEntries that of ids of sends, so
// that all of them fill their share: conversations, users who are away, ids, memberships and
// marks.
// 0: there is no -memory.
func (o *options) tableEntries() int {
	if o.memory == 0 {
		return 0
	}
	// In bytes, as hub.TestMemoryOfTables has them.
	const conversation, number, user, id, mark = 1300, 30, 500, 320, 280 // four numbers for each conversation; a journal has marks, too
	membership := 400 + 32*runtime.GOMAXPROCS(0)                         // there can be twice as many: local.Config.MaxMemberships
	return max(1, int(o.tableShare()/int64(conversation+4*number+user+idsEach*id+2*membership+2*mark)))
}

func (o *options) idEntries() int { return idsEach * o.tableEntries() }

// fitTables has the tables fit into -memory whose bounds are not given. source is that of
// fromEnvironment.
func (o *options) fitTables(source map[string]string) {
	if o.memory == 0 {
		return
	}
	for _, table := range []struct {
		flag  string
		bound *int
		fit   int
	}{
		{"max-conversations", &o.maxConversations, o.tableEntries()},
		{"max-users", &o.maxUsers, o.tableEntries()},
		{"max-ids", &o.maxIDs, o.idEntries()},
	} {
		if source[table.flag] == "" {
			*table.bound = min(*table.bound, table.fit)
		}
	}
}

// pendingShare bounds what waits for the disk; 0: as much as without -memory.
func (o *options) pendingShare() int {
	const enough = 1 << 30
	if o.memory == 0 || o.memory > enough {
		return 0
	}
	return int(o.memory / 16)
}

const (
	idleMemory = 16 << 20
	minMemory  = 2 * idleMemory // the least that -memory can be
)

// defaultMemory is three quarters of what the process may have; 0: the system does not
// tell.
func defaultMemory() int64 { return availableMemory(os.DirFS("/")) / 4 * 3 }

// availableMemory returns how many bytes the process may have: all that the system has, or
// what its control group allows, or one above that, if that is less. 0: the system does not
// tell.
func availableMemory(root fs.FS) int64 {
	most := totalMemory(root)
	groups, _ := fs.ReadFile(root, "proc/self/cgroup") // not there but on Linux
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:path, see cgroups(7)
		if len(fields) < 3 {
			continue
		}
		var top, limit string
		switch controllers := strings.Split(fields[1], ","); {
		case fields[1] == "": // version 2
			top, limit = "sys/fs/cgroup", "memory.max"
		case slices.Contains(controllers, "memory"): // version 1
			top, limit = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		// In a container the path may be that outside, of which only the top is there.
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			text, _ := fs.ReadFile(root, path.Join(top, group, limit))
			n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			if err == nil && n > 0 && (most == 0 || n < most) { // otherwise it is "max"
				most = n
			}
			if group == "/" {
				break
			}
		}
	}
	return most
}

// totalMemory returns what the system has, in bytes; see proc_meminfo(5).
func totalMemory(root fs.FS) int64 {
	text, _ := fs.ReadFile(root, "proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "MemTotal:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
