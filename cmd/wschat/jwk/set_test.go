package jwk

import (
	"errors"
	"strings"
	"testing"
)

// with changes a member of a JWK, given as "name": value, or adds it.
func with(key, member string) string {
	name, _, _ := strings.Cut(member, ":")
	body := strings.TrimSuffix(key, "}")
	if i := strings.Index(body, name+":"); i >= 0 {
		rest := body[i:]
		end := strings.IndexByte(rest, ',')
		if end < 0 {
			return body[:i] + member + "}"
		}
		return body[:i] + member + rest[end:] + "}"
	}
	return body + "," + member + "}"
}

// RFC 7517: which keys are for signatures, and whole.
func TestKeys(t *testing.T) {
	for _, row := range []struct {
		name, set string
		ok        bool
	}{
		{"RSA", rfc7515RSA, true},
		{"P-256", rfc7515P256, true},
		{"Ed25519", rfc8037, true},
		{"use sig", with(rfc8037, `"use":"sig"`), true},
		{"use enc", with(rfc8037, `"use":"enc"`), false},
		{"key_ops verify", with(rfc8037, `"key_ops":["verify"]`), true},
		{"key_ops sign", with(rfc8037, `"key_ops":["sign"]`), false},
		{"key_ops no list", with(rfc8037, `"key_ops":"verify"`), false},
		{"alg", with(rfc8037, `"alg":"EdDSA"`), true},
		{"alg of another type", with(rfc8037, `"alg":"RS256"`), false},
		{"alg of another curve", with(rfc7515P256, `"alg":"ES512"`), false},
		{"alg unknown", with(rfc7515RSA, `"alg":"RSA-OAEP"`), false},
		{"alg none", with(rfc7515RSA, `"alg":"none"`), false},
		{"kid no text", with(rfc8037, `"kid":7`), false},
		{"a secret", `{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`, false},
		{"kty unknown", with(rfc8037, `"kty":"XYZ"`), false},
		{"kty missing", `{"n":"AQAB","e":"AQAB"}`, false},
		{"names are case-sensitive", strings.Replace(rfc8037, "kty", "KTY", 1), false},
		{"RSA of 1024 bits", `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 170) + `w"}`, false},
		{"RSA of 16384 bits", `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 2730) + `w"}`, false},
		{"RSA, e is 1", with(rfc7515RSA, `"e":"AQ"`), false},
		{"RSA, e is even", with(rfc7515RSA, `"e":"AQAC"`), false},
		{"RSA, e is long", with(rfc7515RSA, `"e":"AQAAAAAB"`), false},
		{"RSA, no e", with(rfc7515RSA, `"e":""`), false},
		{"EC of an unknown curve", with(rfc7515P256, `"crv":"secp256k1"`), false},
		{"EC not on the curve", with(rfc7515P256, `"x":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`), false},
		{"EC cut", with(rfc7515P256, `"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVE"`), false},
		{"Ed25519 cut", with(rfc8037, `"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR"`), false},
		{"X25519", with(rfc8037, `"crv":"X25519"`), false},
		{"padding", with(rfc8037, `"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="`), false},
		{"one of several", `{"kty":"oct","k":"AQ"},` + rfc8037 + `,{}`, true},
		{"none", ``, false},
		{"null", `null`, false},
	} {
		s, err := Parse([]byte(`{"keys":[` + row.set + `]}`))
		if row.ok && (err != nil || len(s.keys) != 1) || !row.ok && !errors.Is(err, ErrNoKey) {
			t.Errorf("%s: got %v, %v", row.name, s, err)
		}
	}
	for _, text := range []string{``, `{}`, `null`, `[]`, `{"keys":null}`, `{"keys":{}}`, `{"keys":[1]}`, `{"keys":[` + rfc8037 + `]}x`,
		`{"Keys":[` + rfc8037 + `]}`, rfc8037, `{"keys":[` + rfc8037 + `]}` + strings.Repeat(" ", maxSet)} {
		if s, err := Parse([]byte(text)); err == nil {
			t.Errorf("%.50s: got %v", text, s)
		}
	}
}

// PROTOCOL 9: chosen by kid (without one only if the set has a single key), and only with
// the algorithm that belongs to the key.
func TestChoice(t *testing.T) {
	named := func(key, id string) string { return with(key, `"kid":"`+id+`"`) }
	rsaNamed, ecNamed, edNamed := named(rfc7515RSA, "r"), named(rfc7515P256, "e"), named(rfc8037, "d")
	all := []string{rsaNamed, ecNamed, edNamed}
	for _, row := range []struct {
		name, head string
		keys       []string
		want       error
	}{
		{"by kid", `{"alg":"RS256","kid":"r"}`, all, ErrSignature}, // it got so far
		{"by kid", `{"alg":"PS512","kid":"r"}`, all, ErrSignature},
		{"by kid", `{"alg":"ES256","kid":"e"}`, all, ErrSignature},
		{"by kid", `{"alg":"EdDSA","kid":"d"}`, all, ErrSignature},
		{"no kid, one key", `{"alg":"EdDSA"}`, []string{edNamed}, ErrSignature},
		{"no kid, one key without", `{"alg":"EdDSA"}`, []string{rfc8037}, ErrSignature},
		{"no kid, one key of another type", `{"alg":"RS256"}`, []string{edNamed}, ErrAlgorithm},
		{"no kid, many keys", `{"alg":"EdDSA"}`, all, ErrUnknownKey},
		{"no kid, nor has one of many keys", `{"alg":"EdDSA"}`, []string{rfc8037, named(rfc7515RSA, "r")}, ErrUnknownKey},
		{"no kid, one key beside one that is not understood", `{"alg":"EdDSA"}`, []string{rfc8037, `{"kty":"oct","k":"AAAA"}`}, ErrUnknownKey},
		{"unknown kid", `{"alg":"EdDSA","kid":"x"}`, all, ErrUnknownKey},
		{"unknown kid, one key", `{"alg":"EdDSA","kid":"x"}`, []string{edNamed}, ErrUnknownKey},
		{"a kid, but none at the key", `{"alg":"EdDSA","kid":"x"}`, []string{rfc8037}, ErrUnknownKey},
		{"a doubled kid", `{"alg":"EdDSA","kid":"d"}`, []string{edNamed, edNamed}, ErrUnknownKey},
		{"a doubled kid of two types", `{"alg":"EdDSA","kid":"d"}`, []string{edNamed, named(rfc7515RSA, "d")}, ErrSignature},
		{"none", `{"alg":"none"}`, []string{rfc7515RSA}, ErrAlgorithm},
		{"None", `{"alg":"None","kid":"r"}`, all, ErrAlgorithm},
		{"no alg", `{"alg":"","kid":"r"}`, all, ErrAlgorithm},
		{"HS256 with a public key", `{"alg":"HS256","kid":"r"}`, all, ErrAlgorithm},
		{"HS512 with a public key", `{"alg":"HS512","kid":"e"}`, all, ErrAlgorithm},
		{"EC for RSA", `{"alg":"ES256","kid":"r"}`, all, ErrAlgorithm},
		{"RSA for EC", `{"alg":"RS256","kid":"e"}`, all, ErrAlgorithm},
		{"another curve", `{"alg":"ES384","kid":"e"}`, all, ErrAlgorithm},
		{"EdDSA for EC", `{"alg":"EdDSA","kid":"e"}`, all, ErrAlgorithm},
		{"another case", `{"alg":"rs256","kid":"r"}`, all, ErrAlgorithm},
		{"ES256K", `{"alg":"ES256K","kid":"e"}`, all, ErrAlgorithm},
		{"the key's alg", `{"alg":"RS256"}`, []string{with(rfc7515RSA, `"alg":"RS256"`)}, ErrSignature},
		{"another than the key's alg", `{"alg":"PS256"}`, []string{with(rfc7515RSA, `"alg":"RS256"`)}, ErrAlgorithm},
		{"a shorter hash than the key's alg", `{"alg":"RS256"}`, []string{with(rfc7515RSA, `"alg":"RS512"`)}, ErrAlgorithm},
	} {
		text := encode([]byte(row.head)) + "." + joe + ".AAAA"
		if err := sourceOf(t, row.keys...).Verify(parsed(t, text)); !errors.Is(err, row.want) {
			t.Errorf("%s %s: got %v, want %v", row.name, row.head, err, row.want)
		}
	}
}

// Whatever a set holds, and whatever a token says: no panic, and nothing unsigned is taken.
func FuzzSet(f *testing.F) {
	for _, key := range []string{rfc7515RSA, rfc7515P256, rfc7515P521, rfc7520RSA, rfc7520P521, rfc8037, `{"kty":"oct","k":"AQ"}`} {
		f.Add([]byte(`{"keys":[`+key+`]}`), "RS256", "bilbo.baggins@hobbiton.example")
		f.Add([]byte(`{"keys":[`+key+`,`+key+`]}`), "ES256", "")
	}
	f.Fuzz(func(t *testing.T, text []byte, algorithm, id string) {
		s := NewSource()
		if s.Use(text) != nil {
			return
		}
		signed := parsed(t, encode([]byte(`{"alg":"RS256"}`))+"."+joe+".AAAA")
		signed.Algorithm, signed.Key = algorithm, id
		if err := s.Verify(signed); err == nil {
			t.Errorf("%q takes a signature of three bytes", text)
		}
	})
}
