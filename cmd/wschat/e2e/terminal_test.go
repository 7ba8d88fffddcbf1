//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"wschat/cmd/wschat/e2e/target"
)

// terminal is a program at a terminal, as a person uses it.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	keys   *os.File // the person's side
	screen target.Output
	ended  chan struct{} // closed when the process has ended
	read   int           // lines of the screen that sees has compared
}

// openTerminal starts cmd in a new pseudo-terminal.
func openTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	keys, tty, err := pseudoTerminal()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	tty.Close()
	if err != nil {
		keys.Close()
		t.Fatal(err)
	}
	p := &terminal{t: t, cmd: cmd, keys: keys, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		keys.WriteTo(&p.screen) // ends with an error when the program has closed the terminal
		cmd.Wait()              // its result is read from ProcessState
	}()
	t.Cleanup(func() {
		keys.Close() // a child that is left over would keep the terminal open
		p.kill()
	})
	return p
}

// pseudoTerminal opens both sides of a new terminal.
func pseudoTerminal() (keys, tty *os.File, err error) {
	keys, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var number, unlocked int32
	for _, call := range []struct {
		request uintptr
		value   *int32
	}{{syscall.TIOCSPTLCK, &unlocked}, {syscall.TIOCGPTN, &number}} {
		if err = ioctl(keys, call.request, call.value); err != nil {
			keys.Close()
			return nil, nil, err
		}
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		keys.Close()
	}
	return keys, tty, err
}

// ioctl does not use Fd, which would make the file a blocking one.
func ioctl(f *os.File, request uintptr, value *int32) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(value)))
	}); err != nil {
		return err
	}
	if errno != 0 {
		return os.NewSyscallError("ioctl", errno)
	}
	return nil
}

var (
	erased   = regexp.MustCompile(`^.*(\x1b\[2K|\x1b\[1G\x1b\[0J)`) // the line up to here
	controls = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\r`)
)

// lines are the finished lines that a person sees.
func (p *terminal) lines() []string {
	all := strings.Split(p.screen.String(), "\n")
	all = all[:len(all)-1]
	for i, line := range all {
		all[i] = controls.ReplaceAllString(erased.ReplaceAllString(line, ""), "")
	}
	return all
}

// types presses keys and Enter.
func (p *terminal) types(line string) {
	p.t.Helper()
	if err := p.press(line + "\r"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *terminal) press(keys string) error {
	_, err := p.keys.WriteString(keys)
	return err
}

// sees waits for as many lines and checks that they are these, byte for byte.
func (p *terminal) sees(lines ...string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("%q on the terminal", lines), func() bool {
		return len(p.lines()) >= p.read+len(lines) || p.hasEnded()
	})
	got := p.lines()[p.read:]
	for i, want := range lines {
		if i >= len(got) || got[i] != want {
			p.t.Fatalf("got  %q\nwant %q", got, lines)
		}
	}
	p.read += len(lines)
}

func (p *terminal) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill is kill -9.
func (p *terminal) kill() {
	p.cmd.Process.Kill() // an error means that it has ended
	<-p.ended
}

// asks types a line, again and again, until it is answered so.
func (p *terminal) asks(line, answer string) {
	p.t.Helper()
	until(p.t, answer, func() bool {
		p.types(line)
		until(p.t, "the answer to "+line, func() bool { return len(p.lines()) >= p.read+2 })
		got := p.lines()[p.read+1]
		p.read += 2
		return got == answer
	})
}
