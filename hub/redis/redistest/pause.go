//go:build unix

package redistest

import "syscall"

// Pause stops the process as it is: what is sent to it waits. Resume lets it go on.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	if s.command != nil {
		s.command.Process.Signal(signal) // an error means that it has ended
	}
}
