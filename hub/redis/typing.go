package redis

import "wschat/hub/chat"

// Typing implements chat.Engine. It goes to the nodes that follow the group, or where the
// recipient is, and is kept nowhere.
func (s *Store) Typing(user, to string) {
	key, what := userKey(to), "typing "+user
	if chat.IsGroup(to) {
		key, what = conversationKey(to), "y "+user
	}
	if s.able() {
		s.do(key, ignore, "SPUBLISH", key, what)
	}
}
