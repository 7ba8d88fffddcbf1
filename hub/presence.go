package hub

// Presence says who is told of a user's login and exit.
type Presence uint8

// The values of Presence.
const (
	ToAll   Presence = iota // every other user
	ToGroup                 // who shares a group with the user
	ToNone                  // nobody
)

// notify tells those whom Config.Presence names, but not u itself. The lock is
// held.
func (h *Hub) notify(u *user, made func(name string) *notice) {
	switch h.config.Presence {
	case ToAll:
		h.all.Publish(made(u.name))
	case ToGroup:
		told := make(map[*session]bool)
		item := made(u.name)
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
