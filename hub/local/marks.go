package local

import (
	"strings"

	"wschat/hub/chat"
	"wschat/hub/share"
)

// marks has those of one user, by conversation. Guarded by Engine.mu.
type marks struct {
	user  *user
	of    map[string]*mark
	order share.List[mark] // the one unchanged longest first
	held  share.Share      // how many they are
}

// Share implements share.Holder.
func (m *marks) Share() *share.Share { return &m.held }

// mark has a user's marks of a conversation. Guarded by Engine.mu, but for the name.
type mark struct {
	chat.Marks
	conversation string
	links        share.Links[mark] // in marks.order
	changes      uint32            // how often it was changed
	safe         uint32            // up to which change the registry has it for sure
	noted        bool              // the registry will be told
}

func markLinks(m *mark) *share.Links[mark] { return &m.links }

// Mark implements chat.Engine.
func (e *Engine) Mark(name, conversation string, c chat.MarkChange, origin any, done func(error)) {
	last := e.lastRead(conversation, c)
	e.mu.Lock()
	u := e.users[name]
	if u == nil { // the user's last connection has ended, and the user is forgotten
		e.mu.Unlock()
		done(chat.ErrUnavailable)
		return
	}
	m := e.mark(u, conversation)
	var before chat.Marks
	if m != nil {
		before = m.Marks
	}
	after, effect := before.With(c, last)
	if !effect.IsZero() {
		m = e.setMarks(u, conversation, after)
		e.node.Marked(name, conversation, effect, origin)
	}
	if m == nil || e.registry == nil || m.safe == m.changes {
		e.dropEmpty(u, m)
		e.mu.Unlock()
		done(nil)
		return
	}
	e.keepMarks(u, m, done)
	e.unlock()
}

// lastRead returns up to where a change may move Read: the newest message that is kept.
func (e *Engine) lastRead(conversation string, c chat.MarkChange) uint64 {
	if c.Read == 0 {
		return 0
	}
	newest, _, err := e.store.History(conversation, chat.Query{Direction: chat.Newest, Limit: 1})
	if err != nil || len(newest) == 0 {
		return 0
	}
	return newest[0].Seq
}

// readOwn moves what the sender of m has read to m, if nothing unread lies between. It is
// called with the store's lock held, too. The lock is held.
func (e *Engine) readOwn(m *chat.Message) {
	u := e.users[m.From]
	if u == nil {
		return
	}
	own := e.mark(u, m.Conversation)
	switch {
	case own == nil && m.Seq == 1:
		own = e.setMarks(u, m.Conversation, chat.Marks{Read: 1})
	case own != nil && own.Read+1 == m.Seq:
		e.setMark(u, own, chat.Marks{Read: m.Seq, Flags: own.Flags})
	default:
		return
	}
	if e.registry != nil && !own.noted {
		e.keepLater(u, own)
	}
}

// keepLater has the registry keep m some time. The lock is held.
func (e *Engine) keepLater(u *user, m *mark) {
	m.noted = true
	e.noteLate(func(r chat.Registry) {
		now, _ := e.handOver(m)
		r.SetMarks(u.name, m.conversation, now, nil)
	})
}

// keepMarks has the registry keep m as it is when the note is handed over, and answers
// whoever has asked for that. The lock is held.
func (e *Engine) keepMarks(u *user, m *mark, done func(error)) {
	e.note(func(r chat.Registry) {
		now, changes := e.handOver(m)
		r.SetMarks(u.name, m.conversation, now, func(err error) {
			if err != nil {
				done(refusal(err))
				return
			}
			e.marksStored(u, m, changes)
			done(nil)
		})
	})
}

// handOver returns what the registry is told of m, and which change that is.
func (e *Engine) handOver(m *mark) (now chat.Marks, changes uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m.noted = false
	return m.Marks, m.changes
}

// marksStored notes that m is safe as it was after some of its changes.
func (e *Engine) marksStored(u *user, m *mark, changes uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m.safe = max(m.safe, changes)
	if m.safe == m.changes {
		e.dropEmpty(u, m)
	}
}

