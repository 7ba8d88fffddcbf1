//go:build e2e

package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

const tokenSecret = "0123456789abcdef0123456789abcdef"

// tokens makes tokens with wschat token.
type tokens struct {
	t    *testing.T
	file string
	made []string
}

func newTokens(t *testing.T) *tokens {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(tokenSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tokens{t: t, file: file}
}

func (k *tokens) token(user string, more ...string) string {
	k.t.Helper()
	status, stdout, stderr := target.Run(k.t, nil, append([]string{"token", "-user", user, "-auth-secret-file", k.file}, more...)...)
	text, ok := strings.CutSuffix(stdout, "\n")
	if status != 0 || stderr != "" || !ok {
		k.t.Fatalf("wschat token: %d, %q, %q", status, stdout, stderr)
	}
	k.made = append(k.made, text)
	return text
}

// areNotLogged looks for the signatures, the user's own part of a token, and any
// longer piece, in what the server has logged.
func (k *tokens) areNotLogged(s *server) {
	k.t.Helper()
	log := s.Log()
	for _, text := range k.made {
		const piece = 12
		for i := 0; i+piece <= len(text); i++ {
			if strings.Contains(log, text[i:i+piece]) {
				k.t.Errorf("the log has a token's %q:\n%s", text[i:i+piece], log)
				return
			}
		}
	}
	if strings.Contains(log, tokenSecret[:16]) {
		k.t.Error("the log has the secret")
	}
}

// withToken is how a token can be given.
func withToken(way, text string) (handshake.Dialer, string) {
	switch way {
	case "Authorization":
		return handshake.Dialer{Header: handshake.Header{{Name: "Authorization", Value: "Bearer " + text}}}, "/socket"
	case "query":
		return handshake.Dialer{}, "/socket?token=" + url.QueryEscape(text)
	}
	return handshake.Dialer{Protocols: []string{"wschat.v1.line", "bearer." + text}}, "/socket"
}

// PROTOCOL 2: the user is the token's sub, in whatever way it is given.
func TestTokens(t *testing.T) {
	k := newTokens(t)
	s := start(t, "-auth-secret-file", k.file)
	for _, way := range []string{"Authorization", "query", "subprotocol"} {
		s.run(way, func(t *testing.T) {
			d, target := withToken(way, k.token("小林"))
			c, err := s.dial(d, target)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: "wschat.v1.line"}[way == "subprotocol"]; c.Response.Protocol != want {
				t.Errorf("got subprotocol %q, want %q: the token is never echoed", c.Response.Protocol, want)
			}
			c.say("all,hi")
			c.hears("用户(小林=>小林):hi")
			c.leave()
		})
	}
	s.run("as a browser does", func(t *testing.T) {
		fields := "Sec-WebSocket-Protocol: wschat.v1.line, bearer." + k.token("A")
		response, _ := s.ask(upgrade("/socket?userId=A", fields, "Origin: http://chat.localhost", "Cookie: a=b", "Pragma: no-cache"))
		if response.StatusCode != 101 || response.Header.Get("Sec-WebSocket-Protocol") != "wschat.v1.line" {
			t.Errorf("got %s, %v", response.Status, response.Header)
		}
	})
	good := k.token("A")
	refuse := map[string]string{
		"none":          "/socket?userId=A",
		"cut":           "/socket?token=" + good[:len(good)-1],
		"another user":  "/socket?userId=B&token=" + good,
		"no token":      "/socket?token=x.y.z",
		"quite another": "/socket?token=" + strings.Repeat("A", 8000),
	}
	for name, target := range refuse {
		s.run(name, func(t *testing.T) {
			_, err := s.dial(handshake.Dialer{}, target)
			var refused *handshake.StatusError
			if !errors.As(err, &refused) || refused.Status != 401 || refused.Header.Get("WWW-Authenticate") == "" {
				t.Fatalf("got %v, want 401", err)
			}
			if strings.Contains(refused.Body, good[len(good)-12:]) || strings.Contains(refused.Body, good[:12]) {
				t.Errorf("the answer has the token: %q", refused.Body)
			}
		})
	}
	if response, body := s.ask(request("GET / HTTP/1.1", host)); response.StatusCode != 200 || body == "" {
		t.Errorf("the page: got %s", response.Status) // is for everybody
	}
	k.areNotLogged(s)
}

// PROTOCOL 2: what the token's groups leave out is forbidden.
func TestTokenGroups(t *testing.T) {
	k := newTokens(t)
	s := start(t, "-auth-secret-file", k.file, "-presence", "none", "-log", "json")
	d, target := withToken("Authorization", k.token("A", "-groups", "groupA,group前*"))
	c, err := s.dial(d, target)
	if err != nil {
		t.Fatal(err)
	}
	c.say("join,groupA", "join,group前端", "join,groupB", "groupB,text", "history,groupB", "who,groupB")
	c.hears("系统:已加入 groupA", "系统:已加入 group前端",
		"错误:不能加入 groupB", "错误:不能加入 groupB", "错误:不能加入 groupB", "错误:不能加入 groupB")
	c.leave()
	k.areNotLogged(s)
}

// PROTOCOL 2: "a token with aud only if -auth-audience is in it". The issuer is another one.
func TestTokenAudience(t *testing.T) {
	k := newTokens(t)
	open, named := start(t, "-auth-secret-file", k.file), start(t, "-auth-secret-file", k.file, "-auth-audience", "chat")
	for claim, want := range map[string][2]int{ // without -auth-audience, and with it
		``:                         {101, 101},
		`,"aud":"chat"`:            {401, 101},
		`,"aud":["shop","chat"]`:   {401, 101},
		`,"aud":"shop"`:            {401, 401},
		`,"aud":[]`:                {401, 401},
		`,"aud":{"chat":"chat"}`:   {401, 401},
		`,"aud":"chat","aud":null`: {401, 401},
	} {
		signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
			base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"A","exp":9999999999`+claim+`}`))
		mac := hmac.New(sha256.New, []byte(tokenSecret))
		mac.Write([]byte(signed))
		text := signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		for i, s := range []*server{open, named} {
			if got := s.status(upgrade("/socket", "Authorization: Bearer "+text)); got != want[i] {
				t.Errorf("%s, server %d: got %d, want %d", claim, i, got, want[i])
			}
		}
	}
	for _, s := range []*server{open, named} {
		if got := s.status(upgrade("/socket?token=" + k.token("A"))); got != 101 {
			t.Errorf("a token of wschat token: got %d", got)
		}
	}
}

// PROTOCOL 2: "When the token expires the connection is closed with 4001", and
// nobody comes in with it any more.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	k := newTokens(t)
	s := start(t, "-auth-secret-file", k.file)
	d, target := withToken("Authorization", k.token("B"))
	b, err := s.dial(d, target)
	if err != nil {
		t.Fatal(err)
	}
	b.hearsNothing()
	d, target = withToken("query", k.token("A", "-ttl", "3s"))
	a, err := s.dial(d, target)
	if err != nil {
		t.Fatal(err)
	}
	b.hears("用户(A)登录了")
	a.say("B,in time")
	b.hears("用户(A=>B):in time")
	a.closedWith(frame.TokenExpired)
	b.hears("用户(A)退出了")
	_, err = s.dial(d, target)
	var refused *handshake.StatusError
	if !errors.As(err, &refused) || refused.Status != 401 || !strings.Contains(refused.Body, "expired") {
		t.Errorf("got %v, want 401", err)
	}
	b.hearsNothing()
	k.areNotLogged(s)
}
