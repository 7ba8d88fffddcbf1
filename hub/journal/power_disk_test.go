package journal

import (
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const pageSize = 4096

// platter is what a disk may hold at some moment: what is synced, and any of what
// is not. An entry of a directory is safe when the directory is synced, a page or
// the size of a file when the file is; nothing else is promised, and no order.
type platter struct {
	entries map[string]int // inodes by path, 0: a directory; those that are safe
	pending []done         // changes of entries that are not
	inodes  map[int]*inode
}

// inode is a file. What is read back of it after a crash has the size of one of the
// versions, and each page of one of them.
type inode struct {
	versions [][]byte // the first is safe, the last is what a program reads
	spoiled  bool     // a sync has failed: no later one proves anything
}

func newPlatter() *platter {
	return &platter{entries: make(map[string]int), inodes: make(map[int]*inode)}
}

func (p *platter) do(d done) {
	i := p.inodes[d.inode]
	switch d.what {
	case created:
		p.inodes[d.inode] = &inode{versions: [][]byte{nil}}
		p.pending = append(p.pending, d)
	case made, renamed, removed:
		if !d.failed {
			p.pending = append(p.pending, d)
		}
	case wrote:
		b := slices.Clone(i.now())
		if end := int(d.offset) + len(d.data); end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[d.offset:], d.data)
		i.versions = append(i.versions, b)
	case truncated:
		if !d.failed {
			b := make([]byte, d.offset)
			copy(b, i.now())
			i.versions = append(i.versions, b)
		}
	case synced:
		switch {
		case i == nil && !d.failed:
			p.pending = slices.DeleteFunc(p.pending, func(e done) bool {
				safe := filepath.Dir(e.path) == d.path
				if safe {
					change(p.entries, e)
				}
				return safe
			})
		case i != nil && d.failed:
			i.spoiled = true
		case i != nil && !i.spoiled:
			i.versions = [][]byte{i.now()}
		}
	}
}

func (i *inode) now() []byte { return i.versions[len(i.versions)-1] }

// change carries out a change of entries.
func change(entries map[string]int, d done) {
	switch d.what {
	case created, made:
		entries[d.path] = d.inode
	case renamed:
		delete(entries, d.path)
		entries[d.to] = d.inode
	case removed:
		delete(entries, d.path)
	}
}

// choice says what has reached the disk of what was not synced: each is one of n.
type choice struct {
	entry func(n int) int // 1: this change of an entry has
	size  func(n int) int // which version has the size of a file
	page  func(n int) int // which version has this page
}

func oldest(int) int   { return 0 }
func newest(n int) int { return n - 1 }

// extremes are the choices that are worth a look in any case.
func extremes() []choice {
	turn := 0
	even := func(n int) int { turn++; return turn % 2 * (n - 1) }
	odd := func(n int) int { turn++; return (turn + 1) % 2 * (n - 1) }
	return []choice{
		{oldest, oldest, oldest}, {newest, newest, newest}, {oldest, newest, newest}, {newest, oldest, oldest},
		{newest, newest, oldest}, // the size without the data
		{newest, newest, even}, {newest, newest, odd},
	}
}

// odometer makes all the choices there are, one after the other.
type odometer struct {
	digits, bases []int
	at            int
}

func (o *odometer) pick(n int) int {
	if o.at == len(o.digits) {
		o.digits, o.bases = append(o.digits, 0), append(o.bases, n)
	}
	o.at++
	return o.digits[o.at-1]
}

// next goes to the next choice, and reports whether there is one.
func (o *odometer) next() bool {
	o.at = 0
	for n := len(o.digits); n > 0; n-- {
		if o.digits[n-1]++; o.digits[n-1] < o.bases[n-1] {
			return true
		}
		o.digits, o.bases = o.digits[:n-1], o.bases[:n-1]
	}
	return false
}

// states returns what may be left: all of it if that is no more than most, else the
// extremes and as many at random.
func (p *platter) states(most int, random *rand.Rand) []map[string][]byte {
	var states []map[string][]byte
	var o odometer
	for {
		states = append(states, p.crash(choice{o.pick, o.pick, o.pick}))
		if !o.next() {
			return states
		}
		if len(states) == most {
			break
		}
	}
	states = states[:0]
	for _, c := range extremes() {
		states = append(states, p.crash(c))
	}
	for len(states) < most {
		states = append(states, p.crash(choice{random.IntN, random.IntN, random.IntN}))
	}
	return states
}

// crash returns the files that are left by path; directories are nil.
func (p *platter) crash(c choice) map[string][]byte {
	entries := maps.Clone(p.entries)
	for _, d := range p.pending {
		if c.entry(2) == 1 {
			change(entries, d)
		}
	}
	files := make(map[string][]byte)
	for _, path := range slices.Sorted(maps.Keys(entries)) {
		if i := p.inodes[entries[path]]; i != nil {
			files[path] = i.crash(c)
		} else {
			files[path] = nil
		}
	}
	return files
}

func (i *inode) crash(c choice) []byte {
	n := len(i.versions)
	b := make([]byte, len(i.versions[c.size(n)]))
	for at := 0; at < len(b); at += pageSize {
		page := b[at:min(at+pageSize, len(b))]
		if v := i.versions[c.page(n)]; at < len(v) {
			copy(page, v[at:])
		}
	}
	return b
}

// sum tells contents apart.
func sum(files map[string][]byte, seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		h.WriteString(path)
		h.WriteByte(0)
		h.Write(files[path])
		h.WriteByte(1)
	}
	return h.Sum64()
}

// restore writes files, which were below root, to a directory. What is in no
// directory is lost.
func restore(t testing.TB, files map[string][]byte, root, to string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		target := filepath.Join(to, strings.TrimPrefix(path, root))
		if _, err := os.Stat(filepath.Dir(target)); err != nil {
			continue
		}
		if files[path] == nil {
			must(t, os.Mkdir(target, 0o700))
		} else {
			must(t, os.WriteFile(target, files[path], 0o600))
		}
	}
}
