//go:build e2e || soak

package fair

import (
	"math/rand/v2"
	"os"
	"time"

	"wschat/handshake"
)

// Attack is one thing that a greedy user does.
type Attack struct {
	Name    string   // the number of the point in issue 14, and what it is
	Flags   []string // besides the defaults
	Engines bool     // is tried with -data and -redis in make test, too: it is about what is kept
	OnDisk  bool     // is tried with -data alone: without it, there are no files
	Budget  int64    // the server's most bytes of memory; 0: not measured

	// Crowd brings honest users, from other addresses.
	Crowd func(*Mob) error

	// manyAddresses: the attackers are not held up by what an address may do.
	manyAddresses bool

	workers size // attackers at once
	times   size // deeds in all; none: as many as there is time for
	lasts   span // no deed begins later
	holds   int  // most connections that are held; 0: no bound
	deed    func(m *Mob, worker, n int) error
}

// size is a number: in make test, and in make siege.
type size struct{ usual, full int }

func (s size) now() int {
	if full {
		return s.full
	}
	return s.usual
}

// span is a time, likewise.
type span struct{ usual, full time.Duration }

func (s span) now() time.Duration {
	if full {
		return s.full
	}
	return s.usual
}

// full: make siege.
var full = os.Getenv("SIEGE") == "full"

const mib = 1 << 20

var (
	brief = span{time.Second, 15 * time.Second}
	long  = span{20 * time.Second, 5 * time.Minute} // for what has a number of deeds
)

// scaled are flags that the usual size is given, since it takes GiBs to fill the default.
func scaled(flags ...string) []string {
	if full {
		return nil
	}
	return flags
}

// Attacks are the points of issue 14. Points 7 to 9 are TestLines…, TestNames… and
// TestHost in package e2e.
var Attacks = []Attack{
	{Name: "1 groups that are left behind", Engines: true, manyAddresses: true, Flags: scaled("-history-bytes", "16777216"),
		workers: size{1, 1}, times: size{32, 1200}, lasts: long, deed: leaveBehind},
	{Name: "2 large messages to oneself", Engines: true, manyAddresses: true, Flags: scaled("-history-bytes", "16777216"),
		workers: size{1, 1}, times: size{32, 1200}, lasts: long, deed: talkToOneself},
	{Name: "3 large messages to all",
		Crowd: slowReaders(handshake.Dialer{}), workers: size{12, 12}, times: size{12, 12}, lasts: long, deed: talkToAll},
	{Name: "3 short messages to all over many connections",
		Crowd: slowReaders(handshake.Dialer{}), workers: size{12, 12}, times: size{12, 48}, lasts: long, deed: chatterToAll},
	{Name: "3 control characters to JSON clients", manyAddresses: true,
		Crowd: slowReaders(speaksJSON), workers: size{12, 12}, times: size{48, 96}, lasts: long, deed: controlsToAll},

	{Name: "4 unfinished messages", Flags: []string{"-memory", "268435456"}, Budget: 256 * mib,
		workers: size{400, 2000}, times: size{400, 2000}, lasts: long, deed: halfMessage},
	{Name: "4 unfinished compressed messages", Flags: []string{"-memory", "268435456", "-compress"}, Budget: 256 * mib,
		workers: size{400, 2000}, times: size{400, 2000}, lasts: long, deed: halfBomb},
	{Name: "4 readers who do not read", Flags: []string{"-memory", "268435456"}, Budget: 256 * mib,
		Crowd: nonReaders(300, 2000), workers: size{2, 2}, times: size{6, 6}, lasts: long, deed: talkToAll},

	{Name: "5 who", Crowd: online(500, 8000), workers: size{100, 200}, lasts: brief, deed: who},
	{Name: "5 JSON with many keys", workers: size{10, 10}, lasts: brief, deed: manyKeys},
	{Name: "5 empty fragments", workers: size{8, 8}, lasts: brief, deed: emptyFragments},
	{Name: "5 joins and leaves of a large group", Crowd: jsonGroup(400, 3000), workers: size{20, 50}, lasts: brief, deed: joinAndLeave},
	{Name: "5 logins", Crowd: online(500, 5000), workers: size{8, 8}, lasts: brief, deed: logIn},
	{Name: "5 empty deflate blocks", Flags: []string{"-compress"}, workers: size{8, 8}, lasts: brief, deed: emptyBlocks},
	{Name: "5 pages", workers: size{300, 900}, times: size{300, 900}, lasts: long, deed: askForPages},

	{Name: "5 files", OnDisk: true, Flags: []string{"-files-bytes", "268435456"},
		workers: size{100, 400}, times: size{100, 400}, lasts: long, deed: moveFiles},

	{Name: "6 nameless users who go", Engines: true, manyAddresses: true, Flags: scaled("-max-users", "1000"),
		workers: size{8, 8}, times: size{2000, 100_000}, lasts: brief, deed: logInNameless},
	{Name: "6 users who go", Engines: true, manyAddresses: true, Flags: []string{"-max-users", "1000"},
		workers: size{8, 8}, times: size{2000, 100_000}, lasts: brief, deed: logIn},
	{Name: "6 users who stay in many groups", Engines: true, Flags: []string{"-max-conversations", "1000"},
		workers: size{3, 3}, times: size{12, 120}, lasts: long, deed: stayInGroups},
	{Name: "6 users who stay in a group of their own", Flags: []string{"-max-conversations", "300"},
		workers: size{8, 8}, times: size{400, 400}, lasts: long, deed: stayInGroup},
	{Name: "6 users who join a group and go", Engines: true, Flags: []string{"-max-users", "1000"},
		workers: size{8, 8}, times: size{1500, 1500}, lasts: long, deed: joinAndGo},
	{Name: "6 ids of sends", Engines: true, manyAddresses: true, Flags: []string{"-max-ids", "10000"},
		workers: size{8, 8}, times: size{150, 1500}, lasts: brief, deed: sendIDs},
}

// Everything is 50 attackers who do all of it until the process ends.
var Everything = Attack{Name: "everything", manyAddresses: true, workers: size{35, 35}, lasts: span{24 * time.Hour, 24 * time.Hour}, holds: 15,
	deed: func(m *Mob, worker, n int) error { return Attacks[rand.IntN(len(Attacks))].deed(m, worker, n) }}
