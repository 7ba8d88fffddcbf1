package hub

import (
	"strings"

	"wschat/hub/chat"
)

// Inhabited reports whether anybody is in a conversation: everybody is in "all", the
// members in a group, and in a private one whoever of the two is known. A store asks,
// with its lock held, before it forgets a conversation.
func (h *Hub) Inhabited(conversation string) bool {
	if conversation == chat.Everyone {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if chat.IsGroup(conversation) {
		return h.groups[conversation] != nil
	}
	a, b, _ := strings.Cut(conversation, ",")
	return h.users[a] != nil || h.users[b] != nil
}
