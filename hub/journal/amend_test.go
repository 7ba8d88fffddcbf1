package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
)

// about is an entry by A that is about message seq.
func about(kind chat.Kind, seq uint64, to, body string) *chat.Message {
	m := text(to, body)
	m.Kind, m.About = kind, seq
	return m
}

func amend(t testing.TB, s *Store, kind chat.Kind, seq uint64, to, body string) *chat.Message {
	t.Helper()
	m := about(kind, seq, to, body)
	must(t, try(s, m, ""))
	return m
}

// reads writes all that is kept of a conversation as it reads now.
func reads(s *Store, conversation string) string {
	messages, _, _ := s.History(conversation, chat.Query{Limit: 1 << 20})
	var parts []string
	for _, m := range messages {
		text := fmt.Sprintf("%d:%s", m.Seq, m.Body)
		if m.Kind != chat.Plain {
			text = fmt.Sprintf("%d:%d/%d %s<%s", m.Seq, m.Kind, m.About, m.Body, m.Was)
		}
		if p := m.Now; p != nil {
			text += fmt.Sprintf(" %v %v %v", p.Deleted, p.Edited.UnixNano(), p.Reactions())
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// PROTOCOL 5.1: what has become of messages outlives the process, kill -9 and compactions.
func TestAmendmentsOutliveTheProcess(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		dir := t.TempDir()
		config := Config{Dir: dir, segmentSize: 300, compactAt: never}
		s := open(t, config)
		for _, to := range []string{"groupA", "B"} {
			say(t, s, to, "one")
			say(t, s, to, "two")
			amend(t, s, chat.Edit, 1, to, "uno")
			amend(t, s, chat.Reaction, 1, to, "👍")
			amend(t, s, chat.Reaction, 2, to, "👍")
			reaction := about(chat.Reaction, 1, to, "👍")
			if reaction.From = "B"; to == "B" {
				reaction.To = "A"
			}
			must(t, try(s, reaction, ""))
			amend(t, s, chat.Reply, 1, to, "answer")
			amend(t, s, chat.Reaction, 1, to, "👎")
			amend(t, s, chat.Edit, 7, to, "edited")
			amend(t, s, chat.Deletion, 2, to, "")
			amend(t, s, chat.Edit, 1, to, "eins")
			must(t, try(s, &chat.Message{Conversation: text(to, "").Conversation, Kind: chat.Deletion, About: 7}, "")) // the operator's
			amend(t, s, chat.Reaction, 1, to, "")
			say(t, s, to, strings.Repeat("x", 300))
			say(t, s, to, "last")
		}
		group, pair, wait := reads(s, "groupA"), reads(s, "A,B"), waiting(s, "B")
		if !strings.HasPrefix(group, "1:eins false ") || !strings.Contains(group, ", 2: true ") || !strings.Contains(group, ", 12:3/7 <, ") {
			t.Fatalf("it says %s", group)
		}
		if compacted {
			must(t, s.compactSealed())
		}
		for round := range 3 {
			killed := open(t, Config{Dir: copyDir(t, dir)})
			closeStore(t, s)
			s = open(t, config)
			for name, s := range map[string]*Store{"killed": killed, "closed": s} {
				if got := reads(s, "groupA"); got != group {
					t.Errorf("%s, round %d: got\n%s, before\n%s", name, round, got, group)
				}
				if got := reads(s, "A,B"); got != pair {
					t.Errorf("%s, round %d: got\n%s, before\n%s", name, round, got, pair)
				}
				if got := waiting(s, "B"); got != wait {
					t.Errorf("%s, round %d: %q wait, before %q", name, round, got, wait)
				}
			}
			if err := try(s, about(chat.Edit, 2, "groupA", "x"), ""); !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("what is deleted is edited: %v", err)
			}
			must(t, killed.compactSealed())
			closeStore(t, killed)
		}
	}
}

// Entries about one message see each other in one batch, too, and nothing is left of a batch
// that fails.
func TestAmendmentsOfOneBatch(t *testing.T) {
	for _, full := range []bool{false, true} {
		begun, gate := make(chan struct{}, 100), make(chan struct{})
		disk := &stalling{begun: begun, gate: gate}
		s := open(t, Config{Dir: t.TempDir(), disk: disk, retryPause: time.Millisecond})
		say(t, s, "groupA", "one")
		say(t, s, "groupA", "two")
		disk.stall.Store(true)
		stored := make(chan error, 1)
		s.Append(text("groupA", "holds the disk up"), func(err error) { stored <- err }) // 3
		<-begun
		batch := []struct {
			m    *chat.Message
			want error
			seq  uint64
		}{
			{about(chat.Reaction, 1, "groupA", "👍"), nil, 4},
			{about(chat.Reaction, 1, "groupA", "👍"), nil, 0},
			{about(chat.Reaction, 1, "groupA", "👎"), nil, 5},
			{about(chat.Edit, 2, "groupA", "edited"), nil, 6},
			{about(chat.Deletion, 2, "groupA", ""), nil, 7},
			{about(chat.Edit, 2, "groupA", "again"), chat.ErrNotFound, 0},
			{about(chat.Reply, 2, "groupA", "answer"), chat.ErrNotFound, 0},
			{about(chat.Edit, 8, "groupA", "not there yet"), chat.ErrNotFound, 0},
			{about(chat.Reaction, 1, "groupA", ""), nil, 8},
			{about(chat.Reaction, 1, "groupA", ""), nil, 0},
		}
		results := make([]chan error, len(batch))
		for i, test := range batch {
			results[i] = make(chan error, 1)
			s.Append(test.m, func(err error) { results[i] <- err })
		}
		disk.stall.Store(false)
		disk.full.Store(full)
		close(gate)
		<-stored
		for i, test := range batch {
			err := <-results[i]
			if full {
				test.want, test.seq = syscall.ENOSPC, 0
			}
			if !errors.Is(err, test.want) || test.m.Seq != test.seq {
				t.Errorf("entry %d, full %v: got %v and number %d, want %v and %d", i, full, err, test.m.Seq, test.want, test.seq)
			}
		}
		if want := "👍"; batch[2].m.Was != want && !full {
			t.Errorf("it was %q", batch[2].m.Was)
		}
		if !full {
			continue
		}
		disk.full.Store(false)
		eventually(t, "it is written again", func() bool { return s.Err() == nil })
		if m := amend(t, s, chat.Edit, 2, "groupA", "edited"); m.Seq == 0 {
			t.Errorf("it has number %d", m.Seq)
		}
		if m := amend(t, s, chat.Reaction, 1, "groupA", "👎"); m.Was != "" {
			t.Errorf("it was %q", m.Was)
		}
	}
}

// stalling is a disk whose syncs wait for a gate, and which may be full.
type stalling struct {
	osDisk
	begun, gate chan struct{}
	stall, full atomic.Bool
}

func (d *stalling) sync(f *os.File) error {
	if d.stall.Load() {
		d.begun <- struct{}{}
		<-d.gate
	}
	return d.osDisk.sync(f)
}

func (d *stalling) write(f *os.File, b []byte, offset int64) error {
	if d.full.Load() {
		return syscall.ENOSPC
	}
	return d.osDisk.write(f, b, offset)
}

// onDisk returns the files of dir that have text in them.
func onDisk(t testing.TB, dir, text string) (files []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, []byte(text)) { // else it is gone
			files = append(files, filepath.Base(path))
		}
	}
	return files
}

