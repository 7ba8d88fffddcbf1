package journal

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/hub/chat"
)

// run is steps that are being done.
type run struct {
	*testing.T
	steps
	config  Config
	most    int // states that are opened after each operation
	random  *rand.Rand
	failing func(*done) error                // see recorder; not while it is opened first
	says    func(*Store) string              // what is compared of a journal that has been opened; nil: outcome
	expects func(done []int, _ steps) string // and what it must be; nil: steps.outcome

	base  []int // the steps that were safe when the recorder began
	disk  *recorder
	store *Store
	busy  sync.WaitGroup
	opens int
}

// do does the steps, and opens what a power loss may leave after each operation.
func (r *run) do() {
	r.begin(r.TempDir())
	for n, step := range r.steps {
		verb, object, _ := strings.Cut(step, " ")
		size := 0
		fmt.Sscan(object, &size)
		switch verb {
		case "say", "edit", "delete", "react":
			m := amendment(n, verb, object)
			r.append(n, func(stored func(error)) { r.store.Append(m, stored) })
		case "topic":
			r.append(n, func(stored func(error)) { r.store.SetTopic(&chat.Topic{Group: "groupT", Text: object}, stored) })
		case "mark":
			r.append(n, func(stored func(error)) { r.store.SetMarks("A", "all", chat.Marks{Read: uint64(size)}, stored) })
		case "tell", "other":
			m := text(map[string]string{"tell": "B", "other": "groupOther"}[verb], fmt.Sprint(n, " ", strings.Repeat("x", size)))
			r.append(n, func(stored func(error)) { r.store.Append(m, stored) })
		case "join", "leave":
			r.append(n, func(stored func(error)) { r.store.SetMember("A", object, verb == "join", stored) })
		case "notes":
			r.notes(size)
		case "late":
			r.late(func() { r.notes(size) })
		case "wait":
			r.busy.Wait()
			if r.says == nil {
				r.live()
			}
		case "compact":
			r.busy.Wait()
			if err := r.store.compactSealed(); err != nil && r.failing == nil {
				r.Error(err)
			}
		case "reopen":
			r.busy.Wait()
			r.store.Close()
			r.open()
		case "crash":
			r.crash()
		case "doom":
			r.disk.set(func() { r.disk.doomed = true })
		case "kill":
			r.kill()
			r.restart()
		}
	}
	r.busy.Wait()
	r.store.Close()
	r.check()
}

func (r *run) notes(n int) {
	for i := range n {
		r.store.Seen(fmt.Sprintf("user%032d", i), time.Now())
	}
}

func (r *run) begin(root string) {
	r.disk = newRecorder(r, root)
	r.config.Dir = filepath.Join(root, "new", "data")
	r.config.disk = r.disk
	r.config.Keep, r.config.compactAt = powerKeep, never
	r.config.repairPause, r.config.retryPause = 1, time.Millisecond
	r.open()
	r.disk.fail = r.failing
}

func (r *run) open() {
	s, err := Open(r.config)
	if err != nil { // what fails once
		s, err = Open(r.config)
	}
	must(r, err)
	s.Attend(func(string) bool { return false })
	r.store = s
}

// outcome is what a journal must say after some of the steps.
func (r *run) outcome(numbers []int) string {
	if r.expects != nil {
		return r.expects(numbers, r.steps)
	}
	return r.steps.outcome(numbers)
}

func (r *run) append(n int, how func(stored func(error))) {
	r.disk.says(begun, n)
	r.busy.Add(1)
	how(func(err error) {
		defer r.busy.Done()
		if err != nil {
			r.disk.says(rejected, n)
			return
		}
		r.disk.says(acked, n)
	})
}

// live makes sure that the store says what it has acknowledged, and nothing else.
func (r *run) live() {
	r.disk.mu.Lock()
	defer r.disk.mu.Unlock()
	progress := progress{acked: r.base}
	for _, d := range r.disk.done {
		progress.note(d)
	}
	if got, want := outcome(r.store), r.outcome(progress.acked); got != want {
		r.Fatalf("it says\n%s, acknowledged is\n%s", got, want)
	}
}

// crash ends the store where it is, and begins with one of the states that it may
// leave.
func (r *run) crash() {
	r.kill()
	r.check()
	p, progress := newPlatter(), progress{acked: r.base}
	for _, d := range r.disk.done {
		p.do(d)
		progress.note(d)
	}
	root := r.TempDir()
	restore(r, p.crash(choice{r.random.IntN, r.random.IntN, r.random.IntN}), r.disk.root, root)
	r.begin(root)
	r.base = r.found(progress)
}

