package journal

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store/storetest"
)

func TestStore(t *testing.T) {
	for _, c := range []Config{{}, {Keep: 1000}, {Keep: math.MaxInt}, {Keep: 1000, segmentSize: 1000}} {
		t.Run(fmt.Sprintf("keep %d, segments of %d", c.Keep, c.segmentSize), func(t *testing.T) {
			open := func(t *testing.T) chat.Store {
				c := c
				c.Dir = t.TempDir()
				return open(t, c)
			}
			storetest.Run(t, open)
			storetest.Expires(t, open)
		})
	}
}

// PROTOCOL 6: the epoch, numbers and messages outlive the process.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	epoch := ""
	for i := range 5 {
		s := open(t, Config{Dir: dir, segmentSize: 300})
		if epoch == "" {
			epoch = s.Epoch()
		}
		if s.Epoch() != epoch || len(epoch) != epochSize {
			t.Fatalf("the epoch is %q, was %q", s.Epoch(), epoch)
		}
		for j := range 3 {
			for _, to := range []string{"all", "group前端", "B"} {
				m := say(t, s, to, fmt.Sprint("text ", i, j))
				if m.Seq != uint64(3*i+j+1) {
					t.Fatalf("number %d in run %d, message %d", m.Seq, i, j)
				}
			}
		}
		closeStore(t, s)
	}
	s := open(t, Config{Dir: dir})
	want := &chat.Message{Conversation: "all", From: "张三", To: "all", Binary: true, Body: []byte("\x00\xff\n")}
	if err := try(s, want, ""); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, Config{Dir: dir})
	got, _, _ := s.History("all", chat.Query{Limit: 1})
	if m := got[0]; m.Seq != 16 || m.From != want.From || !m.Binary || string(m.Body) != string(want.Body) || !m.Time.Equal(want.Time) {
		t.Errorf("%+v, was %+v", m, want)
	}
	if last(s, "all") != 16 || last(s, "groupX") != 0 {
		t.Error(last(s, "all"), last(s, "groupX"))
	}
	if of := pairs(s, "B"); len(of) != 1 || of["A"] != 15 || pairs(s, "A")["B"] != 15 || len(pairs(s, "C")) > 0 {
		t.Error(of)
	}
}

// Kept are at least Keep messages, and at most twice as many; also with another
// Keep than before, and after a compaction.
func TestRetention(t *testing.T) {
	dir := t.TempDir()
	last := 0
	for _, keep := range []int{7, 3, 1, 50, 10} {
		s := open(t, Config{Dir: dir, Keep: keep, segmentSize: 1000})
		before := last
		for range 100 {
			say(t, s, "groupA", strings.Repeat("x", 10+last%30))
			last++
			kept, more, _ := s.History("groupA", chat.Query{Limit: 1000})
			if more || len(kept) > 2*keep || len(kept) < min(keep, last-before) {
				t.Fatalf("keep %d: %d messages are kept", keep, len(kept))
			}
			for i, m := range kept {
				if m.Seq != uint64(last-len(kept)+1+i) {
					t.Fatalf("message %d of %d is number %d of %d", i, len(kept), m.Seq, last)
				}
			}
		}
		closeStore(t, s)
	}
}

// What waits, and what does not any more, outlives the process.
func TestWaitingOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	one := say(t, s, "B", "one")
	say(t, s, "B", "two")
	say(t, s, "C", "three")
	s.Written(one)
	closeStore(t, s)
	s = open(t, Config{Dir: dir})
	if got := waiting(s, "B"); got != "2:two" {
		t.Errorf("for B wait %q", got)
	}
	if got := waiting(s, "C"); got != "1:three" {
		t.Errorf("for C wait %q", got)
	}
	closeStore(t, s)
	s = open(t, Config{Dir: dir, MaxAge: time.Nanosecond})
	if got := waiting(s, "B") + waiting(s, "C"); got != "" {
		t.Errorf("too long wait %q", got)
	}
}

