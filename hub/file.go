package hub

import (
	"errors"

	"wschat/hub/chat"
)

// claim takes the file that a message is to come with; see files.Store.Claim. It blocks.
func (h *Hub) claim(m *chat.Message, id string) (err error) {
	switch {
	case id == "":
		return nil
	case h.config.Files == nil:
		return chat.ErrNoFile
	}
	m.File, err = h.config.Files.Claim(id, m.From, m.Conversation, m.ID)
	return err
}

// unclaim gives the file of a message back that is not stored, and calls done. It does not block.
func (h *Hub) unclaim(m *chat.Message, done func()) {
	h.config.Files.GiveBack(fileID(m), done)
}

// toEngine hands a message to the engine. What becomes of its file is done before done is called.
func (h *Hub) toEngine(m *chat.Message, origin any, done func(away bool, err error)) {
	h.engine.Publish(m, origin, func(away bool, err error) {
		then := func() { done(away, err) }
		switch {
		case h.config.Files == nil || m.File == "":
			then()
		case err == nil && m.Kind == chat.Deletion:
			h.config.Files.Remove(fileID(m), then)
		case err != nil && m.OwnFile() != "" && !h.mayBeStored(err):
			h.unclaim(m, then)
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
