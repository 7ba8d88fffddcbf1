package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

// FuzzVerify: nothing makes it panic, nothing is accepted whose signature is not
// that of its first two parts, and nothing that has not begun or is over.
func FuzzVerify(f *testing.F) {
	good := sign(header, claims(`,"groups":["groupA*"],"nbf":1`))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(sign(`{"alg":"none"}`, claims("")))
	f.Add(sign(header, `{"exp":1e400}`))
	f.Add(sign(header, `{"exp":"1"}`))
	f.Add("..")
	f.Add("e30.e30.")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Verify([]byte(secret), text, now)
		if err != nil {
			if c.User != "" || c.Groups != nil || !c.Expires.IsZero() {
				t.Errorf("%+v came with %v", c, err)
			}
			return
		}
		signed := text[:strings.LastIndexByte(text, '.')]
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(signed))
		if text != signed+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("accepted %q", text)
		}
		if !c.Expires.After(now) {
			t.Errorf("accepted one that ended %v", c.Expires)
		}
	})
}

// FuzzClaims signs what it is given, so that what is behind the signature is
// reached as well.
func FuzzClaims(f *testing.F) {
	f.Add(header, claims(""))
	f.Add(header, claims(`,"nbf":1.5e9,"groups":["a*",""]`))
	f.Add(`{"alg":"HS256","crit":[]}`, `{"exp":1e300,"sub":"\ud800"}`)
	f.Add(`{"ALG":"HS256"}`, `{"EXP":1e300}`)
	f.Add(`null`, `[]`)
	f.Fuzz(func(t *testing.T, head, payload string) {
		c, err := Verify([]byte(secret), sign(head, payload), now)
		if err != nil {
			return
		}
		if !c.Expires.After(now) || !strings.Contains(head, `HS256`) && !strings.Contains(head, `\u`) {
			t.Errorf("accepted %q %q as %+v", head, payload, c)
		}
	})
}
