package loop

import "sync"

// maxEntries is how many goroutines wait for handlers at a time.
const maxEntries = 256

// entries calls Acceptance.Enter where it may block, on up to maxEntries goroutines.
// Further calls queue up in order. Each belongs to a connection that has a user's place
// already, so Limits.Users bounds the queue. Safe for concurrent use.
type entries struct {
	mu      sync.Mutex
	running int
	queue   []func()
	ended   sync.WaitGroup
}

// do has a goroutine call enter soon.
func (e *entries) do(enter func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queue = append(e.queue, enter)
	if e.running < maxEntries {
		e.running++
		e.ended.Go(e.run)
	}
}

func (e *entries) run() {
	for enter := e.next(); enter != nil; enter = e.next() {
		enter()
	}
}

// next takes one out of the queue, or ends the goroutine.
func (e *entries) next() func() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		e.queue = nil
		e.running--
		return nil
	}
	enter := e.queue[0]
	e.queue[0] = nil
	e.queue = e.queue[1:]
	return enter
}
