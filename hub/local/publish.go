package local

import "wschat/hub/chat"

// Publish implements chat.Engine. The ids of sends are the hub's.
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

// stored tells what has become of m. Who repeats it after a restart is to be told the
// same; if the user has come or gone while m was stored, that has to be stored, too.
// Should it not be, m is there all the same.
func (e *Engine) stored(m *chat.Message, done func(away bool, err error)) {
	away := m.Private() && !e.isOnline(m.To)
	if away == m.Away || m.ID == "" || e.registry == nil {
		done(away, nil)
		return
	}
	e.registry.Answered(m, away, func(error) { done(away, nil) })
}

// find reports whether a user is or was here, and whether he is now. The registry
// has been told of him when it returns: a message to him is not to be safer than
// that.
func (e *Engine) find(name string) (known, here bool) {
	e.mu.Lock()
	defer e.unlock()
	u := e.users[name]
	return u != nil, u != nil && u.place > 0
}

func (e *Engine) isOnline(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.users[name]
	return u != nil && u.place > 0
}

// History implements chat.Engine.
func (e *Engine) History(conversation string, q chat.Query) ([]*chat.Message, bool, error) {
	return e.store.History(conversation, q)
}

// Written implements chat.Engine.
func (e *Engine) Written(m *chat.Message) { e.store.Written(m) }
