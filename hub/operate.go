package hub

import (
	"slices"
	"strings"

	"wschat/frame"
	"wschat/hub/chat"
)

// What an operator can see and do. These methods are safe for concurrent use.

// Users returns who is online, the first 1,000 by name, and how many they are. The
// error is ErrUnavailable.
func (h *Hub) Users() (users []chat.UserInfo, count int, err error) {
	if h.shared != nil {
		return h.shared.Users()
	}
	h.mu.Lock()
	all := make([]chat.UserInfo, 0, len(h.online))
	for _, u := range h.online {
		all = append(all, chat.UserInfo{User: u.name, Connections: len(u.sessions)})
	}
	h.mu.Unlock()
	slices.SortFunc(all, func(a, b chat.UserInfo) int { return strings.Compare(a.User, b.User) })
	return all[:min(len(all), maxNames)], len(all), nil
}

// Groups returns the groups, the first 1,000 by name, and how many there are. The
// error is ErrUnavailable.
func (h *Hub) Groups() (groups []chat.GroupInfo, count int, err error) {
	if h.shared != nil {
		return h.shared.Groups()
	}
	h.mu.Lock()
	all := make([]chat.GroupInfo, 0, len(h.groups))
	for name, g := range h.groups {
		info := chat.GroupInfo{Group: name, Members: len(g.members)}
		for u := range g.members {
			if len(u.sessions) > 0 {
				info.Online++
			}
		}
		all = append(all, info)
	}
	h.mu.Unlock()
	slices.SortFunc(all, func(a, b chat.GroupInfo) int { return strings.Compare(a.Group, b.Group) })
	return all[:min(len(all), maxNames)], len(all), nil
}

// Counts returns how many users are online and how many groups there are, with a
// Shared store those of this node.
func (h *Hub) Counts() (users, groups int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.online), len(h.groups)
}

// Kick closes the connections of a user with 1008, and returns how many there
// are; none if the user is not online. The error is ErrUnavailable.
func (h *Hub) Kick(name string) (int, error) {
	if h.shared != nil {
		return h.shared.Kick(name)
	}
	return h.kickHere(name), nil
}

func (h *Hub) kickHere(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.here(name)
	if u == nil {
		return 0
	}
	for _, s := range u.sessions {
		s.conn.Close(frame.PolicyViolation, "closed by the operator")
	}
	return len(u.sessions)
}

// Publish sends a text in the name of a user, who need not be online and does
// not join the group it goes to. It returns the message's number once it is
// stored, and whether its user is away. Errors are *Error.
func (h *Hub) Publish(from, to, text string) (seq uint64, offline bool, err error) {
	switch {
	case !chat.ValidUser(from):
		return 0, false, chat.ErrBadUser
	case text == "":
		return 0, false, chat.ErrEmptyBody
	}
	if err := chat.CheckTarget(to); err != nil {
		return 0, false, err
	}
	m := &chat.Message{Conversation: to, From: from, To: to, Body: []byte(text)}
	if m.Private() {
		if h.shared == nil && !h.knows(to) {
			return 0, false, chat.ErrNotOnline.About(to)
		}
		m.Conversation = chat.PairOf(from, to)
	}
	said := make(chan error, 1)
	if h.shared != nil {
		h.shared.Say(m, func(away bool, err error) {
			offline = away
			said <- sayError(m, err)
		})
	} else {
		h.store.Append(m, func(err error) {
			if err == nil {
				offline = h.deliver(m, nil)
			} else {
				err = chat.ErrUnavailable
			}
			said <- err
		})
	}
	if err := <-said; err != nil {
		return 0, false, err
	}
	return m.Seq, offline, nil
}

// knows reports whether a user is or was here.
func (h *Hub) knows(name string) bool {
	known, _ := h.find(name)
	return known
}

// find reports whether a user is or was here, and whether he is now. The registry
// has been told of him when it returns: a message to him is not to be safer than
// that.
func (h *Hub) find(name string) (known, here bool) {
	h.mu.Lock()
	defer h.unlock()
	u := h.users[name]
	return u != nil, u != nil && u.place > 0
}
