//go:build !linux

package loop

import (
	"net"
	"syscall"
)

// setOptions leaves a listener as it is: package net sets the options of each connection.
func setOptions(_, _ string, _ syscall.RawConn) error { return nil }

// acceptor is a listener that a loop accepts on; see accept_linux.go.
type acceptor struct{}

func newAcceptor(*Server, net.Listener) bool { return false }
func (e *acceptor) accept() bool             { return false }
func (l *Loop) acceptRest(*Server)           {}
func (l *Loop) stopAccepting(*Server)        {}
