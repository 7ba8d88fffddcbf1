package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/token"
	"wschat/handshake"
	"wschat/hub"
	"wschat/hub/wire"
)

const secret = "0123456789abcdef0123456789abcdef"

// signed makes a token that is good for another second of now.
func signed(t *testing.T, user string, groups ...string) string {
	t.Helper()
	text, err := token.Sign([]byte(secret), token.Claims{User: user, Expires: tokenTime.Add(time.Second), Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// access is what a server with these flags says of a request.
func access(r *handshake.Request, secret []byte, audience string, now time.Time) (hub.Access, error) {
	a, _, err := (&gate{secret: secret, audience: audience}).admit(r, now)
	return a, err
}

var tokenTime = time.Unix(1_700_000_000, 0)

// upgradeOf is an upgrade for a query, with more header fields, "Name: value".
func upgradeOf(query string, fields ...string) *handshake.Request {
	r := &handshake.Request{Method: "GET", URL: &url.URL{Path: "/socket", RawQuery: query}}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header = append(r.Header, handshake.Field{Name: name, Value: value})
	}
	return r
}

// PROTOCOL 2: without -auth-secret-file the user is who the query says.
func TestAccessWithoutTokens(t *testing.T) {
	for _, row := range []struct {
		query  string
		user   string
		status int
	}{
		{"", "", 0},
		{"userId=", "", 0},
		{"userId=A", "A", 0},
		{"userId=%E5%B0%8F%E6%9E%97", "小林", 0},
		{"userId=a%2Bb", "", 400},
		{"userId=groupA", "", 400},
		{"userId=all", "", 400},
		{"userId=" + strings.Repeat("x", 65), "", 400},
		{"userId=A&token=whatever", "A", 0},
		{"userId=%zz", "", 400},
		{"userId=A;B", "", 400},
	} {
		a, err := access(upgradeOf(row.query, "Authorization: Bearer whatever"), nil, "", tokenTime)
		if row.status != 0 {
			isRejected(t, row.query, err, row.status)
			continue
		}
		if err != nil || a.User != row.user || a.Allows != nil || !a.Expires.IsZero() {
			t.Errorf("%s: got %+v, %v, want user %q", row.query, a, err, row.user)
		}
	}
}

func isRejected(t *testing.T, name string, err error, status int) *handshake.Rejection {
	t.Helper()
	var rejection *handshake.Rejection
	if !errors.As(err, &rejection) || rejection.Status != status || rejection.Reason == "" {
		t.Errorf("%s: got %v, want status %d", name, err, status)
		return new(handshake.Rejection)
	}
	return rejection
}

// PROTOCOL 2: with it the user is the token's sub.
func TestAccessWithTokens(t *testing.T) {
	a, b := signed(t, "A"), signed(t, "B")
	for _, row := range []struct {
		name   string
		query  string
		fields []string
		user   string // "": 401
	}{
		{"as Authorization", "", []string{"Authorization: Bearer " + a}, "A"},
		{"the scheme's case does not matter (RFC 9110 §11.1)", "", []string{"Authorization: bEARER " + a}, "A"},
		{"several spaces", "", []string{"authorization: Bearer   " + a}, "A"},
		{"in the query", "token=" + a, nil, "A"},
		{"in the query, escaped", "token=%65" + a[1:], nil, "A"},
		{"as a subprotocol", "", []string{"Sec-WebSocket-Protocol: wschat.v1.line, bearer." + a}, "A"},
		{"as a subprotocol in a second field", "", []string{"Sec-WebSocket-Protocol: wschat.v1.line", "Sec-WebSocket-Protocol: bearer." + a}, "A"},
		{"as the only subprotocol", "", []string{"Sec-WebSocket-Protocol: bearer." + a}, "A"},
		{"sub of another script", "", []string{"Authorization: Bearer " + signed(t, "小林")}, "小林"},
		{"userId is the same", "userId=A&token=" + a, nil, "A"},
		{"userId empty", "userId=&token=" + a, nil, "A"},
		{"Authorization goes before the query", "token=" + b, []string{"Authorization: Bearer " + a}, "A"},
		{"the query goes before the subprotocol", "token=" + a, []string{"Sec-WebSocket-Protocol: bearer." + b}, "A"},
		{"another Authorization is none of ours", "token=" + a, []string{"Authorization: Basic eDp5"}, "A"},
		{"the first of two subprotocols", "", []string{"Sec-WebSocket-Protocol: bearer." + a + ", bearer." + b}, "A"},

		{"none", "userId=A", nil, ""},
		{"none in Authorization", "token=" + a, []string{"Authorization: Bearer"}, ""},
		{"empty in Authorization", "", []string{"Authorization: Bearer "}, ""},
		{"empty in the query", "token=", nil, ""},
		{"empty subprotocol entry", "", []string{"Sec-WebSocket-Protocol: bearer."}, ""},
		{"a bad one in Authorization is not made good by the query", "token=" + a, []string{"Authorization: Bearer x"}, ""},
		{"a bad one in the query is not made good by the subprotocol", "token=x", []string{"Sec-WebSocket-Protocol: bearer." + a}, ""},
		{"another scheme with a token", "", []string{"Authorization: Token " + a}, ""},
		{"as Basic", "", []string{"Authorization: Basic " + a}, ""},
		{"without a scheme", "", []string{"Authorization: " + a}, ""},
		{"another subprotocol prefix", "", []string{"Sec-WebSocket-Protocol: Bearer." + a}, ""},
		{"in a cookie", "", []string{"Cookie: token=" + a}, ""},
		{"userId is another", "userId=B&token=" + a, nil, ""},
		{"userId differs in case", "userId=a&token=" + a, nil, ""},
		{"userId is no id", "userId=all&token=" + a, nil, ""},
		{"sub is a reserved word", "token=" + signed(t, "all"), nil, ""},
		{"sub begins with group", "token=" + signed(t, "groupA"), nil, ""},
		{"sub is empty", "token=" + signed(t, ""), nil, ""},
		{"sub is empty and userId is not", "userId=A&token=" + signed(t, ""), nil, ""},
		{"sub is too long", "token=" + signed(t, strings.Repeat("x", 65)), nil, ""},
		{"two in one field", "", []string{"Authorization: Bearer " + a + "," + b}, ""},
		{"cut", "token=" + a[:len(a)-4], nil, ""},
		{"of another secret", "token=" + other(t), nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := access(upgradeOf(row.query, row.fields...), []byte(secret), "", tokenTime)
			if row.user == "" {
				rejection := isRejected(t, row.name, err, http.StatusUnauthorized)
				if rejection.Header.Get("WWW-Authenticate") != "Bearer" { // RFC 9110 §15.5.2
					t.Errorf("got %v, want WWW-Authenticate", rejection.Header)
				}
				holdsNoToken(t, rejection, a, b)
				return
			}
			if err != nil || got.User != row.user || !got.Expires.Equal(tokenTime.Add(time.Second)) || got.Allows != nil {
				t.Errorf("got %+v, %v, want user %q", got, err, row.user)
			}
		})
	}
}

func other(t *testing.T) string {
	t.Helper()
	text, err := token.Sign([]byte(secret+secret), token.Claims{User: "A", Expires: tokenTime.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// holdsNoToken looks for any longer piece of the tokens in what is answered.
func holdsNoToken(t *testing.T, r *handshake.Rejection, tokens ...string) {
	t.Helper()
	const piece = 8
	for _, text := range tokens {
		for i := 0; i+piece <= len(text); i++ {
			if strings.Contains(r.Reason, text[i:i+piece]) {
				t.Errorf("the answer has %q of the token: %s", text[i:i+piece], r.Reason)
				return
			}
		}
	}
}

// A query that cannot be read may hold a token.
func TestBadQueryIsNotQuoted(t *testing.T) {
	a := signed(t, "A")
	for _, query := range []string{"token=%" + a, "token=" + a + "%z", "token=" + a + ";userId=A", "token" + a + "%"} {
		_, err := access(upgradeOf(query), []byte(secret), "", tokenTime)
		holdsNoToken(t, isRejected(t, query, err, http.StatusBadRequest), a)
		if strings.Contains(err.Error(), a[:2]) {
			t.Errorf("got %v", err)
		}
	}
}

// PROTOCOL 2: when it is over, and before it begins.
func TestAccessInTime(t *testing.T) {
	a := signed(t, "A")
	if _, err := access(upgradeOf("token="+a), []byte(secret), "", tokenTime.Add(time.Second-1)); err != nil {
		t.Errorf("to its end: %v", err)
	}
	_, err := access(upgradeOf("token="+a), []byte(secret), "", tokenTime.Add(time.Second))
	if rejection := isRejected(t, "at its end", err, http.StatusUnauthorized); !strings.Contains(rejection.Reason, "expired") {
		t.Errorf("got %q", rejection.Reason)
	}
}

// PROTOCOL 2: "a token with aud only if -auth-audience is in it".
func TestAccessAudience(t *testing.T) {
	for _, row := range []struct {
		claim, audience string
		status          int
	}{
		{"", "", 0},
		{"", "chat", 0},
		{`,"aud":"chat"`, "chat", 0},
		{`,"aud":["shop","chat"]`, "chat", 0},
		{`,"aud":"shop"`, "chat", 401},
		{`,"aud":"chat"`, "", 401},
		{`,"aud":""`, "chat", 401},
		{`,"aud":[]`, "chat", 401},
		{`,"aud":"Chat"`, "chat", 401},
		{`,"aud":null`, "chat", 401},
		{`,"aud":["chat",1]`, "chat", 401},
	} {
		signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
			base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"A","exp":1700000001`+row.claim+`}`))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(signed))
		text := signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		a, err := access(upgradeOf("token="+text), []byte(secret), row.audience, tokenTime)
		if row.status != 0 {
			isRejected(t, row.claim, err, row.status)
		} else if err != nil || a.User != "A" {
			t.Errorf("%s for %q: got %+v, %v", row.claim, row.audience, a, err)
		}
	}
}

// PROTOCOL 2: "An optional groups list".
func TestAccessGroups(t *testing.T) {
	a, err := access(upgradeOf("token="+signed(t, "A", "groupA", "groupB*")), []byte(secret), "", tokenTime)
	if err != nil || a.Allows == nil {
		t.Fatalf("got %+v, %v", a, err)
	}
	for group, want := range map[string]bool{"groupA": true, "groupBC": true, "groupC": false, "groupAA": false} {
		if a.Allows(group) != want {
			t.Errorf("%s: want %v", group, want)
		}
	}
	a, err = access(upgradeOf("token="+signed(t, "A", []string{}...)), []byte(secret), "", tokenTime)
	if err != nil || a.Allows == nil || a.Allows("groupA") {
		t.Errorf("an empty list: got %+v, %v, want no group", a, err)
	}
	a, err = access(upgradeOf("token="+signed(t, "A")), []byte(secret), "", tokenTime)
	if err != nil || a.Allows != nil {
		t.Errorf("no list: got %+v, %v, want no limit", a, err)
	}
}

// The entry with the token is a subprotocol that the server does not know.
func TestBearerIsNeverSelected(t *testing.T) {
	r := upgradeOf("", "Sec-WebSocket-Protocol: bearer."+signed(t, "A")+", wschat.v1.line")
	if got, err := handshake.SelectProtocol(r, wire.LineProtocol); err != nil || got != wire.LineProtocol {
		t.Errorf("got %q, %v", got, err)
	}
}
