package store

import "hash/maphash"

const (
	// numberMemory and numberDisk are the sizes, in bytes, of the number of a forgotten
	// conversation in memory and on disk.
	numberMemory = 40
	numberDisk   = 40
)

// maxNumbers bounds the numbers of forgotten conversations. When it is reached, no other
// conversation is forgotten.
func maxNumbers(conversations int) int { return 4 * conversations }

// numbers has the last numbers of forgotten conversations, by the hash of the name. If two
// names have the same hash, both go on behind the larger number, which harms neither. A
// number stays when its conversation goes on.
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
