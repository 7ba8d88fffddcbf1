package hub

import (
	"strings"

	"wschat/frame"
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
	return h.publishNow(&chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: []byte(text)})
}

// Delete deletes message seq of a conversation, whoever has sent it: of "all", a group, or
// two users, as "A,B" or "B,A". It blocks until that is safe, and returns the number of the
// deletion. Errors are *chat.Error.
func (h *Hub) Delete(of string, seq uint64) (deletion uint64, err error) {
	conversation, to := of, of
	if a, b, private := strings.Cut(of, ","); private {
		if !chat.ValidUser(a) || !chat.ValidUser(b) {
			return 0, chat.ErrBadUser
		}
		conversation, to = chat.PairOf(a, b), ""
	} else if !chat.ValidGroup(of) && of != chat.Everyone {
		return 0, chat.ErrBadGroup
	}
	deletion, _, err = h.publishNow(&chat.Message{Conversation: conversation, To: to, Kind: chat.Deletion, About: seq})
	return deletion, err
}

// Revoke closes a user's connections here with 4001, as the account has changed. Those that
// are not open yet ask Access.Valid.
func (h *Hub) Revoke(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := h.sessions[user]; s != nil; s = s.next {
		if s.open {
			s.conn.Close(frame.TokenExpired, revokedReason)
		}
	}
}

// publishNow blocks until a message is stored.
func (h *Hub) publishNow(m *chat.Message) (seq uint64, away bool, err error) {
	done := make(chan error, 1)
	h.toEngine(m, "", nil, func(isAway bool, err error) {
		away = isAway
		done <- err
	})
	if err := <-done; err != nil {
		return 0, false, asError(err)
	}
	return m.Seq, away, nil
}
