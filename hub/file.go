package hub

import (
	"errors"

	"wschat/hub/chat"
)

// claim takes the file with an id, which a message is to come with; see files.Store.Claim. It
// returns the id of one that is to be given back if the message is not stored; "": there is none,
// or the same send has taken it before. It blocks.
func (h *Hub) claim(m *chat.Message, id string) (claimed string, err error) {
	switch {
	case id == "":
		return "", nil
	case h.config.Files == nil:
		return "", chat.ErrNoFile
	}
	var again bool
	if m.File, again, err = h.config.Files.Claim(id, m.From, m.Conversation, m.ID); again {
		id = ""
	}
	return id, err
}

// unclaim gives a file back whose message is not stored, and calls done. It does not block.
func (h *Hub) unclaim(claimed string, done func()) {
	if claimed == "" {
		done()
		return
	}
	h.config.Files.GiveBack(claimed, done)
}

// toEngine hands a message to the engine. What becomes of its file is done before done is called;
// claimed is what claim has returned. Where there are files, it blocks for a deletion.
func (h *Hub) toEngine(m *chat.Message, claimed string, origin any, done func(away bool, err error)) {
	deletes := h.deletesFile(m.Kind)
	if deletes {
		if err := h.doom(m); err != nil {
			done(false, err)
			return
		}
	}
	h.engine.Publish(m, origin, func(away bool, err error) {
		then := func() { done(away, err) }
		switch {
		case deletes && (err == nil || errors.Is(err, chat.ErrNotFound)): // it may have been deleted before
			h.config.Files.Deleted(m.Conversation, m.About, fileID(m), then)
		case err != nil && !h.mayBeStored(err):
			h.unclaim(claimed, then)
		default:
			then()
		}
	})
}

// deletesFile reports whether a message of a kind may take the file of another away.
func (h *Hub) deletesFile(k chat.Kind) bool { return k == chat.Deletion && h.config.Files != nil }

// doom notes which file goes with the message that m deletes, if it may.
func (h *Hub) doom(m *chat.Message) error {
	target, err := h.entry(m.Conversation, m.About)
	if err != nil || target == nil || target.File == "" || target.Now.Allows(m, target) != nil {
		return err
	}
	h.config.Files.Doom(fileID(target), m.Conversation, m.About)
	return nil
}

// entry returns an entry of a conversation as it reads now; nil: it is not kept. It may block.
func (h *Hub) entry(conversation string, seq uint64) (*chat.Message, error) {
	found, _, err := h.engine.History(conversation, chat.Query{Direction: chat.Before, Seq: seq + 1, Limit: 1})
	if err != nil || len(found) == 0 || found[0].Seq != seq {
		return nil, err
	}
	return found[0], nil
}

// isDeleted is for files.Store.Attend.
func (h *Hub) isDeleted(conversation string, seq uint64) (bool, error) {
	m, err := h.entry(conversation, seq)
	return err == nil && (m == nil || m.Now != nil && m.Now.Deleted), err
}

// mayBeStored reports whether a message may be stored though the engine says that it is not: its
// answer may be lost on the way. Then its file stays with it; whoever repeats the send, with
// its id, may claim it again.
func (h *Hub) mayBeStored(err error) bool {
	return h.engine.MayBlock() && errors.Is(err, chat.ErrUnavailable)
}

func fileID(m *chat.Message) string {
	f, _ := chat.ParseFile(m.File)
	return f.ID
}
