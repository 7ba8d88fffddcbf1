package journal

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store/storetest"
)

func TestForgets(t *testing.T) {
	storetest.RunForgetting(t, func(t *testing.T, conversations int, after time.Duration) chat.Store {
		return open(t, Config{Dir: t.TempDir(), MaxConversations: conversations, ForgetAfter: after})
	})
}

// forgetting is a journal that has room for two conversations, and forgets.
func forgetting(dir string) Config {
	return Config{Dir: dir, MaxConversations: 2, ForgetAfter: 1, segmentSize: 300, compactAt: never}
}

// PROTOCOL 6: what is forgotten goes on at its old number: after a restart, after
// kill -9 at any time, and when a compaction has dropped its messages.
func TestForgottenGoOnAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, forgetting(dir))
	s.Attend(func(string) bool { return false })
	want := make(map[string]uint64)
	for round := range 12 {
		for _, to := range []string{"groupA", "B", "groupC", "groupD"} { // each forgets the one before the last
			for range round%2 + 1 {
				want[to]++
				if m := say(t, s, to, strings.Repeat("x", 50)); m.Seq != want[to] {
					t.Fatalf("round %d: %s goes on with %d, want %d", round, to, m.Seq, want[to])
				}
			}
		}
		if round%3 == 1 {
			must(t, s.compactSealed())
		}
		killed := open(t, forgetting(copyDir(t, dir))) // what was noted last may be missing
		killed.Attend(func(string) bool { return false })
		for to, last := range want {
			if m := say(t, killed, to, "on"); m.Seq != last+1 {
				t.Fatalf("killed in round %d: %s goes on with %d, want %d", round, to, m.Seq, last+1)
			}
		}
		closeStore(t, killed)
		if round%4 < 2 {
			before := saidOf(s, want)
			closeStore(t, s)
			must(t, Dump(io.Discard, dir))
			s = open(t, forgetting(dir))
			s.Attend(func(string) bool { return false })
			if after := saidOf(s, want); after != before {
				t.Fatalf("restarted in round %d: kept are %s, before %s", round, after, before)
			}
		}
	}
	if size := diskUsage(t, dir); size > 40<<10 {
		t.Errorf("%d bytes on disk", size)
	}
}

// saidOf returns what is kept of all these.
func saidOf(s *Store, names map[string]uint64) string {
	var all []string
	for name := range names {
		conversation := text(name, "").Conversation
		all = append(all, fmt.Sprintf("%s: %s", conversation, said(s, conversation)))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// A conversation is forgotten in the midst of a compaction.
func TestForgottenInACompaction(t *testing.T) {
	for _, when := range []string{"created", "written", "installed", "removed"} {
		dir := t.TempDir()
		var s *Store
		config := forgetting(dir)
		config.atStep = func(step string) {
			if step == when {
				say(t, s, "groupC", "x") // forgets A
			}
		}
		s = open(t, config)
		s.Attend(func(string) bool { return false })
		for i := range 10 {
			say(t, s, "groupA", fmt.Sprint("text ", i))
		}
		say(t, s, "groupB", strings.Repeat("x", 600))
		say(t, s, "groupB", "x")
		must(t, s.compactSealed())
		for round := range 3 { // in the last one a compacted segment that has the number alone is compacted again
			killed := open(t, forgetting(copyDir(t, dir)))
			killed.Attend(func(string) bool { return false })
			if m := say(t, killed, "groupA", "on"); m.Seq != 11 {
				t.Errorf("%s: it goes on with %d", when, m.Seq)
			}
			closeStore(t, killed)
			closeStore(t, s)
			s = open(t, forgetting(dir))
			if round > 0 {
				say(t, s, "groupB", strings.Repeat("x", 600))
				say(t, s, "groupB", "x")
				must(t, s.compactSealed())
			}
		}
	}
}

// In one batch a conversation is forgotten, and goes on: that it was forgotten is on
// disk behind what follows.
func TestForgottenAndBegunInOneBatch(t *testing.T) {
	dir := t.TempDir()
	gate := make(chan struct{}, 100)
	config := forgetting(dir)
	config.MaxConversations = 3
	config.disk = syncing{do: func(*os.File) error { <-gate; return nil }}
	for range 10 {
		gate <- struct{}{}
	}
	s := open(t, config)
	s.Attend(func(string) bool { return false })
	say(t, s, "groupA", "1")
	say(t, s, "groupX", "1")
	say(t, s, "groupB", "1")
	for len(gate) > 0 {
		<-gate
	}
	stored := make(chan error, 10)
	for _, to := range []string{"groupB", "groupC", "groupA", "groupA"} { // the first one holds the disk up, the rest is a batch
		s.Append(text(to, "2"), func(err error) { stored <- err })
	}
	close(gate)
	for range 4 {
		must(t, <-stored)
	}
	if got := said(s, "groupA"); got != "2:2 3:2" {
		t.Fatalf("of A there is %q", got)
	}
	say(t, s, "groupA", "4")
	closeStore(t, s)
	s = open(t, forgetting(dir))
	if got := said(s, "groupA"); !strings.HasSuffix(got, "2:2 3:2 4:4") {
		t.Errorf("of A there is %q", got)
	}
}

// Power may fail at any time, too: also while conversations lose all their messages for want
// of room.
func TestPowerLossWhileForgetting(t *testing.T) {
	powerLossWhile(t, forgetting(""))
	powerLossWhile(t, Config{MaxMemory: 9 << 10, segmentSize: 300, compactAt: never})
}

func powerLossWhile(t *testing.T, config Config) {
	r := &run{
		T: t, config: config, most: 20, random: rand.New(rand.NewPCG(1, 2)),
		steps: steps{"tell 10", "tell 10", "wait", "say 10", "wait", "join groupA", "wait", "say 100", "other 100", "wait", "compact",
			"say 100", "wait", "compact", "tell 10", "wait", "other 10", "wait", "say 300", "wait", "compact", "tell 10", "wait",
			"other 2000", "wait", "other 2000", "wait", "compact", "other 10", "wait", "compact"},
		says: func(s *Store) string {
			s.Attend(func(string) bool { return false })
			return fmt.Sprint(say(t, s, "all", "on").Seq, say(t, s, "B", "on").Seq)
		},
		expects: func(done []int, all steps) string {
			var said, told int
			for _, n := range done {
				switch verb, _, _ := strings.Cut(all[n], " "); verb {
				case "say":
					said++
				case "tell":
					told++
				}
			}
			return fmt.Sprint(said+1, told+1)
		},
	}
	r.do()
	t.Log(r.opens, "states")
}
