package hub

import (
	"context"
	"slices"
	"sync"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/search"
	"wschat/hub/wire"
)

// maxSearches bounds the searches of one session that wait for each other.
const maxSearches = 32

// searches are those of one session: one at a time, all on one goroutine, which ends with them.
type searches struct {
	ctx  context.Context // of all of them; nil: there was none yet. Only the loop may use it
	stop func()          // ends it, with the session. Likewise

	mu      sync.Mutex
	running bool
	waiting []lookup
}

// lookup is a search that is asked for.
type lookup struct {
	wire.Request
	words *search.Words
}

// search looks for messages. The client's other requests do not wait for it.
func (h *Hub) search(s *session, r wire.Request) {
	words, err := search.Parse(string(r.Body))
	if err == nil && chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target) {
		err = chat.ErrNotMember.About(r.Target)
	}
	r.Body = nil // it is the connection's
	own := &s.more().searches
	if own.ctx == nil {
		own.ctx, own.stop = context.WithCancel(context.Background())
	}
	own.mu.Lock()
	defer own.mu.Unlock()
	if err == nil && len(own.waiting) == maxSearches {
		err = chat.ErrUnavailable
	}
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	own.waiting = append(own.waiting, lookup{r, words})
	if !own.running {
		own.running = true
		ctx := own.ctx
		h.ended.Go(func() {
			for l, ok := own.next(); ok; l, ok = own.next() {
				h.lookUp(ctx, s, l)
			}
		})
	}
	s.reply(nil) // the client's messages do not wait for what is found
}

// next returns the next search; false: there is none, and another goroutine is needed later.
func (o *searches) next() (l lookup, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running = len(o.waiting) > 0; !o.running {
		return lookup{}, false
	}
	l = o.waiting[0]
	o.waiting = slices.Delete(o.waiting, 0, 1)
	return l, true
}

// lookUp answers a search.
func (h *Hub) lookUp(ctx context.Context, s *session, l lookup) {
	since := h.deletions.now()
	found, err := h.find(ctx, s, l)
	if err != nil {
		s.conn.Send(reply(s.protocol().Failed(l.ID, asError(err))))
		return
	}
	encode := func(messages []*chat.Message) loop.Item {
		return reply(wire.JSON{}.Found(l.Request, messages, found.More, found.Before))
	}
	item := &telling{encode(found.Messages), since, found.Messages, func(gone func(*chat.Message) bool) loop.Item {
		return encode(slices.DeleteFunc(slices.Clone(found.Messages), gone))
	}}
	s.conn.ChargeLater(loop.Work{Entries: len(found.Messages), Bytes: int64(item.Size())})
	s.conn.Supply(inTurn([]loop.Item{item}))
}

// find searches a conversation, or all in which the session takes part.
func (h *Hub) find(ctx context.Context, s *session, r lookup) (search.Result, error) {
	if r.Query.Direction == chat.Before && r.Query.Seq == 0 {
		return search.Result{}, nil
	}
	conversations, more := []string{chat.ConversationOf(s.name, r.Target)}, false
	if r.Target == "" {
		w, err := h.engine.Welcome(s.name, nil, s.may)
		if err != nil {
			return search.Result{}, err
		}
		conversations, more = conversations[:0], w.More
		for name := range w.Last {
			conversations = append(conversations, chat.ConversationOf(s.name, name))
		}
		if len(conversations) == 0 {
			return search.Result{}, nil
		}
	}
	found, err := h.searcher.Search(ctx, search.Query{By: s.address(), Words: r.words, Before: r.Query.Seq, Limit: r.Query.Limit}, conversations, h.engine.History)
	switch {
	case err != nil:
		return search.Result{}, err
	case r.Target == "":
		found.More, found.Before = found.More || more, 0
	case chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target): // no more: it has taken a while
		return search.Result{}, chat.ErrNotMember.About(r.Target)
	}
	return found, nil
}
