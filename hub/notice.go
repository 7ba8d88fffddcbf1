package hub

import (
	"wschat/frame"
	"wschat/hub/loop"
)

// notice tells of a user to others, in both protocols. line is empty for what
// line clients are not told.
type notice struct {
	line  lineText
	json  jsonText
	about *user // is not told himself; nil: is
}

func loginNotice(u *user) *notice {
	return &notice{lineText("用户(" + u.name + ")登录了"), encode(userEvent{"online", u.name}), u}
}

func exitNotice(u *user) *notice {
	return &notice{lineText("用户(" + u.name + ")退出了"), encode(userEvent{"offline", u.name}), u}
}

// groupNotice is for the JSON clients of a group; event is joined or left.
func groupNotice(event string, g *group, u *user) *notice {
	return &notice{json: encode(groupEvent{event, g.name, u.name})}
}

// AppendFrame implements loop.Item.
func (n *notice) AppendFrame(dst []byte, to loop.Handler) []byte {
	s := to.(*session)
	switch {
	case s.user == nil, s.user == n.about:
		return dst
	case s.json():
		return frame.AppendFrame(dst, frame.Text, n.json)
	case n.line == "":
		return dst
	}
	return n.line.AppendFrame(dst, to)
}

// Size implements loop.Item.
func (n *notice) Size() int { return len(n.json) }