// kill ends the process, as kill -9 does: what is written can still be read.
func (r *run) kill() {
	if r.disk.doomed {
		r.busy.Wait()
	}
	r.disk.set(func() { r.disk.dead = true })
	r.store.Close()
	r.busy.Wait()
}

// restart opens what a process has left that was killed.
func (r *run) restart() {
	r.disk.set(func() { r.disk.dead, r.disk.doomed = false, false })
	r.open()
	progress := progress{acked: r.base}
	for _, d := range r.disk.done {
		progress.note(d)
	}
	r.disk.note(done{what: resumed, steps: r.found(progress)}, nil)
}

// found returns the steps that the store says have been done.
func (r *run) found(p progress) []int {
	r.Helper()
	got, possible := outcome(r.store), p.possible()
	i := slices.IndexFunc(possible, func(numbers []int) bool { return r.outcome(numbers) == got })
	if i < 0 {
		r.Fatalf("after a crash it says %s", got)
	}
	return possible[i]
}

// late ends the store, and takes notes when the committer has gone.
func (r *run) late(notes func()) {
	s := r.store
	s.queue.close()
	close(s.stop)
	s.poke()
	s.running.Wait()
	s.stopTimers()
	notes()
	s.commit.end(s)
	s.lock.Close()
	r.open()
}

// progress is how far the steps are.
type progress struct {
	acked []int
	begun []int // behind the last of those
}

func (p *progress) note(d done) {
	switch d.what {
	case begun:
		p.begun = append(p.begun, d.step)
	case acked:
		p.acked = append(slices.Clip(p.acked), d.step)
		p.begun = slices.DeleteFunc(slices.Clone(p.begun), func(n int) bool { return n <= d.step })
	case resumed:
		p.acked, p.begun = d.steps, nil
	}
}

// possible returns what may have been done, the longest first: all that was
// acknowledged, and of what was begun behind it some that follow each other. Some may
// have been refused before others were written.
func (p *progress) possible() (all [][]int) {
	for from := 0; from <= len(p.begun); from++ {
		for to := len(p.begun); to >= from; to-- {
			all = append(all, append(slices.Clip(p.acked), p.begun[from:to]...))
		}
	}
	return all
}

// check opens what may be left after each operation.
func (r *run) check() {
	p, progress := newPlatter(), progress{acked: r.base}
	seed := maphash.MakeSeed()
	outcomes := make(map[uint64]string)
	var expected map[string]bool
	failed := false
	for n, d := range r.disk.done {
		if d.what == begun || d.what == acked || d.what == rejected || d.what == resumed {
			progress.note(d)
			expected = nil
			continue
		}
		p.do(d)
		failed = failed || d.failed
		if n < r.disk.before || r.failing != nil && !failed { // others look at that
			continue
		}
		if expected == nil {
			expected = make(map[string]bool)
			for _, numbers := range progress.possible() {
				expected[r.outcome(numbers)] = true
			}
		}
		for _, files := range p.states(r.most, r.random) {
			key := sum(files, seed)
			got, ok := outcomes[key]
			if !ok {
				got = r.reopen(files)
				outcomes[key] = got
			}
			if !expected[got] {
				r.Fatalf("power fails after operation %d, %s of %d at %d of %d bytes, %s: it says\n%s\nexpected is one of\n%v\nfiles %v",
					n, d.what, d.inode, d.offset, len(d.data), filepath.Base(d.path), got, expected, sizes(files))
			}
		}
	}
}

func sizes(files map[string][]byte) string {
	var b strings.Builder
	for path, data := range files {
		fmt.Fprintf(&b, "%s %d, ", filepath.Base(path), len(data))
	}
	return b.String()
}

// reopen starts a server on files that are left: what there is must be readable,
// and it must go on.
func (r *run) reopen(files map[string][]byte) string {
	root, err := os.MkdirTemp("", "power")
	must(r, err)
	defer os.RemoveAll(root)
	restore(r, files, r.disk.root, root)
	c := r.config
	c.Dir, c.disk = filepath.Join(root, "new", "data"), noSync{}
	s, err := Open(c)
	if err != nil {
		return err.Error()
	}
	defer func() { s.Close() }()
	r.opens++
	if r.says != nil {
		return r.says(s)
	}
	got := outcome(s)
	if r.opens%8 == 0 {
		stored := make(chan error, 1)
		s.SetMember("A", "groupLast", true, func(err error) { stored <- err })
		if err := <-stored; err != nil {
			got = err.Error()
		}
		said := outcome(s)
		s.Close()
		if s, err = Open(c); err != nil {
			return err.Error()
		}
		if outcome(s) != said {
			got = fmt.Sprint("after another start ", outcome(s), " and not ", said)
		}
	}
	return got
}
