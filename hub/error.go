package hub

// Error is a request that cannot be done. It is told to who asked, and to nobody
// else; the connection goes on. Compare with errors.Is to the variables below;
// the Subject is then left out of account.
type Error struct {
	Code    string // as PROTOCOL names it, "not_online"
	Subject string // the user or the group it is about, if any
	line    string // what a line client reads; %s stands for Subject
}

// What can be wrong with a request.
var (
	ErrNoComma     = &Error{Code: "bad_request", line: "格式应为 目的地,内容"}
	ErrEmptyBody   = &Error{Code: "bad_request", line: "内容不能为空"}
	ErrBinary      = &Error{Code: "bad_target", line: "二进制消息只能发给用户、群组或 all"}
	ErrBadGroup    = &Error{Code: "bad_target", line: "群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @"}
	ErrBadUser     = &Error{Code: "bad_target", line: "用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @"}
	ErrNotOnline   = &Error{Code: "not_online", line: "用户(%s)不在线"}
	ErrNotMember   = &Error{Code: "not_member", line: "你不在 %s 中"}
	ErrManyGroups  = &Error{Code: "forbidden", line: "最多同时在 1000 个群组中"}
	ErrForbidden   = &Error{Code: "forbidden", line: "不能加入 %s"}
	ErrUnavailable = &Error{Code: "unavailable", line: "暂时无法发送"}
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
	return &Error{Code: e.Code, Subject: subject, line: e.line}
}
