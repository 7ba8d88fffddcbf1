package journal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// failing is a disk that fails every fsync while it is broken.
type failing struct {
	osDisk
	broken atomic.Bool
}

func (d *failing) sync(f *os.File) error {
	if d.broken.Load() {
		return &os.PathError{Op: "fsync", Path: f.Name(), Err: syscall.EIO}
	}
	return f.Sync()
}

// After a failed fsync nothing is stored until what was safe has been written
// anew; what failed is never there, not even after a crash or a rotation.
func TestFailedSync(t *testing.T) {
	for _, segmentSize := range []int64{0, 1} { // 1: each batch begins a segment
		t.Run(fmt.Sprint("segments of ", segmentSize), func(t *testing.T) {
			var d failing
			dir := t.TempDir()
			s := open(t, Config{Dir: dir, segmentSize: segmentSize, repairPause: time.Millisecond, disk: &d})
			want := ""
			for round := range 2 {
				for i := range 3 {
					m := say(t, s, "all", fmt.Sprint(round, i))
					want += fmt.Sprintf(" %d:%s", m.Seq, m.Body)
				}
				d.broken.Store(true)
				for range 3 {
					m := text("all", "lost")
					if err := try(s, m, ""); !errors.Is(err, syscall.EIO) || m.Seq != 0 {
						t.Fatalf("number %d, %v", m.Seq, err)
					}
				}
				if got := said(s, "all"); " "+got != want {
					t.Errorf("%q, want %q", got, want)
				}
				if segmentSize == 0 {
					crashed := open(t, Config{Dir: copyDir(t, dir)})
					if got := said(crashed, "all"); " "+got != want {
						t.Errorf("after a crash %q, want %q", got, want)
					}
				}
				// While it is not repaired, a disk that says all is well is not believed.
				active := s.commit.active.f
				d.broken.Store(false)
				eventually(t, "it goes on", func() bool {
					m := text("all", "on")
					if try(s, m, "") != nil {
						return false
					}
					want += fmt.Sprintf(" %d:on", m.Seq)
					return true
				})
				if s.commit.active.f == active {
					t.Error("it goes on in the same file")
				}
			}
			closeStore(t, s)
			s = open(t, Config{Dir: dir})
			if got := said(s, "all"); " "+got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// syncing is a disk that does something else than to sync.
type syncing struct {
	osDisk
	do func(*os.File) error
}

func (d syncing) sync(f *os.File) error { return d.do(f) }

// A journal that fails says so, and finds out by itself when that is over.
func TestErr(t *testing.T) {
	var d failing
	s := open(t, Config{Dir: t.TempDir(), repairPause: time.Millisecond, retryPause: time.Millisecond, disk: &d})
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	d.broken.Store(true)
	if err := try(s, text("all", "lost"), ""); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	if err := s.Err(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Err says %v", err)
	}
	d.broken.Store(false)
	eventually(t, "it recovers", func() bool { return s.Err() == nil })
	if m := say(t, s, "all", "on"); m.Seq != 1 {
		t.Errorf("goes on with %d", m.Seq)
	}
}

// Each fsync in turn fails once, wherever it is: in an append, a rotation, a
// repair, a compaction. What was acknowledged is there, and nothing else.
func TestEachSyncFails(t *testing.T) {
	var total int
	for fail := 1; ; fail++ {
		var n atomic.Int64
		dir := t.TempDir()
		c := Config{Dir: dir, segmentSize: 500, compactAt: never, repairPause: 1, disk: syncing{do: func(*os.File) error {
			if n.Add(1) == int64(fail) {
				return syscall.EIO
			}
			return nil
		}}}
		s, err := Open(c)
		if err != nil {
			if !errors.Is(err, syscall.EIO) {
				t.Fatal(err)
			}
			s = open(t, c)
		}
		var want []string
		var messages int
		for i := range 8 {
			if i == 5 {
				s.compactSealed()
			}
			m := text("all", fmt.Sprint(strings.Repeat("x", 200), i))
			if try(s, m, "") == nil {
				messages++
				want = append(want, fmt.Sprintf("%d:%s", m.Seq, m.Body))
				if m.Seq != uint64(messages) {
					t.Fatalf("fsync %d: number %d of message %d", fail, m.Seq, messages)
				}
			}
		}
		if got := said(s, "all"); got != strings.Join(want, " ") {
			t.Fatalf("fsync %d: %q, want %q", fail, got, want)
		}
		crashed := open(t, Config{Dir: copyDir(t, dir)})
		if got := said(crashed, "all"); got != strings.Join(want, " ") {
			t.Fatalf("fsync %d: after a crash %q, want %q", fail, got, want)
		}
		s.Close()
		if total = int(n.Load()); total < fail {
			break
		}
	}
	if total < 15 {
		t.Errorf("%d fsyncs", total)
	}
}

// hanging is a disk on which every fsync hangs until its end, once it does.
type hanging struct {
	osDisk
	hangs atomic.Bool
	end   chan struct{}
}

func (d *hanging) sync(f *os.File) error {
	if d.hangs.Load() {
		<-d.end
	}
	return nil
}

// A disk that hangs: once more waits for it than may, senders are refused, and Err
// says so until some of it has gone to the disk.
func TestErrOfHangingDisk(t *testing.T) {
	d := &hanging{end: make(chan struct{})}
	s := open(t, Config{Dir: t.TempDir(), disk: d})
	d.hangs.Store(true)
	body := strings.Repeat("x", maxBatch)
	stored := make(chan error, 100)
	fill := func(from string) {
		for refused := false; !refused; {
			m := text("all", body)
			m.From = from
			s.Append(m, func(err error) {
				refused = refused || errors.Is(err, ErrBacklog) // only a refusal is told at once
				stored <- err
			})
		}
	}
	fill("A")
	if err := s.Err(); err != nil {
		t.Errorf("there is room for others, and Err says %v", err)
	}
	for i := 0; s.Err() == nil && i < 20; i++ {
		fill(fmt.Sprint("B", i))
	}
	if err := s.Err(); !errors.Is(err, ErrBacklog) {
		t.Errorf("senders are refused, and Err says %v", err)
	}
	close(d.end)
	eventually(t, "it recovers", func() bool { return s.Err() == nil })
}
