package store

import "hash/maphash"

const (
	// numberMemory is what the number of a forgotten conversation takes in memory,
	// and numberDisk what it takes on disk, in bytes.
	numberMemory = 40
	numberDisk   = 40
)

// maxNumbers bounds the numbers of forgotten conversations. When there are so
// many, no other is forgotten.
func maxNumbers(conversations int) int { return 4 * conversations }

// numbers is the last numbers of conversations that have been forgotten, by the hash
// of the name. Of two names with one hash both go on behind the larger number, which
// harms neither. The number stays when the conversation goes on.
type numbers struct {
	seed maphash.Seed
	last map[uint64]uint64
}

func newNumbers() numbers { return numbers{maphash.MakeSeed(), make(map[uint64]uint64)} }

func (n *numbers) of(name string) uint64 { return n.last[maphash.String(n.seed, name)] }

// setNumber keeps the last number of a conversation that is forgotten.
func (s *Memory) setNumber(name string, last uint64) {
	key := maphash.String(s.numbers.seed, name)
	before, ok := s.numbers.last[key]
	if !ok {
		s.count(used{numberMemory, numberDisk})
	}
	s.numbers.last[key] = max(before, last)
}
