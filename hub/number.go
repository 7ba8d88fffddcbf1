package hub

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"time"
)

const (
	// digits is how many a number has that nobody had to make room for.
	digits = 6
	// maxTries bounds how many numbers are tried for one connection.
	maxTries = 100
	// One number that is taken weighs as much as nine that are free. When those that are
	// taken have outweighed the others by so much, numbers grow.
	takenWeight = 9
	manyTaken   = 10 * takenWeight
	// grownTime is how long numbers stay longer. Then it is found out anew.
	grownTime = time.Hour
)

// numbers makes the names of users who bring none. They have as many digits as leave about
// one in ten taken, so that a free one is found in a few tries, however many names somebody
// uses up. How many are taken is estimated from those that were tried: to count them across
// nodes would cost more. Safe for concurrent use.
type numbers struct {
	mu     sync.Mutex
	more   int // digits beyond the usual
	weight int // of those taken, less that of those free; never below 0
	grown  time.Time
}

// next returns a number to try.
func (n *numbers) next() string {
	n.mu.Lock()
	if n.more > 0 && time.Since(n.grown) > grownTime {
		n.more, n.weight = 0, 0
	}
	least := int64(1)
	for range digits + n.more - 1 {
		least *= 10
	}
	n.mu.Unlock()
	return strconv.FormatInt(least+rand.Int64N(9*least), 10)
}

// tried notes whether one was taken.
func (n *numbers) tried(taken bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !taken {
		n.weight = max(0, n.weight-1)
		return
	}
	if n.weight += takenWeight; n.weight >= manyTaken {
		n.more, n.weight, n.grown = n.more+1, 0, time.Now()
	}
}