// mark returns the user's marks of a conversation; nil: there are none. The lock is held.
func (e *Engine) mark(u *user, conversation string) *mark {
	if all := e.marks[u]; all != nil {
		return all.of[conversation]
	}
	return nil
}

// setMarks sets the user's marks of a conversation. For new ones others may have to make
// room. The lock is held.
func (e *Engine) setMarks(u *user, conversation string, to chat.Marks) *mark {
	m := e.mark(u, conversation)
	if m == nil {
		m = &mark{conversation: strings.Clone(conversation)}
		e.makeRoomForMark(u)
		all := e.marks[u]
		if all == nil {
			all = &marks{user: u, of: make(map[string]*mark, 1)}
			e.marks[u] = all
		}
		all.of[m.conversation] = m
		e.marked.Add(all, 1)
		e.markCount++
	}
	e.setMark(u, m, to)
	return m
}

// setMark changes m, which is the one that was changed last now. The lock is held.
func (e *Engine) setMark(u *user, m *mark, to chat.Marks) {
	m.Marks = to
	m.changes++
	e.marks[u].order.Push(m, markLinks)
}

// makeRoomForMark drops marks so that the user may have those of one more conversation. The
// lock is held.
func (e *Engine) makeRoomForMark(u *user) {
	if all := e.marks[u]; all != nil && len(all.of) >= chat.MaxMarks {
		e.dropOldestMark(all)
	}
	for e.markCount >= e.config.MaxMarks {
		e.dropOldestMark(e.marked.At(0))
	}
}

// dropOldestMark drops the marks of somebody that are unchanged longest. A note that has been
// taken of them, but not been handed over, comes before this one. The lock is held.
func (e *Engine) dropOldestMark(all *marks) {
	e.marksDropped++
	u, m := all.user, all.order.Oldest()
	m.Marks = chat.Marks{}
	m.changes++
	e.dropMark(u, m)
	if e.registry != nil {
		e.noteLate(func(r chat.Registry) { r.SetMarks(u.name, m.conversation, chat.Marks{}, nil) })
	}
}

// dropEmpty drops m, which may be nil, if it says nothing and has not been dropped yet. The
// lock is held.
func (e *Engine) dropEmpty(u *user, m *mark) {
	if m != nil && m.Marks == (chat.Marks{}) && e.mark(u, m.conversation) == m {
		e.dropMark(u, m)
	}
}

// dropMark takes m out. The lock is held.
func (e *Engine) dropMark(u *user, m *mark) {
	all := e.marks[u]
	all.order.Remove(m, markLinks)
	delete(all.of, m.conversation)
	e.marked.Add(all, -1)
	e.markCount--
	if len(all.of) == 0 {
		delete(e.marks, u)
	}
}

// forgetMarks drops all of a user who is forgotten; the registry does so by itself. The lock
// is held.
func (e *Engine) forgetMarks(u *user) {
	if all := e.marks[u]; all != nil {
		e.markCount -= len(all.of)
		e.marked.Add(all, -all.held.Held())
		delete(e.marks, u)
	}
}

// restoreMarks takes over the marks of a user from before the start. The lock is held.
func (e *Engine) restoreMarks(u *user, all []chat.KnownMarks) {
	for _, known := range all[max(0, len(all)-chat.MaxMarks):] {
		if known.Marks != (chat.Marks{}) {
			m := e.setMarks(u, known.Conversation, known.Marks)
			m.safe = m.changes
		}
	}
}

// marksOf returns those of a user, as the user calls the conversations, but for groups that
// may does not allow. The lock is held.
func (e *Engine) marksOf(u *user, may func(group string) bool) map[string]chat.Marks {
	marks := e.marks[u]
	if marks == nil {
		return nil
	}
	all := make(map[string]chat.Marks, len(marks.of))
	for conversation, m := range marks.of {
		if m.Marks != (chat.Marks{}) && (!chat.IsGroup(conversation) || may(conversation)) {
			all[chat.OtherOf(conversation, u.name)] = m.Marks
		}
	}
	return all
}
