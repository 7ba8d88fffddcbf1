//go:build e2e && linux

package living

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// patience is how long anything may take on a busy machine.
const patience = time.Minute

// names are the users with JSON clients, and the one with a line client.
var names = []string{"Ada", "Ben", "Cem", "Dan", "Eve", lineUser}

const lineUser = "Lin"

var groups = []string{"groupA", "groupB"}

// world is the people of one run, and the nodes that they are on.
type world struct {
	t       *testing.T
	seed    uint64
	house   *house
	model   *model
	over    context.Context
	end     context.CancelFunc
	people  []*person
	line    *lineReader
	fate    *rand.Rand   // of what happens to all
	done    atomic.Int64 // operations
	history int
}

// newWorld connects all.
func newWorld(t *testing.T, seed uint64, history int, h *house) *world {
	over, end := context.WithCancel(context.Background())
	w := &world{t: t, seed: seed, house: h, history: history, model: newModel(history), over: over, end: end}
	w.fate = w.randomOf("fate")
	for i, name := range names[:len(names)-1] {
		w.people = append(w.people, newPerson(w, name, i))
	}
	w.line = newLineReader(w)
	t.Cleanup(func() {
		end()
		for _, p := range w.people {
			p.reading.Wait()
		}
		w.line.reading.Wait()
	})
	return w
}

// randomOf is what someone does, the same with the same seed.
func (w *world) randomOf(name string) *rand.Rand {
	hash := fnv.New64()
	hash.Write([]byte(name))
	return rand.New(rand.NewPCG(w.seed, hash.Sum64()))
}

func (w *world) running() bool { return w.over.Err() == nil }

// fault fails the test, and ends it. It returns false.
func (w *world) fault(format string, args ...any) bool {
	if w.running() {
		w.t.Errorf(format, args...)
		w.end()
	}
	return false
}

// until waits until something holds; false: it never does, or the test is over.
func (w *world) until(what string, ok func() bool) bool {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(patience); !ok(); <-poll.C {
		if !w.running() {
			return false
		}
		if time.Now().After(end) {
			return w.fault("waited in vain for %s", what)
		}
	}
	return true
}

// act has all people do so many things together, all at once, while nodes end and the
// operator deletes.
func (w *world) act(operations, ends int) {
	var acting sync.WaitGroup
	w.done.Store(0)
	for _, p := range w.people {
		acting.Go(func() {
			for range operations / len(w.people) {
				if !p.act() {
					return
				}
				w.done.Add(1)
			}
		})
	}
	const deletions = 4
	for i := range deletions {
		due := int64(operations * (i + 1) / (deletions + 1))
		w.until(fmt.Sprint("operation ", due), func() bool { return w.done.Load() >= due })
		if !w.running() {
			break
		}
		w.delete()
		if w.fate.IntN(2) == 0 {
			w.line.drop()
		}
		if i < ends {
			w.house.replace(w.fate)
		}
	}
	acting.Wait()
}

// delete is the operator's, of a message that may be there.
func (w *world) delete() {
	all := w.model.conversations()
	if len(all) == 0 {
		return
	}
	of := all[w.fate.IntN(len(all))]
	list, _ := w.model.acknowledged(of)
	e := list[len(list)-1-w.fate.IntN(min(20, len(list)))]
	deletion := entry{To: e.To, Delete: e.Seq}
	for w.running() {
		status, seq := w.house.delete(of, e.Seq)
		switch deletion.Seq = seq; status {
		case 200:
			w.model.acked(of, deletion)
		case 404:
			w.model.refused(of, deletion, "not_found")
		case 503:
			continue
		default:
			w.fault("the operator deletes %v of %s: %d", e, of, status)
		}
		return
	}
}

// house is the nodes.
type house struct {
	forgets bool // a restart is a new epoch
	start   func() *target.Server

	mu    sync.Mutex
	nodes []*target.Server
}

func newHouse(count int, start func() *target.Server) *house {
	h := &house{start: start}
	for range count {
		h.nodes = append(h.nodes, start())
	}
	return h
}

// isShared reports whether there is more than one node.
func (h *house) isShared() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.nodes) > 1
}

func (h *house) get(i int) *target.Server {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.nodes[i%len(h.nodes)]
}

// replace ends one node, one way or the other, and starts another.
func (h *house) replace(random *rand.Rand) {
	i := random.IntN(len(h.nodes))
	if random.IntN(3) == 0 {
		h.nodes[i].Stop()
	} else {
		h.nodes[i].Kill()
	}
	s := h.start()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nodes[i] = s
}

// delete is the operator's.
func (h *house) delete(of string, seq uint64) (status int, deletion uint64) {
	status, answer := h.get(int(seq)).Admin("/api/delete", fmt.Sprintf(`{"of":%q,"seq":%d}`, of, seq))
	fmt.Sscanf(answer, `{"seq":%d}`, &deletion)
	return status, deletion
}

// anew restarts the node, which forgets everything: a new epoch begins, with nothing in it.
func (w *world) anew() {
	w.model.clear()
	w.line.begin()
	old := w.house.get(0)
	old.Stop()
	s := w.house.start()
	w.house.mu.Lock()
	w.house.nodes[0] = s
	w.house.mu.Unlock()
	for _, p := range w.people {
		w.until(p.name+" to be in a new epoch", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.epochs == 2 && p.conn != nil
		})
	}
	w.line.waitToJoin()
}
