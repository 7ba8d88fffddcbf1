//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package prompt

import "syscall"

const (
	getState = syscall.TIOCGETA
	setState = syscall.TIOCSETA
)
