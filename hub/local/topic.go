package local

import "wschat/hub/chat"

// SetTopic implements chat.Engine.
func (e *Engine) SetTopic(user, group, text string, done func(error)) {
	if !e.IsMember(user, group) {
		done(chat.ErrNotMember.About(group))
		return
	}
	e.store.SetTopic(group, text, func(err error) {
		if err != nil {
			done(refusal(err))
			return
		}
		e.node.Topic(group, text, user)
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
