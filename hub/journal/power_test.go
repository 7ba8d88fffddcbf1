package journal

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"wschat/hub/chat"
)

// steps is what is done to a journal: "say SIZE" to all, "tell SIZE" to B, "other SIZE" to a group, "join
// GROUP" and "leave GROUP" by A, "edit SEQ SIZE", "delete SEQ" and "react SEQ" of a message to all,
// "topic TEXT" of a group, "mark READ" by A, which a "wait" must follow, each of which is answered;
// "wait" for all answers;
// "notes N" of N users, or "late N", when the store is being closed; "compact";
// "reopen"; "kill", between a write and its sync if "doom" is behind it; "crash", after which it goes on with one of the states that may be
// left.
type steps []string

// outcome is what a journal says: the last messages, and A's groups.
func outcome(s *Store) string {
	groups, read := []string{}, uint64(0)
	if u := s.state.users["A"]; u != nil {
		groups, read = append(groups, u.groups...), u.marks.get("all").Read
	}
	slices.Sort(groups)
	var said [2][]string
	for i, conversation := range []string{"all", "A,B"} {
		messages, _, _ := s.History(conversation, chat.Query{Limit: powerKeep})
		for _, m := range messages {
			said[i] = append(said[i], outcomeOf(m.Seq, string(m.Body), m.Now))
		}
	}
	return fmt.Sprint(said, groups, read, s.Topics([]string{"groupT"})["groupT"])
}

func outcomeOf(seq uint64, body string, p *chat.Present) string {
	text := fmt.Sprintf("%d:%s", seq, strings.TrimRight(body, " x"))
	if p != nil {
		text += fmt.Sprint(p.Deleted, p.Reactions())
	}
	return text
}

const powerKeep = 5

// outcome is what a journal must say after some of the steps.
func (all steps) outcome(numbers []int) string {
	groups := []string{}
	var said [2][]string
	var entries []*chat.Message // to all
	presents := make(map[uint64]*chat.Present)
	read, topic := 0, ""
	for _, n := range numbers {
		verb, object, _ := strings.Cut(all[n], " ")
		without := slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return g == object })
		switch verb {
		case "say", "edit", "delete", "react":
			m := amendment(n, verb, object)
			m.Seq = uint64(len(entries) + 1)
			if verb != "say" {
				if m.About >= m.Seq || presents[m.About].Allows(m, entries[m.About-1]) != nil {
					continue
				}
				presents[m.About] = presents[m.About].With(m)
			}
			entries = append(entries, m)
		case "mark":
			fmt.Sscan(object, &read)
		case "topic":
			topic = object
		case "tell":
			said[1] = append(said[1], fmt.Sprintf("%d:%d", len(said[1])+1, n))
		case "join":
			groups = append(without, object)
		case "leave":
			groups = without
		}
	}
	slices.Sort(groups)
	for _, m := range entries {
		m.Time = time.Unix(1, 0)
		m.Show(presents[cmp.Or(m.About, m.Seq)])
		said[0] = append(said[0], outcomeOf(m.Seq, string(m.Body), m.Now))
	}
	for i := range said {
		said[i] = said[i][max(0, len(said[i])-powerKeep):]
	}
	return fmt.Sprint(said, groups, read, topic)
}

// amendment is the message of step n to all; verb and object tell what it does to another.
func amendment(n int, verb, object string) *chat.Message {
	seq, size := uint64(0), 0
	if verb == "say" {
		fmt.Sscan(object, &size)
	} else {
		fmt.Sscan(object, &seq, &size)
	}
	body := fmt.Sprint(n, " ", strings.Repeat("x", size))
	m := about(map[string]chat.Kind{"edit": chat.Edit, "delete": chat.Deletion, "react": chat.Reaction}[verb], seq, "all", body)
	m.From = "C"                            // nobody known: what A has read is what is marked
	switch m.Time = time.Unix(1, 0); verb { // that of an edit counts
	case "delete":
		m.Body = nil
	case "react":
		m.Body = []byte(fmt.Sprint(n))
	}
	return m
}

