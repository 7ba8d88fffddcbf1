package search

import (
	"container/heap"

	"wschat/hub/chat"
)

// History returns messages of a conversation as chat.Engine.History does.
type History func(conversation string, q chat.Query) (messages []*chat.Message, more bool, err error)

const (
	// maxPage is how many messages are asked for at once, and firstPage how many of each of
	// several conversations at first: most of them will not be looked at.
	maxPage   = 256
	firstPage = 4
	// pageCost is what a page costs besides its messages, as bytes that are looked at.
	pageCost = 512
)

// newest has the messages of conversations, the newest first. Pages are asked for when they
// are needed.
type newest struct {
	history History
	effort  *effort
	readers readers // a heap
	used    bool    // the first message of the first reader has been taken
	unasked bool    // there are conversations that there was no time to look at
}

// reader reads a conversation backwards.
type reader struct {
	conversation string
	page         []*chat.Message // those still to be read, oldest first; not empty in the heap
	more         bool            // there are some before them
	query        chat.Query      // for these
}

// open adds what conversations have before a Seq, 0: all.
func (n *newest) open(conversations []string, before uint64) error {
	limit := firstPage
	if len(conversations) == 1 {
		limit = maxPage
	}
	for _, name := range conversations {
		if n.effort.left <= 0 {
			n.unasked = true
			break
		}
		r := &reader{conversation: name, more: true, query: chat.Query{Limit: limit}}
		if before > 0 {
			r.query.Direction, r.query.Seq = chat.Before, before
		}
		if err := n.load(r); err != nil {
			return err
		}
		if len(r.page) > 0 {
			n.readers = append(n.readers, r)
		}
	}
	heap.Init(&n.readers)
	return nil
}

// load asks for the next page of r.
func (n *newest) load(r *reader) (err error) {
	if r.page, r.more, err = n.history(r.conversation, r.query); err != nil {
		return err
	}
	if len(r.page) > 0 {
		r.query = chat.Query{Direction: chat.Before, Seq: r.page[0].Seq, Limit: min(4*r.query.Limit, maxPage)}
	}
	return n.effort.spend(pageCost)
}

// next returns the next message; nil: there is none.
func (n *newest) next() (*chat.Message, error) {
	if n.used {
		n.used = false
		r := n.readers[0]
		r.page = r.page[:len(r.page)-1]
		if len(r.page) == 0 && r.more {
			if err := n.load(r); err != nil {
				return nil, err
			}
		}
		if len(r.page) == 0 {
			heap.Pop(&n.readers)
		} else {
			heap.Fix(&n.readers, 0)
		}
	}
	if len(n.readers) == 0 {
		return nil, nil
	}
	n.used = true
	return n.readers[0].newest(), nil
}

// hasMore reports whether there are messages that next has not returned.
func (n *newest) hasMore() bool {
	if n.unasked || len(n.readers) != 1 || !n.used {
		return n.unasked || len(n.readers) > 0
	}
	r := n.readers[0]
	return len(r.page) > 1 || r.more
}

func (r *reader) newest() *chat.Message { return r.page[len(r.page)-1] }

// readers is a heap, the one with the newest message first.
type readers []*reader

func (r readers) Len() int           { return len(r) }
func (r readers) Less(i, j int) bool { return r[j].newest().Time.Before(r[i].newest().Time) }
func (r readers) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *readers) Push(x any)        { *r = append(*r, x.(*reader)) }

func (r *readers) Pop() any {
	last := (*r)[len(*r)-1]
	(*r)[len(*r)-1] = nil
	*r = (*r)[:len(*r)-1]
	return last
}
