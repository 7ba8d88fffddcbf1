package resp

import (
	"errors"
	"strings"
)

// Why a command has no reply; compare with errors.Is.
var (
	// ErrClosed: the client is closed.
	ErrClosed = errors.New("resp: closed")
	// ErrUnavailable: there is no connection, or it was lost. In the latter case
	// the command may have happened.
	ErrUnavailable = errors.New("resp: unavailable")
	// ErrTimeout: no reply within Config.Timeout; the command may have happened.
	ErrTimeout = errors.New("resp: timeout")
	// ErrBusy: 65,536 commands, or 64 MiB of them, already wait.
	ErrBusy = errors.New("resp: too many commands wait")
	// ErrProtocol: what came from the server is not RESP2, or beyond the bounds
	// of a reply.
	ErrProtocol = errors.New("resp: protocol error")
	// ErrReply: the reply is not of the kind that was asked for.
	ErrReply = errors.New("resp: unexpected reply")
)

// ServerError is an error that the server replied, without its line end.
type ServerError struct {
	Text string
}

// Error returns the text as the server sent it.
func (e *ServerError) Error() string { return "resp: server: " + e.Text }

// Code returns the first word of the text, by convention the kind of the error:
// ERR, WRONGTYPE, NOAUTH, OOM.
func (e *ServerError) Code() string {
	code, _, _ := strings.Cut(e.Text, " ")
	return code
}
