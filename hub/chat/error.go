package chat

import "strings"

// Error says why a request cannot be done. Only the client that made the request
// is told, and its connection stays open. Compare it to the variables below with errors.Is,
// which ignores the Subject.
type Error struct {
	Code    string // as in PROTOCOL.md, such as "not_online"
	Subject string // what it is about, if anything: a user or a group, or what is expected
	chinese string // what a line client reads; %s stands for Subject
	english string // what a JSON client reads, likewise
	kind    *Error // the variable that About made it from; nil: it is one
}

// What can be wrong with a request.
var (
	ErrNoComma     = newError("bad_request", "格式应为 目的地,内容", "expected destination,body")
	ErrEmptyBody   = newError("bad_request", "内容不能为空", "the message is empty")
	ErrTooLong     = newError("bad_request", "内容过长(控制字符按转义后的长度计)", "the text is too long, control characters counted as they are escaped")
	ErrNotJSON     = newError("bad_request", "格式应为 JSON", "expected a JSON object")
	ErrBadID       = newError("bad_request", "编号无效", "expected id to be a string of at most 64 bytes")
	ErrNoOp        = newError("bad_request", "缺少 op", "expected op to say what is asked for")
	ErrBadField    = newError("bad_request", "请求无效:expected %s", "expected %s") // its subject says what
	ErrTwoKinds    = newError("bad_request", "reply、edit、delete、react 只能有一个", "expected one of reply, edit, delete and react at most")
	ErrNoMark      = newError("bad_request", "缺少 read、mute、hide 或 pin", "expected read, mute, hide or pin")
	ErrTypingToAll = newError("bad_target", "typing 只能发给群组或用户", "typing goes to a group or a user")
	ErrUnknownOp   = newError("unknown_op", "未知的 op", "there is no such op")
	ErrBinary      = newError("bad_target", "二进制消息只能发给用户、群组或 all", "binary messages go to users, groups and all only")
	ErrBadGroup    = newError("bad_target", "群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @", "expected group and 1 to 58 bytes of letters, digits and _ - . @")
	ErrBadUser     = newError("bad_target", "用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @", "expected all, a group, or 1 to 64 bytes of letters, digits and _ - . @")
	ErrNotOnline   = newError("not_online", "用户(%s)不在线", "user %s is not online")
	ErrNotMember   = newError("not_member", "你不在 %s 中", "you are not in %s")
	ErrManyGroups  = newError("forbidden", "最多同时在 1000 个群组中", "you are in 1,000 groups, which is the most")
	ErrManyMembers = newError("unavailable", "群组成员总数已达上限,暂时无法加入 %s", "there are too many memberships of groups to join %s at the moment")
	ErrForbidden   = newError("forbidden", "不能加入 %s", "you may not be in %s")
	ErrNoModerator = newError("forbidden", "只有管理员可以这样做", "only moderators may do that")
	ErrNotFound    = newError("not_found", "没有这条消息", "there is no such message, or it cannot be changed any more")
	ErrNoFile      = newError("not_found", "没有这个文件,或已经发送过", "there is no such file, or it has been sent already")
	ErrNotYours    = newError("forbidden", "只能修改自己的消息", "the message is somebody else's")
	ErrUnavailable = newError("unavailable", "暂时无法发送", "cannot be sent at the moment")
)

// ErrNoText is the ErrBadField of an edit of a binary message.
var ErrNoText = ErrBadField.About("edit to name a text")

func newError(code, chinese, english string) *Error {
	return &Error{Code: code, chinese: chinese, english: english}
}

// Error returns the code and what it is about.
func (e *Error) Error() string {
	if e.Subject == "" {
		return "chat: " + e.Code
	}
	return "chat: " + e.Code + ": " + e.Subject
}

// Is reports whether target is the same error as e, whatever their subjects.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.variable() == e.variable()
}

// variable returns the variable above that e is, or was made from.
func (e *Error) variable() *Error {
	if e.kind != nil {
		return e.kind
	}
	return e
}

// About returns e, one of the variables above, for one user or group.
func (e *Error) About(subject string) *Error {
	return &Error{e.Code, subject, e.chinese, e.english, e}
}

// Chinese is the sentence for line clients.
func (e *Error) Chinese() string { return strings.Replace(e.chinese, "%s", e.Subject, 1) }

// English is the sentence for JSON clients.
func (e *Error) English() string { return strings.Replace(e.english, "%s", e.Subject, 1) }
