package local

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// keeper is a chat.Registry that keeps marks, and says so on another goroutine, with its lock
// held.
type keeper struct {
	registry
	mu      sync.Mutex
	kept    map[string]map[string]chat.Marks // by user and conversation
	pending sync.WaitGroup
}

func (k *keeper) SetMarks(user, conversation string, m chat.Marks, stored func(error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept[user] == nil {
		k.kept[user] = make(map[string]chat.Marks)
	}
	if k.kept[user][conversation] = m; m == (chat.Marks{}) {
		delete(k.kept[user], conversation)
	}
	if stored != nil {
		k.pending.Go(func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			stored(nil)
		})
	}
}

func (k *keeper) Forget(user string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.kept, user)
}

// Whatever happens at once, what is kept in the end is what holds in the end, and everybody is
// answered.
func TestMarksAtOnce(t *testing.T) {
	const maxMarks = 5
	k := &keeper{registry: registry{Memory: store.New(100)}, kept: make(map[string]map[string]chat.Marks)}
	e := New(Config{Store: k, Presence: chat.ToNone, MaxUsers: 4, MaxMarks: maxMarks})
	e.Attach(new(recorder))
	var all, answers sync.WaitGroup
	for i := range 6 {
		user := fmt.Sprint("U", i/2) // each twice
		all.Go(func() {
			for range 300 {
				enter(t, e, user)
				for range rand.IntN(8) {
					conversation := fmt.Sprint("group", rand.IntN(4))
					switch rand.IntN(3) {
					case 0:
						m := &chat.Message{Conversation: conversation, From: user, To: conversation, Body: []byte("x")}
						e.Publish(m, nil, func(bool, error) {})
					default:
						answers.Add(1)
						c := chat.MarkChange{Read: rand.Uint64N(1000), Set: chat.MarkFlags(rand.IntN(4)), Clear: chat.MarkFlags(rand.IntN(4))}
						c.Set &^= c.Clear
						e.Mark(user, conversation, c, nil, func(error) { answers.Done() })
					}
				}
				e.Exit(user, "")
			}
		})
		all.Go(func() { // others come and go, so that users are forgotten
			for j := range 100 {
				come(t, e, fmt.Sprint("other", j), "", "")
			}
		})
	}
	all.Wait()
	answers.Wait()
	k.pending.Wait()
	e.Close()
	k.pending.Wait()
	count := 0
	for name, u := range e.users {
		count += len(k.kept[name])
		if e.marks[u] == nil {
			continue
		}
		for conversation, m := range e.marks[u].of {
			if k.kept[name][conversation] != m.Marks {
				t.Errorf("%s in %s: kept %+v, not %+v", name, conversation, k.kept[name][conversation], m.Marks)
			}
		}
	}
	if count != e.markCount || len(k.kept) > len(e.users) || e.markCount > maxMarks {
		t.Errorf("%d are kept, of %d users, want %d", count, len(k.kept), e.markCount)
	}
}
