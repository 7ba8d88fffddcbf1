package hub

import (
	"wschat/hub/chat"
	"wschat/hub/wire"
)

// notify tells those whom Config.Presence names, but not u itself. The lock is
// held.
func (h *Hub) notify(u *user, made func(user string) wire.Notice) {
	switch h.config.Presence {
	case chat.ToAll:
		h.all.Publish(&notice{made(u.name), u.name})
	case chat.ToGroup:
		told := make(map[*session]bool)
		item := &notice{made(u.name), u.name}
		for _, g := range u.groups {
			for member := range g.members {
				for _, s := range member.sessions {
					if member != u && !told[s] && s.may(g.name) {
						told[s] = true
						s.conn.Send(item)
					}
				}
			}
		}
	}
}