// histories are what is done before the power fails.
var histories = map[string]struct {
	steps
	segmentSize int64
}{
	"small": {steps: steps{"join groupA", "wait", "say 10", "wait", "leave groupA", "wait"}},
	"batches of several pages": {steps: steps{
		"say 5000", "join groupA", "say 3000", "wait", "join groupB", "tell 9000", "leave groupA", "say 100", "wait",
		"notes 200", "say 10", "say 6000", "wait"}},
	"notes at the end": {steps: steps{"say 10", "notes 300", "reopen", "late 300", "say 10"}},
	"kill": {segmentSize: 10_000, steps: steps{"say 10", "wait", "join groupA", "kill", "say 5000", "wait", "join groupB", "say 5000", "kill", "doom", "say 1", "kill",
		"doom", "join groupC", "say 9000", "kill", "say 10", "wait",
		"leave groupA", "notes 300", "kill", "tell 10", "kill"}},
	"segments": {segmentSize: 3000, steps: steps{"say 2000", "wait", "join groupA", "say 2000", "wait", "say 4000", "wait", "leave groupA", "wait", "reopen", "say 3000"}},
	"compaction": {segmentSize: 3000, steps: steps{
		"join groupA", "join groupB", "say 1000", "wait", "say 3000", "wait", "tell 3000", "wait", "say 3000", "wait", "leave groupA", "say 3000", "wait",
		"say 3000", "wait", "compact", "join groupC", "wait", "say 3000", "wait", "say 3000", "wait", "compact", "say 10"}},
	"amendments": {segmentSize: 3000, steps: steps{
		"say 1000", "say 10", "wait", "edit 1 2000", "react 2", "topic first", "wait", "edit 1 1000", "delete 2", "mark 3", "wait", "say 3000", "wait",
		"edit 7 3000", "wait", "compact", "react 7", "topic last", "say 10", "wait", "delete 7", "wait", "say 3000", "wait", "compact", "edit 10 100", "react 12", "wait", "react 10", "kill",
		"say 10", "wait", "react 12", "edit 12 3000", "wait", "delete 12", "compact", "say 3000", "wait", "react 12", "crash", "react 10", "wait", "compact", "edit 10 10", "wait"}},
	"crashes": {segmentSize: 20_000, steps: steps{
		"say 5000", "join groupA", "crash", "say 6000", "wait", "join groupB", "say 3000", "crash", "tell 100", "leave groupA", "wait", "notes 100", "say 3000",
		"crash", "say 1", "join groupC", "wait", "say 5000", "say 5000", "say 5000", "crash", "say 1"}},
}

// PROTOCOL 6: power loss loses nothing that anyone has seen, and never keeps the
// next start from coming up, whatever the disk has written of what was not synced.
func TestPowerLoss(t *testing.T) {
	for name, h := range histories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &run{T: t, steps: h.steps, config: Config{segmentSize: h.segmentSize}, most: 60, random: rand.New(rand.NewPCG(1, 2))}
			r.do()
			t.Log(r.opens, "states")
		})
	}
}

// Each operation fails in turn, once or for good, and the power after it: nothing is
// lost that was acknowledged, nothing is there that was refused and had another
// behind it, and a start comes up.
func TestPowerLossAfterFailure(t *testing.T) {
	h := steps{"join groupA", "say 2000", "wait", "leave groupA", "wait", "notes 10", "say 3000", "edit 1 100", "wait", "delete 1", "topic first", "wait",
		"join groupB", "wait", "compact", "leave groupB", "say 10", "wait"}
	for _, kind := range []what{created, wrote, truncated, synced, renamed, removed} {
		for _, forGood := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, for good %v", kind, forGood), func(t *testing.T) {
				t.Parallel()
				for n, reached := 1, true; reached; n++ {
					reached = false
					count := 0
					fail := func(d *done) error {
						// A truncate that matters comes only after a write that failed.
						failing := d.what == kind || kind == truncated && d.what == wrote
						if failing && d.what != truncated {
							count++
						}
						if !failing || count < n || count > n && !forGood {
							return nil
						}
						reached = true
						if d.what == wrote || d.what == created {
							return syscall.ENOSPC
						}
						return syscall.EIO
					}
					r := &run{T: t, steps: h, config: Config{segmentSize: 3000}, most: 4, random: rand.New(rand.NewPCG(uint64(n), 2)), failing: fail}
					r.do()
				}
			})
		}
	}
}
