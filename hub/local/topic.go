package local

import "wschat/hub/chat"

// SetTopic implements chat.Engine.
func (e *Engine) SetTopic(t chat.Topic, done func(error)) {
	if !e.IsMember(t.User, t.Group) {
		done(chat.ErrNotMember.About(t.Group))
		return
	}
	e.store.SetTopic(&t, func(err error) {
		if err != nil {
			done(refusal(err))
			return
		}
		if t.Text != t.Was {
			e.node.Topic(t.Group, t.Text, t.User)
		}
		done(nil)
	})
}

// Typing implements chat.Engine.
func (e *Engine) Typing(user, to string) {
	if chat.IsGroup(to) || e.isHere(to) {
		e.node.Typing(user, to)
	}
}

func (e *Engine) isHere(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.users[name]
	return u != nil && u.place > 0
}
