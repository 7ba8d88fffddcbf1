package redis

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"wschat/hub/chat"
)

// who asks who is online.
func (s *Store) who(ctx context.Context, where string) (*chat.Online, error) {
	r := &chat.Online{Names: []string{}}
	reply, err := s.call(ctx, conversationKey(where), whoScript, chat.MaxNames)
	if err != nil || reply.Scan(&r.Count, &r.Names) != nil {
		return nil, chat.ErrUnavailable
	}
	return r, nil
}

// Welcome implements chat.Engine. All of it is what the node has been told of: what is not
// in it is told later.
func (s *Store) Welcome(name string, online *chat.Online, may func(group string) bool) (*chat.Welcome, error) {
	w := &chat.Welcome{}
	var follows []*conversation
	s.mu.Lock()
	w.Epoch = s.epoch
	if u := s.users[name]; u != nil {
		follows = slices.Collect(maps.Values(u.conversations))
		w.Marks = u.marksOf(may)
	}
	all := s.conversations[chat.Everyone]
	s.mu.Unlock()
	last := make(map[string]*conversation, len(follows))
	for _, c := range follows {
		switch {
		case strings.Contains(c.name, ","):
			last[chat.OtherOf(c.name, name)] = c
		case c.name == chat.Everyone:
			last[c.name] = c
		case may(c.name) && c.has(name):
			last[c.name] = c
			w.Groups = append(w.Groups, c.name)
			if text := c.topicOf(); text != "" {
				if w.Topics == nil {
					w.Topics = make(map[string]string)
				}
				w.Topics[c.name] = text
			}
		}
	}
	slices.Sort(w.Groups)
	w.Last, w.More = lastOf(last)
	switch {
	case s.config.Presence == chat.ToAll && all != nil:
		all.mu.Lock()
		defer all.mu.Unlock()
		w.Online, w.Count, w.Version = slices.Clone(all.roster[:min(len(all.roster), chat.MaxNames)]), len(all.roster), all.changes
	case online != nil:
		w.Online, w.Count = online.Names, online.Count
	}
	return w, nil
}

// lastOf returns how far the node has been told of messages. Of more than
// chat.MaxConversations it leaves out those of which it was told least lately.
func lastOf(follows map[string]*conversation) (last map[string]uint64, more bool) {
	type heard struct {
		name   string
		seq    uint64
		spoken time.Time
	}
	var all []heard
	for name, c := range follows {
		c.mu.Lock()
		if c.seq > 0 && !c.empty {
			all = append(all, heard{name, c.seq, c.spoken})
		}
		c.mu.Unlock()
	}
	if more = len(all) > chat.MaxConversations; more {
		slices.SortFunc(all, func(a, b heard) int {
			return cmp.Or(b.spoken.Compare(a.spoken), strings.Compare(a.name, b.name))
		})
		all = all[:chat.MaxConversations]
	}
	last = make(map[string]uint64, len(all))
	for _, h := range all {
		last[h.name] = h.seq
	}
	return last, more
}
