package local

import (
	"errors"

	"wschat/hub/chat"
)

// Publish implements chat.Engine. Retries do not come here: on one node, the hub knows the
// ids of all sends.
func (e *Engine) Publish(m *chat.Message, origin any, done func(away bool, err error)) {
	var known, here bool
	if m.Private() {
		known, here = e.find(m.To)
		if !known && !m.Kind.Amends() {
			done(false, chat.ErrNotOnline.About(m.To))
			return
		}
		m.Away = known && !here
	}
	e.store.Append(m, func(err error) {
		switch {
		case err != nil:
			done(false, refusal(err))
		case m.Seq == 0: // it changes nothing
			done(m.Private() && !here, nil)
		default:
			e.node.Deliver(m, origin)
			e.stored(m, done)
		}
	})
}

// refusal returns what a client is told of an error of the store: what is wrong with the
// request, or else that it cannot be done at the moment.
func refusal(err error) error {
	var wrong *chat.Error
	if errors.As(err, &wrong) {
		return wrong
	}
	return chat.ErrUnavailable
}

// stored answers the sender of m. A retry after a restart must get the same answer. If
// the recipient has come or gone while m was stored, the answer differs from m.Away, and
// is stored, too. If that fails, m is stored all the same.
func (e *Engine) stored(m *chat.Message, done func(away bool, err error)) {
	away := e.settle(m)
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

// settle notes what m, which is stored, is to its sender and its recipient, and reports
// whether the latter is away. The operator is not told.
func (e *Engine) settle(m *chat.Message) (away bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.readOwn(m)
	if !m.Private() || m.From == "" {
		return false
	}
	u := e.users[m.To]
	if u == nil {
		return true
	}
	e.holds(u)
	return u.place == 0
}

// History implements chat.Engine.
func (e *Engine) History(conversation string, q chat.Query) ([]*chat.Message, bool, error) {
	return e.store.History(conversation, q)
}

// Written implements chat.Engine.
func (e *Engine) Written(m *chat.Message) { e.store.Written(m) }
