package hub

import (
	"wschat/hub/chat"
	"wschat/hub/wire"
)

// Publish sends a text in the name of a user, who need not be online and does not join the
// group that it goes to. It blocks until the message is stored, and returns its number and
// whether its recipient is away. Errors are *chat.Error.
func (h *Hub) Publish(from, to, text string) (seq uint64, away bool, err error) {
	switch {
	case !chat.ValidUser(from):
		return 0, false, chat.ErrBadUser
	case text == "":
		return 0, false, chat.ErrEmptyBody
	case h.isTooLong(wire.Length([]byte(text))):
		return 0, false, chat.ErrTooLong
	}
	if err := chat.CheckTarget(to); err != nil {
		return 0, false, err
	}
	m := &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: []byte(text)}
	done := make(chan error, 1)
	h.engine.Publish(m, nil, func(isAway bool, err error) {
		away = isAway
		done <- err
	})
	if err := <-done; err != nil {
		return 0, false, asError(err)
	}
	return m.Seq, away, nil
}
