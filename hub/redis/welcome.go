package redis

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"wschat/hub/chat"
)

// recent is the last logins and exits that the node was told of: a roster that was
// asked for before can be brought up to date. Safe for concurrent use.
type recent struct {
	mu      sync.Mutex
	entries []entry // in a ring
	next    int
}

// maxRecent bounds them; a login is done long before as many others are.
const maxRecent = 4096

func (r *recent) add(e entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries) < maxRecent {
		r.entries = append(r.entries, e)
		return
	}
	r.entries[r.next] = e
	r.next = (r.next + 1) % maxRecent
}

// after returns those behind a position, in order.
func (r *recent) after(p uint64) []entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []entry
	for i := len(r.entries) - 1; i >= 0; i-- {
		e := r.entries[(r.next+i)%len(r.entries)]
		if e.p <= p {
			break
		}
		found = append(found, e)
	}
	slices.Reverse(found)
	return found
}

// roster asks who is online.
func (s *Store) roster(ctx context.Context) (*chat.Online, error) {
	r, err := s.who(ctx, chat.Everyone)
	return &r, err
}

func (s *Store) who(ctx context.Context, where string) (r chat.Online, err error) {
	reply, err := s.call(ctx, conversationKey(where), whoScript, chat.MaxNames)
	if err != nil || reply.Scan(&r.Version, &r.Count, &r.Names) != nil {
		return r, chat.ErrUnavailable
	}
	if r.Names == nil {
		r.Names = []string{}
	}
	return r, nil
}

// Welcome implements chat.Engine. The seqs are those that the node has been told of:
// what is not among them is delivered.
func (s *Store) Welcome(name string, online *chat.Online, may func(group string) bool) (*chat.Welcome, error) {
	w := &chat.Welcome{}
	follows := make(map[string]*conversation)
	s.mu.Lock()
	w.Epoch = s.epoch
	if u := s.users[name]; u != nil {
		for conversation, c := range u.conversations {
			if other, private := otherOf(conversation, name); private {
				follows[other] = c
			} else if conversation == chat.Everyone || u.groups[conversation] && may(conversation) {
				follows[conversation] = c
			}
		}
		for group := range u.groups {
			if may(group) {
				w.Groups = append(w.Groups, group)
			}
		}
	}
	s.mu.Unlock()
	slices.Sort(w.Groups)
	w.Last, w.More = lastOf(follows)
	if online == nil {
		return w, nil
	}
	w.Online, w.Count = slices.Clone(online.Names), online.Count
	for _, e := range s.recent.after(online.Version) {
		if e.kind == '+' {
			w.Online, w.Count = insert(w.Online, e.user), w.Count+1
		} else {
			w.Online, w.Count = remove(w.Online, e.user), w.Count-1
		}
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
		if c.seq > 0 {
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

// otherOf returns with whom user has a private conversation.
func otherOf(conversation, user string) (string, bool) {
	a, b, private := strings.Cut(conversation, ",")
	if a == user {
		return b, private
	}
	return a, private
}

// insert puts name into sorted names, at most chat.MaxNames of them.
func insert(names []string, name string) []string {
	i, found := slices.BinarySearch(names, name)
	if found || i >= chat.MaxNames {
		return names
	}
	names = slices.Insert(names, i, name)
	return names[:min(len(names), chat.MaxNames)]
}

// remove takes name out of sorted names.
func remove(names []string, name string) []string {
	if i, found := slices.BinarySearch(names, name); found {
		return slices.Delete(names, i, i+1)
	}
	return names
}
