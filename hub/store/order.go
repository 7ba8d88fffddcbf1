package store

// order lists the conversations that have messages, the longest silent first.
type order struct {
	first, last *Conversation
	// several is where to look for a conversation of more than one message: none before
	// it has more.
	several *Conversation
	// asked is where the search for one to forget goes on; nil: with the first.
	asked *Conversation
}

// spoke moves c, which has a new message, to the end.
func (o *order) spoke(c *Conversation) {
	if o.last == c {
		if o.several == nil {
			o.several = c
		}
		return
	}
	if c.older != nil || o.first == c {
		o.remove(c)
	}
	c.older = o.last
	if o.last == nil {
		o.first = c
	} else {
		o.last.newer = c
	}
	o.last = c
	if o.several == nil {
		o.several = c
	}
}

// remove takes c out.
func (o *order) remove(c *Conversation) {
	for _, place := range []**Conversation{&o.several, &o.asked} {
		if *place == c {
			*place = c.newer
		}
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