// PROTOCOL 5.1: "A deleted text, and every edit of it, is gone: … from disk within an hour."
func TestDeletedTextLeavesTheDisk(t *testing.T) {
	for _, test := range []struct {
		name        string
		segmentSize int64
		restart     time.Duration // after the deletion; 0: no restart
	}{
		{"in the active segment", 0, 0},
		{"in many segments", 300, 0},
		{"with a restart", 300, time.Minute},
		{"with a restart when it is due", 0, 2 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				config := Config{Dir: dir, segmentSize: test.segmentSize, compactAt: never}
				s := open(t, config)
				defer func() { s.Close() }()
				say(t, s, "groupA", "kept")
				for range 3 {
					say(t, s, "B", "secret one")
				}
				amend(t, s, chat.Edit, 1, "B", "secret two")
				amend(t, s, chat.Edit, 1, "B", "secret three")
				amend(t, s, chat.Reaction, 1, "B", "secret feeling")
				for seq := range uint64(3) {
					amend(t, s, chat.Deletion, seq+1, "B", "")
				}
				before := reads(s, "A,B") + reads(s, "groupA")
				if len(onDisk(t, dir, "secret")) == 0 {
					t.Fatal("it was never there")
				}
				if test.restart > 0 {
					closeStore(t, s)
					time.Sleep(test.restart)
					s = open(t, config)
				}
				time.Sleep(time.Until(time.Now().Add(50 * time.Minute)))
				synctest.Wait()
				if files := onDisk(t, dir, "secret"); len(files) > 0 {
					t.Errorf("it is still in %v", files)
				}
				for range 2 {
					if got := reads(s, "A,B") + reads(s, "groupA"); got != before {
						t.Errorf("it says %s, before %s", got, before)
					}
					closeStore(t, s)
					var out strings.Builder
					must(t, Dump(&out, dir))
					if !strings.Contains(out.String(), `edit of 1 erased ""`) || !strings.Contains(out.String(), "deletion of 3") {
						t.Error(out.String())
					}
					s = open(t, config)
					if s.erasure.owed {
						t.Error("it erases again after each start")
					}
				}
			})
		})
	}
}

// What a compaction has erased is compacted no more, and what it could not erase is tried
// again.
func TestErasingIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var parts, failing atomic.Int32
		s := open(t, Config{Dir: dir, compactAt: never, disk: creating{do: func(path string) error {
			if parts.Add(1); failing.Load() > 0 {
				return syscall.ENOSPC
			}
			return nil
		}}})
		defer s.Close()
		failing.Store(1)
		say(t, s, "groupA", "secret")
		amend(t, s, chat.Deletion, 1, "groupA", "")
		time.Sleep(40 * time.Minute)
		synctest.Wait()
		if parts.Load() < 5 || len(onDisk(t, dir, "secret")) == 0 {
			t.Fatalf("it was tried %d times", parts.Load())
		}
		say(t, s, "groupA", "others notice nothing")
		failing.Store(0)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if files := onDisk(t, dir, "secret"); len(files) > 0 {
			t.Errorf("it is still in %v", files)
		}
		parts.Store(0)
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if n := parts.Load(); n > 0 {
			t.Errorf("%d more segments were made", n)
		}
	})
}
