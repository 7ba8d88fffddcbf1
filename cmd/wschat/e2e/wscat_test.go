//go:build e2e && linux

package e2e

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// wscat connects a user with the real wscat, at a terminal.
func (s *server) wscat(user string, flags ...string) *terminal {
	s.t.Helper()
	script, err := filepath.Abs("node_modules/wscat/bin/wscat")
	if err != nil {
		s.t.Fatal(err)
	}
	args := append([]string{script, "-c", "ws://" + s.Addr + socket(user)}, flags...)
	cmd := exec.Command("node", args...)
	cmd.Env = target.Environment("TERM=xterm")
	p := openTerminal(s.t, cmd)
	p.sees("Connected (press CTRL+C to quit)")
	return p
}

// The session of the README, and the rest of PROTOCOL 3: what two people with
// wscat see.
func TestWscat(t *testing.T) {
	s := start(t)
	a := s.wscat("A")
	b := s.wscat("B", "-s", "wschat.v1.line")
	a.sees("< 用户(B)登录了")

	a.types("who,")
	a.sees("> who,", "< 系统:在线 2: A B")
	a.types("B,hello, B")
	a.sees("> B,hello, B")
	b.sees("< 用户(A=>B):hello, B")
	b.types("A,你好 👋")
	b.sees("> A,你好 👋")
	a.sees("< 用户(B=>A):你好 👋")
	b.types("all,good morning")
	b.sees("> all,good morning", "< 用户(B=>B):good morning")
	a.sees("< 用户(B=>A):good morning")

	a.types("join,groupA")
	a.sees("> join,groupA", "< 系统:已加入 groupA")
	b.types("groupA,hi group")
	b.sees("> groupA,hi group", "< 用户(B=>B):hi group")
	a.sees("< 用户(B=>A):hi group")
	a.types("leave,groupA")
	a.sees("> leave,groupA", "< 系统:已离开 groupA")
	b.types("groupA,alone")
	b.sees("> groupA,alone", "< 用户(B=>B):alone")
	b.types("who,groupA")
	b.sees("> who,groupA", "< 系统:在线 1: B")
	b.types("history,groupA")
	b.sees("> history,groupA", "< 用户(B=>B):hi group", "< 用户(B=>B):alone")
	b.types("history,A")
	b.sees("> history,A", "< 用户(A=>B):hello, B", "< 用户(B=>A):你好 👋")

	for typed, answer := range map[string]string{
		"hello":          "< 错误:格式应为 目的地,内容",
		"Z,hello":        "< 错误:用户(Z)不在线",
		"B,":             "< 错误:内容不能为空",
		"history,groupB": "< 错误:你不在 groupB 中",
		"history,Z":      "< 系统:没有历史消息",
	} {
		a.types(typed)
		a.sees("> "+typed, answer)
	}
	a.types("login,A")
	a.types("who,")
	a.sees("> login,A", "> who,", "< 系统:在线 2: A B")
}

// However wscat ends, the other sees it once.
func TestWscatEnds(t *testing.T) {
	t.Parallel()
	s := start(t, "-ping", "1s") // less than twice that, and a busy machine is silence
	a := s.wscat("A")
	for _, row := range []struct {
		name string
		end  func(*terminal) error
	}{
		{"Ctrl-D, the end of its input", func(p *terminal) error { return p.press("\x04") }},
		{"Ctrl-C", func(p *terminal) error { return p.press("\x03") }},
		{"/close", func(p *terminal) error { return p.press("/close 1000\r") }},
		{"the terminal is closed", func(p *terminal) error { return p.keys.Close() }},
		{"kill", func(p *terminal) error { return p.cmd.Process.Signal(syscall.SIGTERM) }},
		{"kill -9", func(p *terminal) error { return p.cmd.Process.Kill() }},
		{"kill -STOP: it is there, but silent", func(p *terminal) error { return p.cmd.Process.Signal(syscall.SIGSTOP) }},
	} {
		b := s.wscat("B", "--slash")
		a.sees("< 用户(B)登录了")
		if err := row.end(b); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		a.sees("< 用户(B)退出了")
		a.types("who,")
		a.sees("> who,", "< 系统:在线 1: A")
	}
}
