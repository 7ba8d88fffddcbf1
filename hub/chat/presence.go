package chat

// Presence says who is told of a user's login and exit.
type Presence uint8

// The values of Presence.
const (
	ToAll   Presence = iota // every other user
	ToGroup                 // who shares a group with the user
	ToNone                  // nobody
)
