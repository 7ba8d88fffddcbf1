package chat

// UserInfo is a user who is online.
type UserInfo struct {
	User        string `json:"user"`
	Connections int    `json:"connections"`
}

// GroupInfo is a group with members.
type GroupInfo struct {
	Group   string `json:"group"`
	Members int    `json:"members"`
	Online  int    `json:"online"` // members who are
}
