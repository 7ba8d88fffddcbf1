//go:build !linux

package loop

import "net"

// ear is a listener that a loop accepts on.
type ear struct{}

func newEar(*Server, net.Listener) bool { return false }
func (e *ear) accept()                  {}
func (l *Loop) deafen(*Server)          {}
