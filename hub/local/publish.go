package local

import "wschat/hub/chat"

// Publish implements chat.Engine. Retries do not come here: on one node, the hub knows the
// ids of all sends.
func (e *Engine) Publish(m *chat.Message, origin any, done func(away bool, err error)) {
	if m.Private() {
		known, here := e.find(m.To)
		if !known {
			done(false, chat.ErrNotOnline.About(m.To))
			return
		}
		m.Away = !here
	}
	e.store.Append(m, func(err error) {
		if err != nil {
			done(false, chat.ErrUnavailable)
			return
		}
		e.node.Deliver(m, origin)
		e.stored(m, done)
	})
}

// stored answers the sender of m. A retry after a restart must get the same answer. If
// the recipient has come or gone while m was stored, the answer differs from m.Away, and
// is stored, too. If that fails, m is stored all the same.
func (e *Engine) stored(m *chat.Message, done func(away bool, err error)) {
	away := m.Private() && !e.receives(m.To)
	if away == m.Away || m.ID == "" || e.registry == nil {
		done(away, nil)
		return
	}
	e.registry.Answered(m, away, func(error) { done(away, nil) })
}

// find reports whether a user is known, and whether the user is here now. When it returns,
// the registry has been told of the user, since a message must not be safer than the
// knowledge that its recipient exists.
func (e *Engine) find(name string) (known, here bool) {
	e.mu.Lock()
	defer e.unlock()
	u := e.users[name]
	return u != nil, u != nil && u.place > 0
}

// receives notes that there is a message to a user, and reports whether the user is here.
func (e *Engine) receives(name string) (here bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.users[name]
	if u == nil {
		return false
	}
	e.holds(u)
	return u.place > 0
}

// History implements chat.Engine.
func (e *Engine) History(conversation string, q chat.Query) ([]*chat.Message, bool, error) {
	return e.store.History(conversation, q)
}

// Written implements chat.Engine.
func (e *Engine) Written(m *chat.Message) { e.store.Written(m) }
