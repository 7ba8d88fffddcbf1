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
	about string // is not told himself; "": is
}

func loginNotice(name string) *notice {
	return &notice{lineText("用户(" + name + ")登录了"), encode(userEvent{"online", name}), name}
}

func exitNotice(name string) *notice {
	return &notice{lineText("用户(" + name + ")退出了"), encode(userEvent{"offline", name}), name}
}

// groupNotice is for the JSON clients of a group; event is joined or left.
func groupNotice(event, group, name string) *notice {
	return &notice{json: encode(groupEvent{event, group, name})}
}

// AppendFrame implements loop.Item.
func (n *notice) AppendFrame(dst []byte, to loop.Handler) []byte {
	s := to.(*session)
	switch {
	case s.user == nil, s.name == n.about:
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
