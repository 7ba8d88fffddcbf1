// Package chat has the types that all packages below hub share: messages and their
// conversations, the names of users and groups, the errors of requests, and the
// interfaces between the hub, its engine and the store. It imports nothing of this module.
package chat
