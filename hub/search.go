package hub

import (
	"context"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/search"
	"wschat/hub/wire"
)

// searches are those of one session: one at a time, each on a goroutine of its own.
type searches struct {
	ctx  context.Context // of all of them; nil: there was none yet
	stop func()          // ends it, with the session
	last chan struct{}   // closed when the last one has ended
}

// search looks for messages. The client's other requests do not wait for it, but its next
// search does, and then nothing more is read.
func (h *Hub) search(s *session, r wire.Request, t turn) {
	words, err := search.Parse(string(r.Body))
	if err == nil && chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target) {
		err = chat.ErrNotMember.About(r.Target)
	}
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	own := &s.more().searches
	if own.ctx == nil {
		own.ctx, own.stop = context.WithCancel(context.Background())
	}
	before, done := own.last, make(chan struct{})
	own.last = done
	begun := func() {}
	if before != nil {
		begun = t.wait()
	}
	s.reply(nil) // the client's messages do not wait for what is found
	h.ended.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		begun()
		found, err := h.find(own.ctx, s, words, r)
		if err != nil {
			s.conn.Send(reply(s.protocol().Failed(r.ID, asError(err))))
			return
		}
		answer := reply(wire.JSON{}.Found(r, found.Messages, found.More, found.Before))
		s.conn.ChargeLater(loop.Work{Entries: len(found.Messages), Bytes: int64(answer.Size())})
		s.conn.Supply(inTurn([]loop.Item{answer}))
	})
}

// find searches a conversation, or all in which the session takes part.
func (h *Hub) find(ctx context.Context, s *session, words *search.Words, r wire.Request) (search.Result, error) {
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
	found, err := h.searcher.Search(ctx, search.Query{Words: words, Before: r.Query.Seq, Limit: r.Query.Limit}, conversations, h.engine.History)
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