// Notes go to the disk by themselves, and ahead of what is appended after them.
func TestNotesAreWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	s.Seen("B", time.Now())
	eventually(t, "the note is written", func() bool {
		var out strings.Builder
		return Dump(&out, dir) == nil && strings.Contains(out.String(), `user "B"`)
	})
	s.Seen("C", time.Now())
	say(t, s, "groupA", "x")
	crashed := open(t, Config{Dir: copyDir(t, dir)})
	if known := crashed.Load(); len(known.Users) != 2 {
		t.Errorf("known are %+v", known.Users)
	}
}

func TestUsers(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		dir := t.TempDir()
		s := open(t, Config{Dir: dir, segmentSize: 300, compactAt: never})
		seen := time.Now().Add(-time.Hour).Round(0)
		s.SetMember("A", "groupA", true, ignore)
		s.SetMember("A", "groupB", true, ignore)
		s.SetMember("A", "groupA", true, ignore)
		s.Seen("A", seen)
		say(t, s, "all", strings.Repeat("x", 300))
		s.SetMember("A", "groupA", false, ignore)
		s.SetMember("A", "groupX", false, ignore)
		s.Seen("B", time.Time{}) // is here
		s.SetMember("C", "groupA", true, ignore)
		say(t, s, "all", strings.Repeat("x", 300))
		s.Forget("C")
		s.Forget("D")
		say(t, s, "all", strings.Repeat("x", 300))
		say(t, s, "all", strings.Repeat("x", 300))
		if compacted {
			if err := s.compactSealed(); err != nil {
				t.Fatal(err)
			}
		}
		closeStore(t, s)
		started := time.Now().Round(0)
		s = open(t, Config{Dir: dir})
		users := s.Load().Users
		slices.SortFunc(users, func(a, b chat.KnownUser) int { return strings.Compare(a.Name, b.Name) })
		if len(users) != 2 || users[0].Name != "A" || users[1].Name != "B" {
			t.Fatalf("known are %+v", users)
		}
		if a := users[0]; !a.Seen.Equal(seen) || !slices.Equal(a.Groups, []string{"groupB"}) {
			t.Errorf("%+v, seen %v", a, seen)
		}
		closeStore(t, s)
		for _, u := range open(t, Config{Dir: dir}).Load().Users { // the next start is another matter
			if u.Name == "B" && !u.Seen.Equal(users[1].Seen) {
				t.Errorf("%+v, was %+v", u, users[1])
			}
		}
		if b := users[1]; b.Seen.Before(started) || len(b.Groups) > 0 {
			t.Errorf("%+v, started %v", b, started)
		}
	}
}

// PROTOCOL 6: an id is remembered for 10 minutes, whatever is kept of messages.
func TestRequests(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir, Keep: 1, segmentSize: 300, compactAt: never})
	for i := range 20 {
		if err := try(s, text("groupA", "x"), fmt.Sprint("id", i)); err != nil {
			t.Fatal(err)
		}
		say(t, s, "groupA", "without an id")
	}
	if err := s.compactSealed(); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, Config{Dir: dir, Keep: 1, segmentSize: 300, compactAt: never})
	known := s.Load()
	if len(known.Requests) != 20 {
		t.Fatalf("%d requests are known: %+v", len(known.Requests), known.Requests)
	}
	for _, r := range known.Requests {
		if r.User != "A" || r.ID != fmt.Sprint("id", (r.Seq-1)/2) || r.Away || time.Since(r.Time) > time.Minute {
			t.Errorf("%+v", r)
		}
	}
	if again := s.Load(); len(again.Requests) > 0 {
		t.Error("they are kept for good")
	}
}

