package prompt

import "syscall"

const (
	getState = syscall.TCGETS
	setState = syscall.TCSETS
)
