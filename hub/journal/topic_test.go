package journal

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"wschat/hub/chat"
)

// setTopic waits for what comes of it.
func setTopic(s *Store, group, text string) error {
	stored := make(chan error, 1)
	s.SetTopic(&chat.Topic{Group: group, Text: text}, func(err error) { stored <- err })
	return <-stored
}

func topics(s *Store) string {
	return fmt.Sprint(s.Topics([]string{"groupA", "groupB", "groupC", "groupD"}))
}

// PROTOCOL 5.2: a topic lives as long as its group's history, which outlives the process.
func TestTopicsOutliveTheProcess(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		dir := t.TempDir()
		config := Config{Dir: dir, segmentSize: 300, compactAt: never}
		s := open(t, config)
		must(t, setTopic(s, "groupB", "none has been said"))
		say(t, s, "groupA", "x")
		must(t, setTopic(s, "groupA", "first"))
		must(t, setTopic(s, "groupC", "taken away"))
		say(t, s, "groupA", strings.Repeat("x", 300))
		must(t, setTopic(s, "groupC", ""))
		must(t, setTopic(s, "groupD", ""))
		must(t, setTopic(s, "groupA", "last"))
		say(t, s, "groupA", strings.Repeat("x", 300))
		say(t, s, "groupA", strings.Repeat("x", 300))
		if compacted {
			must(t, s.compactSealed())
			must(t, setTopic(s, "groupA", "behind it"))
		}
		want := topics(s)
		killed := open(t, Config{Dir: copyDir(t, dir)})
		closeStore(t, s)
		s = open(t, config)
		for _, s := range []*Store{killed, s} {
			if got := topics(s); got != want || !strings.HasSuffix(got, "groupB:none has been said]") {
				t.Errorf("compacted %v: %s, want %s", compacted, got, want)
			}
			if m := say(t, s, "groupB", "x"); m.Seq != 1 {
				t.Errorf("the first message has number %d", m.Seq)
			}
		}
	}
}

// A conversation that had but a topic is forgotten as any other, for good; one that gets
// another topic in the batch in which it is forgotten has that.
func TestTopicsAreForgotten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, forgetting(dir))
	s.Attend(func(string) bool { return false })
	for round := range 10 {
		for _, group := range []string{"groupA", "groupB", "groupC", "groupD"} { // each forgets the one before the last
			must(t, setTopic(s, group, fmt.Sprint("topic ", round)))
			if round%3 == 0 {
				time.Sleep(time.Microsecond)
				say(t, s, group, strings.Repeat("x", 100))
			}
			s.SetMember("A", group, round%2 == 0, ignore)
			say(t, s, "groupC", "the note goes with it")
		}
		want := topics(s)
		if round%2 == 0 {
			must(t, s.compactSealed())
		}
		closeStore(t, s)
		s = open(t, forgetting(dir))
		s.Attend(func(string) bool { return false })
		if got := topics(s); got != want {
			t.Errorf("round %d: %s, want %s", round, got, want)
		}
	}
}

// A topic that cannot be written is not there, nor is the conversation that it would have
// begun.
func TestTopicOfAFullDisk(t *testing.T) {
	disk := &stalling{}
	s := open(t, Config{Dir: t.TempDir(), disk: disk, repairPause: 1, retryPause: time.Millisecond})
	must(t, setTopic(s, "groupA", "topic"))
	disk.full.Store(true)
	for _, group := range []string{"groupA", "groupB"} {
		if err := setTopic(s, group, "other"); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: got %v", group, err)
		}
	}
	if got := topics(s); got != "map[groupA:topic]" || s.memory.Stats().Conversations != 1 {
		t.Errorf("%s, %d conversations", got, s.memory.Stats().Conversations)
	}
}

// What is forgotten and what goes on in one batch, with a topic or with a message, is after a
// restart as it was before.
func TestForgottenInOneBatch(t *testing.T) {
	for _, test := range []struct{ what, steps string }{
		{"a topic, and then it is forgotten", "topic groupA, say groupC"},
		{"forgotten, and then a topic", "say groupC, topic groupA"},
		{"forgotten, and then a message", "say groupC, say groupA"},
		{"forgotten twice", "say groupC, topic groupA, say groupD, say groupC, topic groupB"},
		{"forgotten with but a topic", "topic groupD, say groupC, topic groupA, say groupB, topic groupC"},
	} {
		for _, fails := range []bool{false, true} {
			dir := t.TempDir()
			disk := &stalling{begun: make(chan struct{}), gate: make(chan struct{})}
			config := forgetting(dir)
			config.disk, config.segmentSize, config.repairPause, config.retryPause = disk, segmentSize, 1, time.Millisecond
			s := open(t, config)
			s.Attend(func(string) bool { return false })
			for _, group := range []string{"groupA", "groupB"} {
				must(t, setTopic(s, group, "old"))
				for range 3 {
					say(t, s, group, "old")
				}
			}
			all := []string{"groupA", "groupB", "groupC", "groupD"}
			reads := func(s *Store) (text string) {
				for _, group := range all {
					text += fmt.Sprintf("%s: %s; ", group, said(s, group))
				}
				return text + topics(s)
			}
			stored := make(chan error, 100)
			steps := func() {
				for step := range strings.SplitSeq(test.steps, ", ") {
					if verb, group, _ := strings.Cut(step, " "); verb == "topic" {
						s.SetTopic(&chat.Topic{Group: group, Text: "new"}, func(err error) { stored <- err })
					} else {
						s.Append(text(group, "new"), func(err error) { stored <- err })
					}
				}
			}
			disk.stall.Store(true)
			s.Seen("A", time.Time{}) // a batch, behind which the next one gathers
			<-disk.begun
			disk.stall.Store(false)
			steps()
			disk.full.Store(fails)
			disk.gate <- struct{}{}
			for range strings.Count(test.steps, ",") + 1 {
				if err := <-stored; (err != nil) != fails && !errors.Is(err, chat.ErrFull) {
					t.Fatalf("%s, fails %v: %v", test.what, fails, err)
				}
			}
			disk.full.Store(false)
			say(t, s, "groupB", "more")
			killed := open(t, forgetting(copyDir(t, dir)))
			want := reads(s)
			closeStore(t, s)
			for _, s := range []*Store{killed, open(t, forgetting(dir))} {
				if got := reads(s); got != want {
					t.Errorf("%s, fails %v: after a restart\n%s\nbefore\n%s", test.what, fails, got, want)
				}
			}
		}
	}
}
