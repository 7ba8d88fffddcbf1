package journal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
)

// mark waits for what comes of it.
func setMarks(s *Store, user, conversation string, m chat.Marks) error {
	stored := make(chan error, 1)
	s.SetMarks(user, conversation, m, func(err error) { stored <- err })
	return <-stored
}

// marksOf writes what Load tells of all users.
func marksOf(s *Store) string {
	var all []string
	for _, u := range s.Load().Users {
		line := u.Name
		for _, m := range u.Marks {
			line += fmt.Sprintf(" %s:%d/%d", m.Conversation, m.Read, m.Flags)
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// PROTOCOL 5.2: marks "live as long as the user is remembered, survive what messages survive".
func TestMarks(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		dir := t.TempDir()
		config := Config{Dir: dir, segmentSize: 300, compactAt: never}
		s := open(t, config)
		s.Seen("A", time.Time{})
		must(t, setMarks(s, "A", "all", chat.Marks{Read: 300}))
		must(t, setMarks(s, "A", "groupA", chat.Marks{Flags: chat.Pin}))
		must(t, setMarks(s, "A", "A,B", chat.Marks{Read: 7, Flags: chat.Mute | chat.Hide}))
		must(t, setMarks(s, "B", "all", chat.Marks{Read: 1}))
		say(t, s, "all", strings.Repeat("x", 300))
		must(t, setMarks(s, "C", "all", chat.Marks{Read: 1}))
		must(t, setMarks(s, "A", "all", chat.Marks{Read: 301})) // changed last
		must(t, setMarks(s, "A", "groupA", chat.Marks{}))
		s.Forget("B")
		say(t, s, "all", strings.Repeat("x", 300))
		s.Seen("B", time.Time{}) // another one, perhaps
		s.Seen("A", time.Now())  // keeps the marks
		s.SetMember("A", "groupB", true, ignore)
		say(t, s, "all", strings.Repeat("x", 300))
		say(t, s, "all", strings.Repeat("x", 300))
		if compacted {
			must(t, s.compactSealed())
		}
		const want = "A A,B:7/3 all:301/0, B, C all:1/0"
		if got := marksOf(s); got != want {
			t.Errorf("compacted %v: %s, want %s", compacted, got, want)
		}
		killed := open(t, Config{Dir: copyDir(t, dir)})
		if got := marksOf(killed); got != want {
			t.Errorf("compacted %v, killed: %s, want %s", compacted, got, want)
		}
		closeStore(t, s)
		if got := marksOf(open(t, config)); got != want {
			t.Errorf("compacted %v, closed: %s, want %s", compacted, got, want)
		}
	}
}

// However often a user marks a conversation, it is one record a second; each is told when it is
// safe, and the last one is what is kept.
func TestMarksAreWrittenOnceASecond(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Dir: dir})
		defer s.Close()
		var told atomic.Int32
		for i := range 1000 { // 10 s
			s.SetMarks("A", "all", chat.Marks{Read: uint64(i + 1)}, func(err error) {
				if err != nil {
					t.Error(err)
				}
				told.Add(1)
			})
			if i%100 == 50 {
				m := text("groupA", "others go on")
				m.From = "C"
				must(t, try(s, m, ""))
				must(t, setMarks(s, "B", fmt.Sprint("group", i), chat.Marks{Read: 1}))
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := told.Load(); n != 1000 {
			t.Errorf("%d were told", n)
		}
		var out strings.Builder
		must(t, Dump(&out, dir))
		if n := strings.Count(out.String(), `marks of "A"`); n < 8 || n > 12 {
			t.Errorf("%d records", n)
		}
		k := &s.marking
		if len(k.stored)+len(k.writing)+len(k.paused)+len(k.order)+k.waiting > 0 {
			t.Errorf("left: %+v", k)
		}
		// What waits for its second when the store is closed is written.
		must(t, setMarks(s, "A", "all", chat.Marks{Read: 2000}))
		last := make(chan error, 1)
		s.SetMarks("A", "all", chat.Marks{Read: 2001}, func(err error) { last <- err })
		s.SetMarks("A", "all", chat.Marks{Read: 2002}, nil)
		must(t, s.Close())
		must(t, <-last)
		if err := setMarks(s, "A", "all", chat.Marks{Read: 1}); !errors.Is(err, ErrClosed) {
			t.Errorf("behind the end: %v", err)
		}
		s = open(t, Config{Dir: dir})
		defer s.Close()
		if got := marksOf(s); !strings.HasPrefix(got, "A all:2002/0, B group50:1/0") {
			t.Error(got)
		}
	})
}

