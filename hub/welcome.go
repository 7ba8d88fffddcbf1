package hub

import (
	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// welcome sends a JSON client its first event. It is pulled, at the client's pace, so that
// a long one does not count as a queue that the client is too slow to read.
func (s *session) welcome() {
	asked := false
	s.conn.Pull(func() loop.Item {
		if asked || !s.live {
			return nil
		}
		asked = true
		w, err := s.hub.engine.Welcome(s.name, s.start.entry.Online, s.may)
		if err != nil {
			s.refuse()
			return nil
		}
		s.start, s.heard = nil, w.Version
		item := s.welcomeItem(w)
		s.conn.ChargeLogin(loop.Work{Names: len(w.Online) + len(w.Last) + len(w.Groups) + len(w.Marks) + len(w.Topics), Bytes: int64(item.Size())})
		return item
	})
}

func (s *session) welcomeItem(w *chat.Welcome) loop.Item {
	setting := wire.Setting{MaxMessage: s.hub.config.MaxMessage}
	if files := s.hub.config.Files; files != nil {
		setting.MaxFile = files.MaxFile()
	}
	if s.isModerator() {
		setting.Role = "moderator"
	}
	return reply(wire.JSON{}.Welcome(s.name, w, setting))
}

// Renumber implements chat.Node: every program gets a new welcome. A line client that is
// being sent what waited under the old numbers has to log in again.
func (n node) Renumber() error {
	names, count, err := n.engine.Who("")
	if err != nil {
		return err
	}
	n.mu.Lock()
	var programs []*session
	for _, s := range n.sessions {
		for ; s != nil; s = s.next {
			switch {
			case s.open && s.json:
				programs = append(programs, s)
			case s.open && s.start != nil:
				s.conn.Close(frame.InternalError, "the store has begun anew")
			}
		}
	}
	n.mu.Unlock()
	for _, s := range programs {
		w, err := n.engine.Welcome(s.name, &chat.Online{Names: names, Count: count}, s.may)
		if err != nil {
			return err
		}
		s.conn.Send(s.welcomeItem(w))
	}
	return nil
}