// PROTOCOL 6: a send that is repeated is answered with the first ack, offline or
// not, also after a restart.
func TestAnswers(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		dir := t.TempDir()
		c := Config{Dir: dir, Keep: 1, segmentSize: 300, compactAt: never}
		s := open(t, c)
		want := make(map[string]bool)
		for i := range 16 { // away before it is stored, and after
			before, after := i&1 > 0, i&2 > 0
			m := text([]string{"B", "C"}[i/8], "x")
			m.Away = before
			must(t, try(s, m, fmt.Sprint(i)))
			if before != after {
				answered := make(chan error, 1)
				s.Answered(m, after, func(err error) { answered <- err })
				must(t, <-answered)
			}
			want[fmt.Sprint(i)] = after
		}
		s = open(t, Config{Dir: copyDir(t, dir), Keep: c.Keep, segmentSize: c.segmentSize, compactAt: never}) // as after kill -9
		if compacted {
			must(t, s.compactSealed())
			closeStore(t, s)
			s = open(t, Config{Dir: s.dir})
		}
		told := make(map[string]bool)
		for _, r := range s.Load().Requests {
			told[r.ID] = r.Away
		}
		if !maps.Equal(told, want) {
			t.Errorf("compacted %v: %v, want %v", compacted, told, want)
		}
	}
}

func TestRequestsAreBounded(t *testing.T) {
	r := newRequests(100)
	r.add(request{user: "A", time: 100})
	r.add(request{user: "B", time: 101})
	for i := range maxRequests + 9 {
		r.add(request{user: "A", seq: uint64(i), time: 101})
	}
	all := slices.Collect(r.All())
	if len(all) != maxRequests || all[0].user != "B" || all[1].seq != 10 || all[len(all)-1].seq != maxRequests+8 {
		t.Error(len(all), all[0], all[1], all[len(all)-1])
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	if _, err := Open(Config{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	closeStore(t, s)
	open(t, Config{Dir: dir})
}

func TestClosed(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	const n = 100
	stored := make(chan error, n)
	for range n {
		s.Append(text("all", "x"), func(err error) { stored <- err })
	}
	closeStore(t, s)
	closeStore(t, s)
	for range n { // what was accepted is stored
		if err := <-stored; err != nil {
			t.Error(err)
		}
	}
	if err := try(s, text("all", "x"), ""); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	s.Written(text("B", "x"))
	s.Seen("A", time.Now())
}

// What waits for the disk is bounded; one message is always taken.
func TestQueueIsBounded(t *testing.T) {
	q := queue{most: maxPending}
	large := pending{m: &chat.Message{Body: make([]byte, maxPending+1)}}
	if err := q.add(large); err != nil {
		t.Fatal(err)
	}
	small := pending{m: text("all", "x")}
	if err := q.add(small); !errors.Is(err, ErrBacklog) {
		t.Error(err)
	}
	if got := q.take(nil); len(got) != 1 || q.bytes != 0 || len(q.of) != 0 {
		t.Errorf("took %d, %d bytes are left", len(got), q.bytes)
	}
	accepted := 0
	for i := range 10 {
		mib := pending{m: &chat.Message{From: fmt.Sprint("A", i), Body: make([]byte, 1<<20)}}
		for q.add(mib) == nil {
			accepted++
		}
		if i == 0 && accepted != maxPending>>21 {
			t.Errorf("%d messages of 1 MiB of one author are taken", accepted)
		}
	}
	if accepted != maxPending>>20-1 || !q.refuses() {
		t.Errorf("%d messages of 1 MiB are taken, full: %v", accepted, q.refuses())
	}
	for accepted > 0 {
		got := len(q.take(nil))
		if got == 0 || got > maxBatch>>20 {
			t.Fatalf("a batch of %d", got)
		}
		accepted -= got
	}
	q.close()
	if err := q.add(small); !errors.Is(err, ErrClosed) || !q.done() {
		t.Error(err, q.done())
	}
	if err := new(queue).add(pending{m: &chat.Message{Body: make([]byte, maxRecord/2+1)}}); !errors.Is(err, ErrLarge) {
		t.Error(err)
	}
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(Config{Dir: file}); err == nil {
		s.Close()
		t.Error("a file is no directory")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "0000000000000001.segment.part"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	closeStore(t, open(t, Config{Dir: dir})) // a crash while it was made
}
