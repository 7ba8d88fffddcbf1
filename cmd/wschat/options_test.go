package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"wschat/hub/chat"
)

// environment makes variables of "NAME=value" lines.
func environment(lines ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, line := range lines {
			if value, ok := strings.CutPrefix(line, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}

// PROTOCOL 7: the defaults.
func TestDefaults(t *testing.T) {
	o, err := parseOptions(nil, environment(), io.Discard)
	fits, ids := 1<<20, 1<<20
	if o.memory > 0 {
		fits, ids = min(fits, o.tableEntries()), min(ids, o.idEntries())
	}
	want := &options{
		addr: ":8080", history: 1000, membershipTTL: 24 * time.Hour, maxMessage: 1 << 20, queue: 1 << 20,
		ping: 30 * time.Second, handshakeTimeout: 10 * time.Second, drain: 10 * time.Second,
		historyBytes: 1 << 30, maxConversations: fits, maxUsers: fits, maxIDs: ids, memory: defaultMemory(), rateBytes: 262144,
		authUserClaim: "sub", presence: presence{chat.ToAll}, rate: 100, maxConns: defaultMaxConns(), maxConnsPerIP: (defaultMaxConns() + 1) / 2,
		maxFile: 25 << 20, filesBytes: 10 << 30,
	}
	if err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("got  %+v, %v\nwant %+v", o, err, want)
	}
}

func TestOptions(t *testing.T) {
	for _, row := range []struct {
		name string
		args string
		env  []string
		got  func(*options) any
		want any
	}{
		{"one dash", "-addr :9000", nil, func(o *options) any { return o.addr }, ":9000"},
		{"two dashes", "--addr=[::1]:9000", nil, func(o *options) any { return o.addr }, "[::1]:9000"},
		{"a named port", "-addr localhost:http", nil, func(o *options) any { return o.addr }, "localhost:http"},
		{"any free port", "-addr 127.0.0.1:0", nil, func(o *options) any { return o.addr }, "127.0.0.1:0"},
		{"no limit", "-queue 0", nil, func(o *options) any { return o.queue }, 0},
		{"a size", "-max-message 70000", nil, func(o *options) any { return o.maxMessage }, int64(70000)},
		{"a number", "-history 5", nil, func(o *options) any { return o.history }, 5},
		{"a duration", "-membership-ttl 1h30m", nil, func(o *options) any { return o.membershipTTL }, 90 * time.Minute},
		{"a bool", "-single", nil, func(o *options) any { return o.single }, true},
		{"presence group", "-presence group", nil, func(o *options) any { return o.presence.Presence }, chat.ToGroup},
		{"presence none", "-presence none", nil, func(o *options) any { return o.presence.Presence }, chat.ToNone},
		{"a proxy", "-trust-proxy 10.1.2.3/8,::1", nil, func(o *options) any { return o.trustProxy.String() }, "10.0.0.0/8,::1/128"},
		{"limits", "", []string{"WSCHAT_MAX_CONNS=7", "WSCHAT_MAX_CONNS_PER_IP=8", "WSCHAT_RATE=9"}, func(o *options) any { return []int{o.maxConns, o.maxConnsPerIP, o.rate} }, []int{7, 8, 9}},
		{"no limit of connections", "-max-conns 0", nil, func(o *options) any { return o.maxConns }, 0},
		{"no operator", "", []string{"WSCHAT_ADMIN="}, func(o *options) any { return o.admin }, ""},
		{"empty variables", "", []string{"WSCHAT_RATE=", "WSCHAT_PRESENCE=", "WSCHAT_HOST="}, func(o *options) any { return o.rate }, 100},
		{"JSON logs", "-log json", nil, func(o *options) any { return o.log.json }, true},
		{"origins", "-allow-origin https://a.example,,http://b.example:81", nil, func(o *options) any { return o.allowOrigin }, originList{"https://a.example", "http://b.example:81"}},
		{"an origin's default port", "-allow-origin https://a.example:443", nil, func(o *options) any { return o.allowOrigin }, originList{"https://a.example"}},
		{"any origin", "-allow-origin *", nil, func(o *options) any { return o.allowOrigin }, originList{"*"}},
		{"the last of two wins", "-allow-origin * -allow-origin https://a.example", nil, func(o *options) any { return o.allowOrigin }, originList{"https://a.example"}},
		{"from the environment", "", []string{"WSCHAT_MAX_MESSAGE=7"}, func(o *options) any { return o.maxMessage }, int64(7)},
		{"a bool from the environment", "", []string{"WSCHAT_ECHO=1"}, func(o *options) any { return o.echo }, true},
		{"the flag wins", "-ping 1s", []string{"WSCHAT_PING=2s"}, func(o *options) any { return o.ping }, time.Second},
		{"the flag wins, with its default", "-ping 30s", []string{"WSCHAT_PING=2s"}, func(o *options) any { return o.ping }, 30 * time.Second},
		{"the flag wins over a wrong value", "-ping 1s", []string{"WSCHAT_PING=soon"}, func(o *options) any { return o.ping }, time.Second},
		{"other variables", "", []string{"PING=2s", "WSCHAT_OTHER=2s"}, func(o *options) any { return o.ping }, 30 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			o, err := parseOptions(strings.Fields(row.args), environment(row.env...), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if got := row.got(o); !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

// "ends with one clear line": it names what is wrong, and what was expected.
func TestOptionErrors(t *testing.T) {
	for _, row := range []struct {
		args []string
		env  string
		want string
	}{
		{[]string{"-nope"}, "", `flag provided but not defined: -nope`},
		{[]string{"-ping", "x"}, "", `invalid value "x" for flag -ping: parse error`},
		{[]string{"-addr"}, "", `flag needs an argument: -addr`},
		{[]string{"-log", "xml"}, "", `invalid value "xml" for flag -log: expected text or json`},
		{[]string{"-presence", "x"}, "", `invalid value "x" for flag -presence: expected all, group or none`},
		{[]string{"-allow-origin", "a"}, "", `invalid value "a" for flag -allow-origin: expected a scheme, :// and a host, such as https://chat.example, got "a"`},
		{nil, "WSCHAT_ALLOW_ORIGIN=https://a.example,null", `invalid value "https://a.example,null" for WSCHAT_ALLOW_ORIGIN: null is the Origin of sandboxed frames and files, whosever they are; * allows it, with all others, got "null"`},
		{[]string{"-allow-origin", "https://a.example/"}, "", `invalid value "https://a.example/" for flag -allow-origin: expected nothing behind host and port, not even a slash: an Origin has no path, got "https://a.example/"`},
		{[]string{"-drain", "-1s"}, "", `invalid value for -drain: expected 0 (no limit) or more`},
		{nil, "WSCHAT_DRAIN=-1s", `invalid value for WSCHAT_DRAIN: expected 0 (no limit) or more`},
		{nil, "WSCHAT_LOG=xml", `invalid value "xml" for WSCHAT_LOG: expected text or json`},
		{[]string{"-redis", "redis://h", "-data", "d"}, "", `-data and -redis exclude each other: expected one of them or none`},
		{[]string{"-redis", "h:6379"}, "", `invalid value for -redis: ` + errRedisURL.Error()},
		{[]string{"-redis", "http://h"}, "", `invalid value for -redis: ` + errRedisURL.Error()},
		{[]string{"-redis", "redis://"}, "", `invalid value for -redis: ` + errRedisURL.Error()},
		{[]string{"-redis", "redis://h/x"}, "", `invalid value for -redis: ` + errRedisURL.Error()},
		{[]string{"-redis", "redis://h:6379:1"}, "", `invalid value for -redis: ` + errRedisURL.Error()},
		{[]string{"-redis", "redis://h:99999"}, "", `invalid value for -redis: ` + errRedisURL.Error()},
		{[]string{"-redis", "redis://h?ca=f"}, "", `invalid value for -redis: ` + errRedisURL.Error()},
		{nil, "WSCHAT_REDIS=redis://:secret@h:x", `invalid value for WSCHAT_REDIS: ` + errRedisURL.Error()},
		{[]string{"-auth-audience", "chat"}, "", `-auth-audience is about tokens: expected -auth-secret-file or -auth-jwks with it`},
		{[]string{"-max-file", "1"}, "", `-max-file is about files: expected -files or -data with it`},
		{[]string{"-files-bytes", "1"}, "", `-files-bytes is about files: expected -files or -data with it`},
		{[]string{"-files", ""}, "", `invalid value "" for -files: expected a directory`},
		{[]string{"-auth-issuer", "x"}, "", `-auth-issuer is about tokens of other issuers: expected -auth-jwks with it`},
		{[]string{"-auth-user-claim", "email"}, "", `-auth-user-claim is about tokens of other issuers: expected -auth-jwks with it`},
		{[]string{"-auth-jwks", "k", "-auth-user-claim", ""}, "", `invalid value "" for -auth-user-claim: expected the name of a claim`},
		{[]string{"-auth-jwks", ""}, "", `invalid value "" for -auth-jwks: expected a file`},
		{[]string{"-auth-jwks", "http://keys.example/"}, "", `invalid value for -auth-jwks: expected a file, a URL with https, or one with http on this machine`},
		{[]string{"-auth-jwks", "ftp://127.0.0.1/"}, "", `invalid value for -auth-jwks: expected a file, a URL with https, or one with http on this machine`},
		{[]string{"-tls-cert", "c"}, "", `-tls-cert and -tls-key go together: expected both or neither`},
		{[]string{"-tls-cert", "a,b", "-tls-key", "a"}, "", `-tls-cert and -tls-key go together: expected a file with a key for each certificate, got "a,b" and "a"`},
		{[]string{"-tls-cert", "a,", "-tls-key", "a,b"}, "", `-tls-cert and -tls-key go together: expected a file with a key for each certificate, got "a," and "a,b"`},
		{nil, "WSCHAT_TLS_KEY=k", `-tls-cert and -tls-key go together: expected both or neither`},
		{[]string{"-trust-proxy", "10.0.0.0/33"}, "", `invalid value "10.0.0.0/33" for flag -trust-proxy: expected CIDRs such as 10.0.0.0/8 or fd00::/8, got "10.0.0.0/33"`},
		{nil, "WSCHAT_TRUST_PROXY=proxy", `invalid value "proxy" for WSCHAT_TRUST_PROXY: expected CIDRs such as 10.0.0.0/8 or fd00::/8, got "proxy"`},
		{[]string{"-max-conns", "-1"}, "", `invalid value for -max-conns: expected 0 (no limit) or more`},
		{[]string{"-max-conns-per-ip", "-1"}, "", `invalid value for -max-conns-per-ip: expected 0 (no limit) or more`},
		{[]string{"-memory", "33554431"}, "", "invalid value for -memory: expected 0 (no limit), or 33554432 or more"},
		{[]string{"-memory", "67108864", "-history-bytes", "12582913"}, "", "invalid value for -history-bytes: expected at most 12582912, a quarter of -memory less 16 MiB"},
		{[]string{"-history-bytes", "-1"}, "", `invalid value for -history-bytes: expected 0 (no limit) or more`},
		{[]string{"-max-conversations", "-1"}, "", `invalid value for -max-conversations: expected 0 (no limit) or more`},
		{[]string{"-max-users", "-1"}, "", `invalid value for -max-users: expected 0 (no limit) or more`},
		{nil, "WSCHAT_MAX_IDS=-1", `invalid value for WSCHAT_MAX_IDS: expected 0 (no limit) or more`},
		{[]string{"-rate", "-1"}, "", `invalid value for -rate: expected 0 (no limit) or more`},
		{nil, "WSCHAT_RATE=0.5", `invalid value "0.5" for WSCHAT_RATE: parse error`},
		{[]string{"-guests"}, "", `-guests is about who is not in -users: expected -users with it`},
		{[]string{"-users", ""}, "", `invalid value "" for -users: expected a file`},
		{nil, "WSCHAT_USERS=", `invalid value "" for WSCHAT_USERS: expected a file`},
		{[]string{"-users", "u", "-redis", "redis://h"}, "", `-users with -redis needs one key for the tokens of all nodes: expected -auth-secret-file with them`},
		{[]string{"-auth-secret-file", ""}, "", `invalid value "" for -auth-secret-file: expected a file`},
		{nil, "WSCHAT_AUTH_SECRET_FILE=", `invalid value "" for WSCHAT_AUTH_SECRET_FILE: expected a file`},
		{[]string{"-admin", "9090"}, "", `invalid value "9090" for -admin: expected host:port, such as :8080 or 127.0.0.1:8080`},
		{nil, "WSCHAT_ADMIN=9090", `invalid value "9090" for WSCHAT_ADMIN: expected host:port, such as :8080 or 127.0.0.1:8080`},
		{[]string{"-addr", "80"}, "", `invalid value "80" for -addr: expected host:port, such as :8080 or 127.0.0.1:8080`},
		{nil, "WSCHAT_ADDR=80", `invalid value "80" for WSCHAT_ADDR: expected host:port, such as :8080 or 127.0.0.1:8080`},
		{[]string{"-echo", "yes"}, "", `unexpected argument "yes": expected flags, or one of the commands version, journal, token and user; see -help`},
	} {
		o, err := parseOptions(row.args, environment(row.env), io.Discard)
		if err == nil || err.Error() != row.want || o != nil {
			t.Errorf("%q %s: got %v, want %s", row.args, row.env, err, row.want)
		}
	}
}

// Every flag is listed, with what it does and its default.
func TestHelp(t *testing.T) {
	var help bytes.Buffer
	if _, err := parseOptions([]string{"-help"}, environment(), &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v, want ErrHelp", err)
	}
	new(options).flagSet().VisitAll(func(f *flag.Flag) {
		if f.Usage == "" || !strings.Contains(help.String(), "\n  -"+f.Name) {
			t.Errorf("-%s is not in the help", f.Name)
		}
	})
	if strings.Contains(help.String(), "panic") {
		t.Errorf("a flag's zero value cannot be printed:\n%s", help.String())
	}
}

func TestRun(t *testing.T) {
	for _, row := range []struct {
		args           []string
		status         int
		stdout, stderr string // how they begin
	}{
		{[]string{"version"}, exitOK, "wschat ", ""},
		{[]string{"-help"}, exitOK, "usage: wschat ", ""},
		{[]string{"version", "extra"}, exitUsage, "", "wschat: version takes no argument, got \"extra\"\n"},
		{[]string{"-nope"}, exitUsage, "", "wschat: flag provided but not defined: -nope\n"},
		{[]string{"-allow-origin", "https://a:b@c"}, exitUsage, "", "wschat: invalid value \"https://***@c\" for flag -allow-origin: expected no user information\n"},
		{[]string{"-host", "https://a:b@c"}, exitUsage, "", "wschat: invalid value \"https://***@c\" for flag -host: expected names or addresses without scheme, port and wildcard\n"},
		{[]string{"-trust-proxy", "https://a:b@c"}, exitUsage, "", "wschat: invalid value \"https://***@c\" for flag -trust-proxy: expected CIDRs such as 10.0.0.0/8 or fd00::/8\n"},
		{[]string{"-redis", "http://a:b@c"}, exitUsage, "", "wschat: invalid value for -redis: expected redis://host[:port][/db] or rediss://host[:port][/db][?ca=FILE], with or without user and password; see -help\n"},
		{[]string{"-addr", "192.0.2.1:1"}, exitFailed, "", "wschat: listen tcp 192.0.2.1:1: "},
	} {
		var stdout, stderr bytes.Buffer
		status := run(row.args, environment(), &stdout, &stderr)
		if status != row.status || !strings.HasPrefix(stdout.String(), row.stdout) || !strings.HasPrefix(stderr.String(), row.stderr) ||
			(row.stdout == "") != (stdout.Len() == 0) || (row.stderr == "") != (stderr.Len() == 0) {
			t.Errorf("%q: got %d, %q, %q", row.args, status, stdout.String(), stderr.String())
		}
	}
}

// fullOutput is a standard output that takes nothing.
type fullOutput struct{}

func (fullOutput) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// Who keeps the output in a file learns from the status that it is not there.
func TestOutputThatCannotBeWritten(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, bytes.Repeat([]byte("s"), 32), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"version"}, {"token", "-user", "A", "-auth-secret-file", secret}} {
		var stderr bytes.Buffer
		status := run(args, environment(), fullOutput{}, &stderr)
		if status != exitFailed || !strings.Contains(stderr.String(), syscall.ENOSPC.Error()) {
			t.Errorf("%s: got %d, %q", args[0], status, stderr.String())
		}
	}
}
