package journal

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// recorder is a disk that notes, in order, all that is done to it, and what the
// test says of itself meanwhile.
type recorder struct {
	osDisk
	root string              // what is below it is recorded
	fail func(d *done) error // asked before each operation; nil: none fails

	mu     sync.Mutex
	done   []done
	before int              // how many of them describe root as it was found
	dead   bool             // nothing can be done any more
	doomed bool             // likewise, from the next sync on
	files  map[*os.File]int // inodes
	paths  map[string]int
	inodes int
}

// done is one thing that was done.
type done struct {
	what     what
	inode    int    // 0: a directory
	path, to string // of a file as it is named in the directory, or a directory
	data     []byte
	offset   int64 // the size, of a truncate
	failed   bool
	step     int   // of begun, acked and rejected
	steps    []int // of resumed
}

type what string

const (
	made      what = "mkdir"
	created   what = "create"
	wrote     what = "write"
	truncated what = "truncate"
	synced    what = "sync"
	renamed   what = "rename"
	removed   what = "remove"
	begun     what = "begun" // a step of the test's
	acked     what = "acked"
	rejected  what = "rejected"
	resumed   what = "resumed" // after a kill, with these steps
)

// newRecorder begins with what is in root, which is safe.
func newRecorder(t testing.TB, root string) *recorder {
	r := &recorder{root: root, files: make(map[*os.File]int), paths: make(map[string]int)}
	must(t, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		switch {
		case err != nil || path == root:
			return err
		case info.IsDir():
			r.done = append(r.done, done{what: made, path: path}, done{what: synced, path: filepath.Dir(path)})
			return nil
		}
		data, err := os.ReadFile(path)
		r.inodes++
		r.paths[path] = r.inodes
		r.done = append(r.done, done{what: created, inode: r.inodes, path: path},
			done{what: wrote, inode: r.inodes, data: data}, done{what: synced, inode: r.inodes}, done{what: synced, path: filepath.Dir(path)})
		return err
	}))
	r.before = len(r.done)
	return r
}

// note records what was done, unless it is to fail.
func (r *recorder) note(d done, do func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead = r.dead || r.doomed && d.what == synced; r.dead {
		return os.ErrClosed
	}
	if r.fail != nil {
		if err := r.fail(&d); err != nil {
			d.failed = true
			r.done = append(r.done, d)
			return err
		}
	}
	if do != nil {
		if err := do(); err != nil {
			return err
		}
	}
	r.done = append(r.done, d)
	return nil
}

func (r *recorder) says(w what, step int) { r.note(done{what: w, step: step}, nil) }

func (r *recorder) mkdir(path string) error {
	return r.note(done{what: made, path: path}, func() error { return r.osDisk.mkdir(path) })
}

func (r *recorder) create(path string) (f *os.File, err error) {
	r.mu.Lock()
	r.inodes++
	inode := r.inodes
	r.mu.Unlock()
	err = r.note(done{what: created, inode: inode, path: path}, func() (err error) {
		if f, err = r.osDisk.create(path); err == nil {
			r.files[f], r.paths[path] = inode, inode
		}
		return err
	})
	return f, err
}

func (r *recorder) open(path string) (*os.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.osDisk.open(path)
	if err == nil {
		r.files[f] = r.paths[path]
	}
	return f, err
}

func (r *recorder) inode(f *os.File) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files[f]
}

func (r *recorder) write(f *os.File, b []byte, offset int64) error {
	d := done{what: wrote, inode: r.inode(f), data: slices.Clone(b), offset: offset}
	err := r.note(d, func() error { return r.osDisk.write(f, b, offset) })
	if r.mu.Lock(); err != nil && !r.dead { // half of it got there
		half := b[:len(b)/2]
		r.osDisk.write(f, half, offset)
		r.done[len(r.done)-1] = done{what: wrote, inode: d.inode, data: d.data[:len(half)], offset: offset, failed: true}
	}
	r.mu.Unlock()
	return err
}

func (r *recorder) truncate(f *os.File, size int64) error {
	return r.note(done{what: truncated, inode: r.inode(f), offset: size}, func() error { return r.osDisk.truncate(f, size) })
}

func (r *recorder) sync(f *os.File) error {
	d := done{what: synced, inode: r.inode(f)}
	if d.inode == 0 {
		d.path = f.Name()
	}
	return r.note(d, nil) // what is read back is in the page cache
}

func (r *recorder) rename(from, to string) error {
	r.mu.Lock()
	inode := r.paths[from]
	r.mu.Unlock()
	return r.note(done{what: renamed, inode: inode, path: from, to: to}, func() error {
		delete(r.paths, from)
		r.paths[to] = inode
		return r.osDisk.rename(from, to)
	})
}

func (r *recorder) remove(path string) error {
	return r.note(done{what: removed, path: path}, func() error {
		err := r.osDisk.remove(path)
		if err == nil {
			delete(r.paths, path)
		}
		return err
	})
}

func (r *recorder) set(how func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how()
}
