//go:build e2e || soak

package fair

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Tally is what has happened to many. Safe for concurrent use, but for its fields.
type Tally struct {
	Counts map[string]int
	Faults []string // what should not have happened

	mu sync.Mutex
}

// NewTally returns an empty one.
func NewTally() *Tally { return &Tally{Counts: make(map[string]int)} }

// Count counts something that happens.
func (t *Tally) Count(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Counts[what] += n
}

func (t *Tally) counted(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Counts[what]
}

// Fault notes something that should not happen.
func (t *Tally) Fault(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Faults = append(t.Faults, fmt.Sprintf(format, args...))
}

func (t *Tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(t.Counts)) {
		parts = append(parts, fmt.Sprintf("%.200s %d", what, t.Counts[what]))
	}
	return strings.Join(parts, ", ")
}
