package hub

import "strings"

// Error is a request that cannot be done. It is told to who asked, and to nobody
// else; the connection goes on. Compare with errors.Is to the variables below;
// the Subject is then left out of account.
type Error struct {
	Code    string // as PROTOCOL names it, "not_online"
	Subject string // the user or the group it is about, if any
	line    string // what a line client reads; %s stands for Subject
	english string // what it is in English, likewise
}

// What can be wrong with a request.
var (
	ErrNoComma     = &Error{"bad_request", "", "格式应为 目的地,内容", "expected destination,body"}
	ErrEmptyBody   = &Error{"bad_request", "", "内容不能为空", "the message is empty"}
	ErrNotJSON     = &Error{"bad_request", "", "格式应为 JSON", "expected a JSON object"}
	ErrBadID       = &Error{"bad_request", "", "编号无效", "expected id to be a string of at most 64 bytes"}
	ErrNoOp        = &Error{"bad_request", "", "缺少 op", "expected op to say what is asked for"}
	ErrBadField    = &Error{"bad_request", "", "%s 无效", "%s is not as it should be"}
	ErrUnknownOp   = &Error{"unknown_op", "", "未知的 op", "there is no such op"}
	ErrBinary      = &Error{"bad_target", "", "二进制消息只能发给用户、群组或 all", "binary messages go to users, groups and all only"}
	ErrBadGroup    = &Error{"bad_target", "", "群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @", "expected group and 1 to 58 bytes of letters, digits and _ - . @"}
	ErrBadUser     = &Error{"bad_target", "", "用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @", "expected all, a group, or 1 to 64 bytes of letters, digits and _ - . @"}
	ErrNotOnline   = &Error{"not_online", "", "用户(%s)不在线", "user %s is not online"}
	ErrNotMember   = &Error{"not_member", "", "你不在 %s 中", "you are not in %s"}
	ErrManyGroups  = &Error{"forbidden", "", "最多同时在 1000 个群组中", "you are in 1,000 groups, which is the most"}
	ErrForbidden   = &Error{"forbidden", "", "不能加入 %s", "you may not be in %s"}
	ErrUnavailable = &Error{"unavailable", "", "暂时无法发送", "cannot be sent at the moment"}
)

// Error returns the code and what it is about.
func (e *Error) Error() string {
	if e.Subject == "" {
		return "hub: " + e.Code
	}
	return "hub: " + e.Code + ": " + e.Subject
}

// Is makes an error with a subject equal to the variable it was made from.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.line == e.line
}

// about returns e for one user or group.
func (e *Error) about(subject string) *Error {
	return &Error{e.Code, subject, e.line, e.english}
}

// text is the sentence of a JSON error.
func (e *Error) text() string { return strings.Replace(e.english, "%s", e.Subject, 1) }
