package load

// Track is what one connection has had of one sender.
type track struct {
	seen uint64 // bit d: message next-1-d has come
	next uint32 // one more than the highest number that has come
}

// Checks counts what the messages' numbers say. All is of the whole run.
type Checks struct {
	Expected    uint64 // deliveries that are due for what was sent
	Received    uint64 // different ones of them that came
	Lost        uint64 // the difference
	Duplicates  uint64 // deliveries that had come before
	Gaps        uint64 // jumps ahead in the numbers of a sender at a connection
	GapMessages uint64 // messages that were jumped over: they came late or never
	Late        uint64 // deliveries after one with a higher number
	Corrupt     uint64 // deliveries of a wrong length or content
}

// Good reports whether every message came, once, in order, and unchanged.
func (c Checks) Good() bool {
	return c.Received == c.Expected && c.Lost+c.Duplicates+c.Gaps+c.Late+c.Corrupt == 0
}

// note counts message q, and reports whether it is the first time that it came.
// A message that is late by 64 or more is taken to come for the first time,
// since it is no longer known.
func (t *track) note(q uint32, c *Checks) (fresh bool) {
	if q == t.next {
		t.seen = t.seen<<1 | 1
		t.next++
		return true
	}
	if q > t.next {
		missing := q - t.next
		c.Gaps++
		c.GapMessages += uint64(missing)
		t.seen = t.seen<<(missing+1) | 1 // Go shifts by 64 and more to 0
		t.next = q + 1
		return true
	}
	behind := t.next - 1 - q
	if behind < 64 && t.seen>>behind&1 != 0 {
		c.Duplicates++
		return false
	}
	if behind < 64 {
		t.seen |= 1 << behind
	}
	c.Late++
	return true
}
