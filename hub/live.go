package hub

import "wschat/hub/chat"

// Marked implements chat.Node.
func (n node) Marked(user, conversation string, c chat.MarkChange, origin any) {}

// Typing implements chat.Node.
func (n node) Typing(user, to string) {}

// Topic implements chat.Node.
func (n node) Topic(group, text, user string) {}