// Marks that cannot be written are told so, and are written when there is room.
func TestMarksOfAFullDisk(t *testing.T) {
	dir := t.TempDir()
	disk := &stalling{}
	s := open(t, Config{Dir: dir, disk: disk, repairPause: 1, retryPause: time.Millisecond})
	disk.full.Store(true)
	if err := setMarks(s, "A", "all", chat.Marks{Read: 7}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	disk.full.Store(false)
	eventually(t, "they are written", func() bool {
		var out strings.Builder
		return Dump(&out, dir) == nil && strings.Contains(out.String(), `marks of "A": "all" read 7`)
	})
	if got := marksOf(open(t, Config{Dir: copyDir(t, dir)})); got != "A all:7/0" {
		t.Error(got)
	}
}

// Beyond MaxMarks the one that has been unchanged longest is dropped.
func TestMarksAreBounded(t *testing.T) {
	s := newState(nil)
	s.edit("A", func(*user) {})
	size := s.userBytes
	for i := range chat.MaxMarks + 2 {
		s.setMarks(userMarks{"A", fmt.Sprint("group", i), chat.Marks{Read: 1}})
		s.setMarks(userMarks{"A", "group0", chat.Marks{Read: uint64(i + 1)}})
	}
	all := s.users["A"].marks.all()
	if len(all) != chat.MaxMarks || all[0].Conversation != "group3" || all[len(all)-1].Conversation != "group0" {
		t.Errorf("%d, from %v to %v", len(all), all[0], all[len(all)-1])
	}
	for _, m := range all {
		s.setMarks(userMarks{"A", m.Conversation, chat.Marks{}})
	}
	if s.userBytes != size || len(s.users["A"].marks.all()) > 0 {
		t.Errorf("%d bytes are left of none, %d before", s.userBytes, size)
	}
}

// PROTOCOL 5.2: "One's own send moves one's read to it if nothing unread lies between", though the
// record of that was not written any more.
func TestOwnMessagesAreReadAfterACrash(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	from := func(user, to string) {
		m := text(to, "text")
		m.From = user
		must(t, try(s, m, ""))
	}
	s.Seen("A", time.Time{})
	from("B", "groupA")
	must(t, setMarks(s, "A", "groupA", chat.Marks{Read: 1, Flags: chat.Mute}))
	must(t, setMarks(s, "A", "groupC", chat.Marks{Flags: chat.Pin}))
	from("A", "groupA")
	from("A", "groupA")
	from("B", "groupA")
	from("A", "groupA") // 4 is unread
	from("A", "groupB") // which A begins
	from("B", "groupC")
	from("A", "groupC")
	closeStore(t, s)
	if got, want := marksOf(open(t, Config{Dir: dir})), fmt.Sprintf("A groupC:0/%d groupA:3/%d groupB:1/0", chat.Pin, chat.Mute); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Whoever is forgotten has no marks any more, though he is back before that is written.
func TestMarksOfWhoIsForgottenAndBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	s.Seen("A", time.Time{})
	must(t, setMarks(s, "A", "groupA", chat.Marks{Read: 1}))
	must(t, setMarks(s, "A", "groupB", chat.Marks{Flags: chat.Pin}))
	s.Forget("A")
	s.Seen("A", time.Time{})
	s.SetMarks("A", "groupB", chat.Marks{Flags: chat.Mute}, nil)
	closeStore(t, s)
	if got, want := marksOf(open(t, Config{Dir: dir})), fmt.Sprintf("A groupB:0/%d", chat.Mute); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is written of marks may be older than the messages before it: they were on their way when
// it was handed over, or a compaction has put it behind them.
func TestOwnMessagesAreReadBeforeOlderMarks(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		dir := t.TempDir()
		config := Config{Dir: dir, segmentSize: 300, compactAt: never}
		s := open(t, config)
		from := func(user string) {
			m := text("groupA", strings.Repeat("x", 150))
			m.From = user
			must(t, try(s, m, ""))
		}
		s.Seen("A", time.Time{})
		for range 4 {
			from("A")
		}
		must(t, setMarks(s, "A", "groupA", chat.Marks{Read: 2, Flags: chat.Pin}))
		if compacted {
			must(t, s.compactSealed())
		}
		from("A")
		from("B")
		from("A") // 6 is unread
		closeStore(t, s)
		if got, want := marksOf(open(t, config)), fmt.Sprintf("A groupA:5/%d", chat.Pin); got != want {
			t.Errorf("compacted %v: %s, want %s", compacted, got, want)
		}
	}
}
