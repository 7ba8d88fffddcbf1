package store

// order lists the conversations that an author has begun, the longest silent first.
type order struct {
	first, last *Conversation
	asked       *Conversation // where the search for one to forget goes on; nil: with the first
}

// spoke moves c, which has a new message, to the end.
func (o *order) spoke(c *Conversation) {
	if o.last == c {
		return
	}
	o.remove(c)
	c.older = o.last
	if o.last == nil {
		o.first = c
	} else {
		o.last.newer = c
	}
	o.last = c
}

// remove takes c out, if it is there.
func (o *order) remove(c *Conversation) {
	if c.older == nil && o.first != c {
		return
	}
	if o.asked == c {
		o.asked = c.newer
	}
	if c.older == nil {
		o.first = c.newer
	} else {
		c.older.newer = c.newer
	}
	if c.newer == nil {
		o.last = c.older
	} else {
		c.newer.older = c.older
	}
	c.older, c.newer = nil, nil
}
