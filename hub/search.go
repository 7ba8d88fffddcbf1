package hub

import (
	"wschat/hub/chat"
	"wschat/hub/wire"
)

func (h *Hub) search(s *session, r wire.Request, _ turn) { s.fail(r.ID, chat.ErrUnavailable) }
