package store

import "hash/maphash"

// numberDisk is the size, in bytes, of the number of a forgotten conversation on disk. In
// memory it takes some 40.
const numberDisk = 40

// numbers has the last numbers of forgotten conversations, by the hash of the name. If two
// names have the same hash, both go on behind the larger number, which harms neither. A
// number stays when its conversation goes on.
type numbers struct {
	last  map[uint64]uint64
	floor uint64 // the largest of those for which there was no room
}

// maxNumbers bounds the numbers that are kept one by one; 0: there is no bound.
func (l *Limits) maxNumbers() int { return 4 * l.MaxConversations }

// hash returns the key under which somebody, or a conversation, is counted.
func (s *Memory) hash(name string) uint64 { return maphash.String(s.seed, name) }

// lastOf returns the last number of a conversation that may be forgotten.
func (s *Memory) lastOf(name string) uint64 {
	if last, ok := s.numbers.last[s.hash(name)]; ok {
		return last
	}
	return s.numbers.floor
}

// setNumber keeps the last number of a conversation that is forgotten.
func (s *Memory) setNumber(name string, last uint64) {
	key := s.hash(name)
	before, ok := s.numbers.last[key]
	switch {
	case last == 0: // it had but a topic
		return
	case !ok && s.MaxConversations > 0 && len(s.numbers.last) >= s.maxNumbers():
		s.numbers.floor = max(s.numbers.floor, last)
		return
	case !ok:
		s.disk += numberDisk
	}
	s.numbers.last[key] = max(before, last)
}
