// Package chat has the words that all rooms below hub share: messages and their
// conversations, the names of users and groups, what can be wrong with a request,
// and the interfaces between the hub and what keeps messages. It imports nothing of
// this module.
package chat
