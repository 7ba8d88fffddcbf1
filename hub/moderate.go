package hub

import (
	"wschat/hub/chat"
	"wschat/hub/wire"
)

// kick ends the connections of a user for a moderator, as an operator does. It may block.
func (h *Hub) kick(s *session, r wire.Request) {
	if !s.isModerator() {
		s.fail(r.ID, chat.ErrNoModerator)
		return
	}
	connections, err := h.engine.Kick(r.User, r.Ban)
	switch {
	case err != nil:
		s.fail(r.ID, err)
		return
	case connections == 0 && r.Ban == 0:
		s.fail(r.ID, chat.ErrNotOnline.About(r.User))
		return
	case r.Ban > 0:
		h.config.Log.Info("banned", "user", r.User, "for", r.Ban, "connections", connections, "moderator", s.name)
	default:
		h.config.Log.Info("kicked", "user", r.User, "connections", connections, "moderator", s.name)
	}
	s.reply(s.protocol().Changed(r))
}
