package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/token"
)

// secretFile makes a file with the secret.
func secretFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// PROTOCOL 7, wschat token.
func TestToken(t *testing.T) {
	file := secretFile(t)
	for _, row := range []struct {
		name string
		args []string
		env  string
		ttl  time.Duration
		want token.Claims
	}{
		{"the defaults", []string{"-user", "A", "-auth-secret-file", file}, "", 24 * time.Hour, token.Claims{User: "A"}},
		{"two dashes, another order", []string{"--auth-secret-file=" + file, "--user=小林"}, "", 24 * time.Hour, token.Claims{User: "小林"}},
		{"-ttl", []string{"-user", "A", "-ttl", "90s", "-auth-secret-file", file}, "", 90 * time.Second, token.Claims{User: "A"}},
		{"-groups", []string{"-user", "A", "-auth-secret-file", file, "-groups", "groupA,group前*,group*,*"}, "", 24 * time.Hour,
			token.Claims{User: "A", Groups: []string{"groupA", "group前*", "group*", "*"}}},
		{"-role", []string{"-user", "A", "-auth-secret-file", file, "-role", "moderator"}, "", 24 * time.Hour, token.Claims{User: "A", Role: "moderator"}},
		{"the server's variable", []string{"-user", "A"}, "WSCHAT_AUTH_SECRET_FILE=" + file, 24 * time.Hour, token.Claims{User: "A"}},
		{"the flag wins", []string{"-user", "A", "-auth-secret-file", file}, "WSCHAT_AUTH_SECRET_FILE=/none", 24 * time.Hour, token.Claims{User: "A"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			now := time.Now()
			status := run(append([]string{"token"}, row.args...), environment(row.env), &stdout, &stderr)
			text, one := strings.CutSuffix(stdout.String(), "\n")
			if status != exitOK || stderr.Len() != 0 || !one || strings.ContainsAny(text, "\n ") {
				t.Fatalf("got %d, %q, %q", status, stdout.String(), stderr.String())
			}
			got, err := token.Verify([]byte(secret), text, now)
			if err != nil {
				t.Fatal(err)
			}
			if ttl := got.Expires.Sub(now); ttl > row.ttl+patience || ttl < row.ttl-time.Second {
				t.Errorf("good for %v, want %v", ttl, row.ttl)
			}
			got.Expires = time.Time{}
			if !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
}

func TestTokenErrors(t *testing.T) {
	file := secretFile(t)
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte(secret[:31]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		args   []string
		status int
		names  string
	}{
		{"no user", []string{"-auth-secret-file", file}, exitUsage, "-user"},
		{"a user that is none", []string{"-user", "all", "-auth-secret-file", file}, exitUsage, `"all" for -user`},
		{"a user that is a group", []string{"-user", "groupA", "-auth-secret-file", file}, exitUsage, "-user"},
		{"no secret", []string{"-user", "A"}, exitUsage, "-auth-secret-file"},
		{"no time", []string{"-user", "A", "-ttl", "0s", "-auth-secret-file", file}, exitUsage, "-ttl"},
		{"a time below 0", []string{"-user", "A", "-ttl", "-1h", "-auth-secret-file", file}, exitUsage, "-ttl"},
		{"a time that is none", []string{"-user", "A", "-ttl", "1d", "-auth-secret-file", file}, exitUsage, "-ttl"},
		{"a group that is none", []string{"-user", "A", "-groups", "groupA,B", "-auth-secret-file", file}, exitUsage, `"B" for -groups`},
		{"a group without a name", []string{"-user", "A", "-groups", "group", "-auth-secret-file", file}, exitUsage, `"group" for -groups`},
		{"a star in the middle", []string{"-user", "A", "-groups", "group*A", "-auth-secret-file", file}, exitUsage, "-groups"},
		{"a space", []string{"-user", "A", "-groups", "groupA, groupB", "-auth-secret-file", file}, exitUsage, "-groups"},
		{"a role that does not exist", []string{"-user", "A", "-role", "admin", "-auth-secret-file", file}, exitUsage, `-role: expected the role moderator or none, got "admin"`},
		{"an empty group", []string{"-user", "A", "-groups", "groupA,", "-auth-secret-file", file}, exitUsage, "-groups"},
		{"no groups lift no limit", []string{"-user", "A", "-groups", "", "-auth-secret-file", file}, exitUsage, "-groups"},
		{"an unknown flag", []string{"-nope"}, exitUsage, "-nope"},
		{"an argument", []string{"-user", "A", "-auth-secret-file", file, "more"}, exitUsage, `"more"`},
		{"a file that is not there", []string{"-user", "A", "-auth-secret-file", file + ".none"}, exitFailed, file + ".none"},
		{"a folder", []string{"-user", "A", "-auth-secret-file", t.TempDir()}, exitFailed, "directory"},
		{"a short secret", []string{"-user", "A", "-auth-secret-file", short}, exitFailed, "32 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(append([]string{"token"}, row.args...), environment(), &stdout, &stderr)
			line := stderr.String()
			if status != row.status || stdout.Len() != 0 || !strings.HasPrefix(line, "wschat token: ") || strings.Count(line, "\n") != 1 || !strings.Contains(line, row.names) {
				t.Errorf("got %d, %q, %q, want %d and a line that names %s", status, stdout.String(), line, row.status, row.names)
			}
			if strings.Contains(line, secret[:31]) {
				t.Error("the line has the secret")
			}
		})
	}
}

func TestTokenHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run([]string{"token", "-help"}, environment(), &stdout, &stderr); status != exitOK || stderr.Len() != 0 {
		t.Errorf("got %d, %q", status, stderr.String())
	}
	for _, name := range []string{"-user", "-ttl", "-auth-secret-file", "-groups", "-role"} {
		if !strings.Contains(stdout.String(), "  "+name+" ") {
			t.Errorf("no %s in\n%s", name, stdout.String())
		}
	}
}

// PROTOCOL 2: "too short, empty or missing ends the start with exit status 1".
func TestServeWithBadSecret(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"short": secret[:31], "newline": secret[:31] + "\n", "empty": "", "blank": "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"short", "newline", "empty", "blank", "missing", "."} {
		var stderr bytes.Buffer
		file := filepath.Join(dir, name)
		status := run([]string{"-addr", "127.0.0.1:0", "-auth-secret-file", file}, environment(), nil, &stderr)
		if status != exitFailed || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), file) || strings.Contains(stderr.String(), secret[:31]) {
			t.Errorf("%s: got %d, %q", name, status, stderr.String())
		}
	}
}
