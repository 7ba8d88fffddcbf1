//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package prompt

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

func isTerminal(f *os.File) bool {
	_, err := terminalState(f)
	return err == nil
}

// withoutEcho calls ask while the terminal shows nothing of what is typed. A signal that
// ends the process finds the terminal as it was before.
func withoutEcho(f *os.File, ask func() error) error {
	before, err := terminalState(f)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP)
	answered, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case got := <-signals:
			setTerminalState(f, before)
			die(got)
		case <-answered:
		}
	}()
	defer func() {
		signal.Stop(signals)
		close(answered)
		<-ended
	}()
	silent := *before
	silent.Lflag &^= syscall.ECHO
	silent.Lflag |= syscall.ICANON | syscall.ISIG
	silent.Iflag |= syscall.ICRNL
	if err := setTerminalState(f, &silent); err != nil {
		return err
	}
	defer setTerminalState(f, before)
	return ask()
}

// die ends the process by a signal, as if nobody had caught it. One that would only stop it
// ends it, too: it would go on with a terminal that shows what is typed.
func die(by os.Signal) {
	number := by.(syscall.Signal)
	if number == syscall.SIGTSTP {
		number = syscall.SIGTERM
	}
	signal.Reset(number)
	syscall.Kill(os.Getpid(), number)
	select {} // it does not return
}

func terminalState(f *os.File) (*syscall.Termios, error) {
	state := new(syscall.Termios)
	return state, control(f, getState, state)
}

func setTerminalState(f *os.File, state *syscall.Termios) error { return control(f, setState, state) }

func control(f *os.File, request uintptr, state *syscall.Termios) error {
	conn, err := f.SyscallConn() // Fd would have reads block a whole thread
	if err != nil {
		return err
	}
	var number syscall.Errno
	err = conn.Control(func(fd uintptr) {
		_, _, number = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(state)))
	})
	if err == nil && number != 0 {
		err = number
	}
	return err
}
