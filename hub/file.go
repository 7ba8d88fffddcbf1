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
// claimed is what claim has returned.
func (h *Hub) toEngine(m *chat.Message, claimed string, origin any, done func(away bool, err error)) {
	h.engine.Publish(m, origin, func(away bool, err error) {
		then := func() { done(away, err) }
		switch {
		case h.config.Files == nil || m.File == "":
			then()
		case err == nil && m.Kind == chat.Deletion:
			h.config.Files.Remove(fileID(m), then)
		case err != nil && !h.mayBeStored(err):
			h.unclaim(claimed, then)
		default:
			then()
		}
	})
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
