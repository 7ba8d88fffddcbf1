package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wschat/cmd/wschat/account"
)

// manage runs wschat user with a pipe for its input.
func manage(t *testing.T, input string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	in, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	write.WriteString(input)
	write.Close()
	var out, failed bytes.Buffer
	status = manageUsers(args, in, &out, &failed)
	return status, out.String(), failed.String()
}

// PROTOCOL 9: wschat user FILE add|passwd|remove|list [NAME] [-role moderator] [-groups …].
func TestUser(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	for _, row := range []struct {
		args, input string
		status      int
		stdout      string
	}{
		{"list", "", exitFailed, ""},
		{"passwd A", "x\n", exitFailed, ""},
		{"add A", "", exitFailed, ""},
		{"add A", "\n", exitFailed, ""},
		{"add A", strings.Repeat("x", 2000), exitFailed, ""},
		{"add A", "first\nsecond\n", exitOK, ""},
		{"add A", "other", exitFailed, ""},
		{"-role moderator add -groups groupA,groupB* 小林", "x", exitOK, ""},
		{"list", "", exitOK, "A::\n小林:moderator:groupA,groupB*\n"},
		{"passwd 小林 -role=", "y\r\n", exitOK, ""},
		{"remove B", "", exitFailed, ""},
		{"list", "", exitOK, "A::\n小林::groupA,groupB*\n"},
		{"remove 小林", "", exitOK, ""},
		{"list", "", exitOK, "A::\n"},
	} {
		status, stdout, stderr := manage(t, row.input, append([]string{file}, strings.Fields(row.args)...)...)
		if status != row.status || stdout != row.stdout || strings.Count(stderr, "\n") != min(status, 1) {
			t.Errorf("%s: got %d, %q, %q", row.args, status, stdout, stderr)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "A:pbkdf2-sha256$600000$") {
		t.Errorf("got %s, %v", text, err)
	}
	if table, err := account.Read(file); err != nil || table.Check("A", "first") == nil {
		t.Errorf("the password is not the first line: %v", err)
	}
}

// PROTOCOL 7: wrong use is one line and exit status 2.
func TestUserUsage(t *testing.T) {
	for _, args := range []string{
		"", "users", "users add", "users list A", "users add A B", "users delete A", "users add all", "users add groupA",
		"users add A -role admin", "users add A -groups A", "users add A -groups groupA,", "users add A -password x",
		"users remove A -role moderator", "users list -groups groupA", "users add A -role",
	} {
		status, stdout, stderr := manage(t, "", strings.Fields(args)...)
		if status != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: got %d, %q, %q", args, status, stdout, stderr)
		}
	}
}
