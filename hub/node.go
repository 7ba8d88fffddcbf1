package hub

import (
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// node is a hub as its engine sees it: it passes on what the engine tells to the sessions
// that it concerns. Since all of that is posted under Hub.mu, all loops see it in one order.
type node struct{ *Hub }

// Deliver implements chat.Node. origin is the connection that the message came from.
func (n node) Deliver(m *chat.Message, origin any) {
	if m.Kind == chat.Deletion {
		n.deletions.add(message{m.Conversation, m.About})
	}
	item := n.newDelivery(m)
	author, _ := origin.(*loop.Conn)
	item.pending = n.config.Loops.Pend(m.From, item.Size())
	defer item.pending.Done()
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case m.To == chat.Everyone:
		n.all.PublishFrom(author, item)
	case chat.IsGroup(m.To):
		if g := n.groups[m.To]; g != nil {
			g.list.PublishFrom(author, item)
		}
	default:
		n.deliverPrivate(m, item)
	}
}

// Behind implements chat.Node.
func (n node) Behind() bool { return n.config.Loops.IsBehind() }

// deliverPrivate sends m to its user. The lock is held.
func (n node) deliverPrivate(m *chat.Message, item *delivery) {
	// The sender's JSON sessions get a copy, unless the sender is the recipient too. The
	// operator, who has no name, deletes messages that the other of the two has sent.
	if other := chat.OtherOf(m.Conversation, m.To); other != m.To {
		for s := n.sessions[other]; s != nil; s = s.next {
			if s.open && s.json {
				s.conn.SendExpress(item)
			}
		}
	}
	var private *privateLine
	for s := n.sessions[m.To]; s != nil; s = s.next {
		switch {
		case !s.open: // it will ask for what waits (catchUp), or has its welcome to come
		case s.json:
			s.conn.SendExpress(item)
		case !wire.Line{}.Tells(m):
		case s.start != nil:
			s.holdBack(m)
		default:
			if private == nil {
				private = &privateLine{item, n.engine}
			}
			s.conn.SendExpress(private)
		}
	}
}

// Member implements chat.Node.
func (n node) Member(user, group string, member bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	g, told := n.groups[group], 0
	if member {
		for s := n.sessions[user]; s != nil; s = s.next {
			if s.open && s.may(group) {
				g = n.group(group)
				g.add(s)
			}
		}
	}
	if g != nil && g.programs != nil { // before the user is off the list: a leaver is told, too
		g.programs.Publish(&notice{Notice: wire.Member(group, user, member)})
		told = g.programs.Len()
	}
	for s := n.sessions[user]; s != nil; s = s.next {
		if s.open {
			s.conn.ChargeLater(loop.Work{Deliveries: told})
		}
		switch {
		case !s.open:
			if s.start.changes == nil {
				s.start.changes = make(map[string]bool)
			}
			s.start.changes[group] = member
		case !member && g != nil:
			g.remove(s)
		}
	}
}

// Idle implements chat.Node.
func (n node) Idle(group string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.groups, group)
}

// Presence implements chat.Node.
func (n node) Presence(user, where string, number uint64, online bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.all
	if where == chat.Everyone {
		list.Publish(&notice{Notice: presenceNotice(user, online), about: user, number: number})
	} else if g := n.groups[where]; g != nil {
		list = g.list
		list.Publish(n.notified.notice(changeID{user, number}, list, online, time.Now()))
	} else {
		return
	}
	for s := n.sessions[user]; s != nil; s = s.next {
		if !s.open {
			s.start.heard += list.Len()
		}
	}
}

// Replace implements chat.Node.
func (n node) Replace(user string, serial uint64) {
	n.mu.Lock()
	var old []*session
	for s := n.sessions[user]; s != nil; s = s.next {
		switch {
		case !s.open:
			s.start.replaced = max(s.start.replaced, serial)
		case s.isOlder(serial):
			old = append(old, s)
		}
	}
	for _, s := range old {
		n.unchain(s)
	}
	n.mu.Unlock()
	for _, s := range old {
		s.conn.Close(frame.Replaced, replacedReason)
		n.engine.Exit(user, s.address())
	}
}

// Kick implements chat.Node.
func (n node) Kick(user string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := n.sessions[user]; s != nil; s = s.next {
		if s.open {
			s.conn.Close(frame.PolicyViolation, kickedReason)
		} else {
			s.start.kicked = true
		}
	}
}
