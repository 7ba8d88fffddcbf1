package wire

// Notice tells others of a user, in both protocols. Line is nil if line clients are not
// told.
type Notice struct{ Line, JSON []byte }

// Online tells that a user has logged in.
func Online(user string) Notice {
	return Notice{[]byte("用户(" + user + ")登录了"), encode(userEvent{"online", user})}
}

// Offline tells that a user's last connection has ended.
func Offline(user string) Notice {
	return Notice{[]byte("用户(" + user + ")退出了"), encode(userEvent{"offline", user})}
}

// Member tells the group's JSON clients of somebody who has joined or left.
func Member(group, user string, member bool) Notice {
	event := "left"
	if member {
		event = "joined"
	}
	return Notice{JSON: encode(groupEvent{event, group, user})}
}
