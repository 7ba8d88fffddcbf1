//go:build e2e

package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

// The operator reads who was kicked, banned and refused, and why: however many are refused
// for one reason, in one line at once and one for the rest of the minute.
func TestAuditLog(t *testing.T) {
	k := newTokens(t)
	s := start(t, "-auth-secret-file", k.file, "-admin", "127.0.0.1:0", "-trust-proxy", "127.0.0.1")
	bad := k.token("A")[:40]
	login := func(want int, token string, fields ...string) {
		t.Helper()
		if got := s.status(upgrade("/socket?token="+token, append(fields, "X-Forwarded-For: 203.0.113.7")...)); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	const many = 200
	for range many {
		login(401, bad)
	}
	login(403, k.token("A"), "Origin: https://evil.example")
	login(400, k.token("A"), "Sec-WebSocket-Protocol: a, a")
	d, path := withToken("Authorization", k.token("A"))
	a, err := s.dial(d, path)
	if err != nil {
		t.Fatal(err)
	}
	a.say("who,")
	a.hears("系统:在线 1: A")
	for _, body := range []string{`{"user":"A"}`, `{"user":"A","for":"10m"}`, `{"user":"Nobody"}`} {
		s.Admin("/api/kick", body)
	}
	a.closedWith(frame.PolicyViolation)
	for range 3 {
		login(403, k.token("A"))
	}
	for reason, want := range map[string]string{"token": fmt.Sprint(many), "origin": "1", "400": "1", "banned": "3"} {
		if got := metric(t, s.AdminAddr, `wschat_handshakes_refused_total{reason="`+reason+`"}`); got != want {
			t.Errorf("%s: %s are counted, want %s", reason, got, want)
		}
	}
	s.Stop()
	var got []string
	counted := regexp.MustCompile(`msg=(refused|kicked|banned) .*`)
	for _, line := range s.logLines() {
		if found := counted.FindString(line); found != "" {
			got = append(got, strings.TrimSpace(found))
		}
	}
	want := []string{
		`msg=refused reason=token count=1 from=203.0.113.7 example="expected a valid token, got one that is refused: token: malformed"`,
		`msg=refused reason=origin count=1 from=203.0.113.7 example="expected an Origin of host \"chat.localhost\" or one that is allowed, got \"https://evil.example\""`,
		`msg=refused reason=400 count=1 from=203.0.113.7 example=""`,
		`msg=kicked user=A connections=1`,
		`msg=banned user=A for=10m0s connections=`,
		`msg=refused reason=banned count=1 from=203.0.113.7 example="user A is banned for now"`,
		fmt.Sprintf(`msg=refused reason=token count=%d from=203.0.113.7 example=`, many-1),
		`msg=refused reason=banned count=2 `,
	}
	if len(got) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for _, line := range want {
		if !strings.Contains(strings.Join(got, "\n"), line) {
			t.Errorf("no line %s in\n%s", line, strings.Join(got, "\n"))
		}
	}
	k.areNotLogged(s)
}

// A token is in no line, whatever is wrong with the request that has it.
func TestRefusedTokensAreNotLogged(t *testing.T) {
	k := newTokens(t)
	s := start(t, "-auth-secret-file", k.file)
	text := k.token("A")
	for _, raw := range []string{
		upgrade("/socket?token=" + text + "%zz"),
		upgrade("/socket", "Sec-WebSocket-Protocol: bearer."+text+", bearer."+text),
		upgrade("/socket", "Sec-WebSocket-Protocol: bearer."+text+"("),
		upgrade("/socket?token="+text, "Origin: https://evil.example"),
		"GET /socket?token=" + text + " HTTP/9.9\r\nHost: chat.localhost\r\n\r\n",
		"GET ftp://x/socket?token=" + text + " HTTP/1.1\r\nHost: chat.localhost\r\n\r\n",
	} {
		s.status(raw)
	}
	if !target.Until(func() bool { return strings.Contains(s.Log(), "msg=refused") }) {
		t.Error("nothing is logged")
	}
	s.Stop()
	k.areNotLogged(s)
}
