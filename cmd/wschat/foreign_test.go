package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wschat/cmd/wschat/token"
)

// issuer makes tokens of another issuer.
type issuer struct {
	t   *testing.T
	id  string
	key ed25519.PrivateKey
}

func newIssuer(t *testing.T, id string) *issuer {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t, id, key}
}

func (i *issuer) public() []byte { return i.key.Public().(ed25519.PublicKey) }

func keySet(issuers ...*issuer) []byte {
	var keys []string
	for _, i := range issuers {
		keys = append(keys, fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, i.id, raw(i.public())))
	}
	return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`)
}

func raw(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sign makes a token that is good for an hour, with these claims, "name": value.
func (i *issuer) sign(claims ...string) string {
	return i.signAs(fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, i.id), claims...)
}

func (i *issuer) signAs(head string, claims ...string) string {
	claims = append([]string{fmt.Sprintf(`"exp":%d`, time.Now().Add(time.Hour).Unix())}, claims...)
	signed := raw([]byte(head)) + "." + raw([]byte("{"+strings.Join(claims, ",")+"}"))
	return signed + "." + raw(ed25519.Sign(i.key, []byte(signed)))
}

// PROTOCOL 9: tokens of another issuer, together with those of -auth-secret-file.
func TestForeignTokens(t *testing.T) {
	known, unknown := newIssuer(t, "a"), newIssuer(t, "a")
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, keySet(known), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := token.Sign([]byte(secret), token.Claims{User: "A", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	confused := func(key []byte) string { // HS256, with what everybody knows as the secret
		signed := raw([]byte(`{"alg":"HS256","kid":"a"}`)) + "." + raw(fmt.Appendf(nil, `{"sub":"A","exp":%d}`, time.Now().Add(time.Hour).Unix()))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(signed))
		return signed + "." + raw(mac.Sum(nil))
	}
	const a = `"sub":"A"`
	for name, server := range map[string]struct {
		flags string
		rows  map[string]int // by the token
	}{
		"keys": {"", map[string]int{
			known.sign(a):                                0,
			known.signAs(`{"alg":"EdDSA"}`, a):           0,
			known.sign(a, `"aud":"chat"`):                401, // PROTOCOL 2: no -auth-audience
			known.sign(a, `"role":["x"]`):                0,
			known.sign(a, `"groups":"x"`):                401,
			known.sign(a, `"nbf":99999999999`):           401,
			known.sign(a, `"exp":1`):                     401,
			known.sign(`"sub":"all"`):                    401,
			known.sign(`"sub":7`):                        401,
			known.sign():                                 401,
			known.sign(a, `"password":"x"`):              0, // somebody else's claim
			unknown.sign(a):                              401,
			own:                                          401,
			confused(known.public()):                     401,
			confused(nil):                                401,
			confused(keySet(known)):                      401,
			known.signAs(`{"alg":"none","kid":"a"}`, a):  401,
			known.signAs(`{"alg":"EdDSA","kid":"b"}`, a): 401,
			known.signAs(`{"alg":"EdDSA","kid":"a","crit":["exp"]}`, a): 401,
			known.signAs(`{"alg":"EdDSA","kid":["a"]}`, a):              401,
			strings.TrimRight(known.sign(a), "-_AQgw"):                  401,
			known.sign(a) + ".x":                                        401,
		}},
		"both kinds": {"-auth-secret-file " + secretFile(t), map[string]int{
			known.sign(a): 0, own: 0, unknown.sign(a): 401, confused(known.public()): 401,
		}},
		"with users": {"-users " + usersFile(t, "A secret"), map[string]int{
			known.sign(a): 0, known.sign(`"sub":"B"`): 0, own: 401, confused(nil): 401, confused(known.public()): 401,
		}},
		"an issuer, an audience": {"-auth-issuer me -auth-audience chat", map[string]int{
			known.sign(a):                                     401,
			known.sign(a, `"iss":"me"`):                       401,
			known.sign(a, `"aud":"chat"`):                     401,
			known.sign(a, `"iss":"me"`, `"aud":"chat"`):       0,
			known.sign(a, `"iss":"me"`, `"aud":["x","chat"]`): 0,
			known.sign(a, `"iss":"me"`, `"aud":["x"]`):        401,
			known.sign(a, `"iss":"me"`, `"aud":[]`):           401,
			known.sign(a, `"iss":"Me"`, `"aud":"chat"`):       401,
			known.sign(a, `"iss":["me"]`, `"aud":"chat"`):     401,
		}},
		"another claim": {"-auth-user-claim email", map[string]int{
			known.sign(`"email":"a@b.example"`, `"sub":"all"`): 0,
			known.sign(a):               401,
			known.sign(`"email":["a"]`): 401,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := runServer(t, append([]string{"-auth-jwks", file}, strings.Fields(server.flags)...)...)
			for text, want := range server.rows {
				u, status, reason := r.dial("", "Authorization: Bearer "+text)
				head, payload, _ := strings.Cut(text, ".")
				h, _ := base64.RawURLEncoding.DecodeString(head)
				payload, _, _ = strings.Cut(payload, ".")
				p, _ := base64.RawURLEncoding.DecodeString(payload)
				if status != want {
					t.Errorf("%s %s: got %d %s, want %d", h, p, status, reason, want)
				}
				if u != nil {
					u.leave()
				}
			}
			if _, status, _ := r.dial("userId=C"); status != 401 {
				t.Errorf("without a token: got %d", status)
			}
		})
	}
}

// PROTOCOL 9: a file is read again when it changes; a URL when an unknown kid comes.
func TestKeysChange(t *testing.T) {
	one, two := newIssuer(t, "1"), newIssuer(t, "2")
	var set atomic.Pointer[[]byte]
	serve := func(b []byte) { set.Store(&b) }
	serve(keySet(one))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(*set.Load()) }))
	defer web.Close()
	file := filepath.Join(t.TempDir(), "keys")
	write := func(b []byte) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(keySet(one))
	byFile, byURL := runServer(t, "-auth-jwks", file), runServer(t, "-auth-jwks", web.URL)
	status := func(r *running, i *issuer) int {
		_, status, _ := r.dial("token=" + i.sign(`"sub":"A"`))
		return status
	}
	for _, r := range []*running{byFile, byURL} {
		if status(r, one) != 0 || status(r, two) != 401 {
			t.Error("the first keys do not hold")
		}
	}
	write(keySet(two))
	byFile.until("the new key holds", func() bool { return status(byFile, two) == 0 })
	if status(byFile, one) != 401 {
		t.Error("the old key holds still")
	}
	write([]byte("bad"))
	byFile.until("the log tells of the bad file", func() bool { return strings.Contains(byFile.log.String(), "key set not read again, the old one stays") })
	if status(byFile, two) != 0 {
		t.Error("the last key does not hold")
	}
	serve(keySet(two)) // it was fetched less than a minute ago
	if status(byURL, one) != 0 || status(byURL, two) != 401 {
		t.Error("the keys were fetched again within the minute")
	}
}

// PROTOCOL 9: a users file or key set that cannot be read ends the start (status 1).
func TestBadFilesEndTheStart(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	for _, args := range []string{
		"-users " + bad, "-users " + bad + ".none", "-users .", "-auth-jwks " + bad, "-auth-jwks " + bad + ".none", "-auth-jwks " + web.URL,
	} {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"-addr", "127.0.0.1:0"}, strings.Fields(args)...), environment(), &stdout, &stderr)
		if status != exitFailed || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: got %d, %q", args, status, stderr.String())
		}
	}
}

// PROTOCOL 9: "role":"moderator" in a token or the users file; welcome tells.
func TestRoles(t *testing.T) {
	known := newIssuer(t, "a")
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, keySet(known), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := token.Sign([]byte(secret), token.Claims{User: "A", Role: "moderator", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	r := runServer(t, "-auth-jwks", file, "-auth-secret-file", secretFile(t), "-users", usersFile(t, "M secret moderator groupA,groupM*", "N secret"))
	for text, want := range map[string]string{
		r.tokenOf("M", "secret"): "moderator",
		r.tokenOf("N", "secret"): "",
		own:                      "moderator",
		known.sign(`"sub":"X"`, `"role":"moderator"`): "moderator",
		known.sign(`"sub":"X"`, `"role":"Moderator"`): "",
		known.sign(`"sub":"X"`, `"role":"admin"`):     "",
	} {
		u, status, reason := r.dial("token="+text, "Sec-WebSocket-Protocol: wschat.v1.json")
		if status != 0 {
			t.Fatal(status, reason)
		}
		first, err := u.NextText()
		var welcome struct{ User, Role string }
		if err != nil || json.Unmarshal([]byte(first), &welcome) != nil || welcome.Role != want {
			t.Errorf("got %s, %v, want %q", first, err, want)
		}
		if welcome.User == "M" {
			u.say(`{"op":"join","id":"1","group":"groupX"}`)
			if text, err := u.NextText(); err != nil || !strings.Contains(text, "forbidden") {
				t.Errorf("the groups of the users file: got %s, %v", text, err)
			}
		}
		u.leave()
	}
}
