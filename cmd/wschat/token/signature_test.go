package token

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Tokens that other programs made.
func TestForeignTokens(t *testing.T) {
	rfcSecret, err := base64.RawURLEncoding.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		secret []byte
		at     time.Time
		text   string
		want   Claims
	}{
		{
			"RFC 7515 appendix A.1", rfcSecret, time.Unix(1300819379, 0),
			"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
				".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
				".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
			Claims{Expires: time.Unix(1300819380, 0), Issuer: "joe"},
		},
		{
			"made with node:crypto", []byte(secret), now,
			"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9" +
				".eyJpc3MiOiJub2RlIiwic3ViIjoi5bCP5p6XIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDAsImdyb3VwcyI6WyJncm91cEEiLCJncm91cOWJjSoiXX0" +
				".jTSYckG4KEu1NpCU0PuSBMgkLFx1Kv3RklrxEPnj7MM",
			Claims{User: "小林", Expires: time.Unix(4102444800, 0), Groups: []string{"groupA", "group前*"}, Issuer: "node"},
		},
	} {
		if got, err := Verify(row.secret, row.text, row.at); err != nil || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %+v, %v, want %+v", row.name, got, err, row.want)
		}
	}
}

// RFC 7515 §5.2: what is not signed, whole, by who has the secret, is refused.
func TestSignature(t *testing.T) {
	good := sign(header, claims(""))
	head, rest, _ := strings.Cut(good, ".")
	payload, sum, _ := strings.Cut(rest, ".")
	admin := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"B","exp":1700000001}`))
	other := base64.RawURLEncoding.EncodeToString(signature([]byte(secret+"x"), head+"."+payload))
	half := base64.RawURLEncoding.EncodeToString(signature([]byte(secret), head+"."+payload)[:16])
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	for _, row := range []struct {
		name string
		text string
		want error
	}{
		{"as it was signed", good, nil},
		{"empty", "", ErrMalformed},
		{"one part", head, ErrMalformed},
		{"two parts", head + "." + payload, ErrMalformed},
		{"dots alone", "..", ErrMalformed},
		{"four parts", good + ".", ErrMalformed},
		{"five parts, as an encrypted one", good + "." + payload + "." + sum, ErrMalformed},
		{"a dot in front", "." + good, ErrMalformed},
		{"signature missing", head + "." + payload + ".", ErrSignature},
		{"none, and no signature (RFC 7519 §6.1)", unsigned + "." + payload + ".", ErrAlgorithm},
		{"none, and a signature", unsigned + "." + payload + "." + sum, ErrAlgorithm},
		{"signature cut by a byte", good[:len(good)-2] + "Q", ErrSignature},
		{"signature cut to half", head + "." + payload + "." + half, ErrSignature},
		{"signature extended", good + "AAAA", ErrSignature},
		{"signature changed in its first bit", head + "." + payload + "." + flip(sum, 0), ErrSignature},
		{"signature changed in its middle", head + "." + payload + "." + flip(sum, 20), ErrSignature},
		{"unused bits of the last character set", good[:len(good)-1] + next(good[len(good)-1]), ErrMalformed},
		{"another secret", head + "." + payload + "." + other, ErrSignature},
		{"another payload", head + "." + admin + "." + sum, ErrSignature},
		{"payload empty", head + ".." + sum, ErrSignature},
		{"header empty", "." + payload + "." + sum, ErrMalformed},
		{"parts in another order", payload + "." + head + "." + sum, ErrAlgorithm},
		{"RFC 7515 §2 padded", good + "=", ErrMalformed},
		{"base64, not base64url", head + "." + payload + "." + strings.Repeat("+/", 21) + "A", ErrMalformed},
		{"not base64", head + "." + payload + ".!", ErrMalformed},
		{"unicode", head + "." + payload + ".签名", ErrMalformed},
		{"a NUL", good + "\x00", ErrMalformed},
		{"white space around", " " + good, ErrMalformed},
		{"a line end behind", good + "\n", ErrMalformed},
		{"a line end in the signature", head + "." + payload + "." + sum[:10] + "\r\n" + sum[10:], ErrMalformed},
		{"a line end in the header", head[:10] + "\n" + head[10:] + "." + payload + "." + sum, ErrMalformed},
		{"a line end in the payload", head + "." + payload[:10] + "\n" + payload[10:] + "." + sum, ErrSignature},
		{"many dots", strings.Repeat(".", 1<<20), ErrMalformed},
		{"huge", strings.Repeat("A", 16<<20), ErrMalformed},
		{"huge header", strings.Repeat("A", 16<<20) + "." + payload + "." + sum, ErrMalformed},
		{"huge payload", head + "." + strings.Repeat("A", 16<<20) + "." + sum, ErrSignature},
		{"huge signature", good + strings.Repeat("A", 16<<20), ErrSignature},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Verify([]byte(secret), row.text, now)
			if !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			if err != nil && (strings.Contains(err.Error(), sum) || strings.Contains(err.Error(), payload)) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
	if huge := sign(header, claims(`,"x":"`+strings.Repeat("x", 1<<20)+`"`)); len(huge) < 1<<20 {
		t.Error("not huge")
	} else if _, err := Verify([]byte(secret), huge, now); err != nil {
		t.Errorf("huge, but signed: %v", err)
	}
}

// flip changes one bit of what a base64 character stands for.
func flip(s string, at int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return s[:at] + string(alphabet[strings.IndexByte(alphabet, s[at])^32]) + s[at+1:]
}

// next is the base64 character behind c, for one whose last bits are unused.
func next(c byte) string { return string(rune(c + 1)) }

func TestReadSecret(t *testing.T) {
	long := strings.Repeat("s", 32)
	binary := bytes.Repeat([]byte{0xff, 0, '\n', '\r'}, 8)
	for _, row := range []struct {
		name    string
		content string
		want    string
		err     error
	}{
		{"32 bytes", long, long, nil},
		{"31 bytes", long[:31], "", ErrShortSecret},
		{"a newline is trimmed", long + "\n", long, nil},
		{"a newline does not count", long[:31] + "\n", "", ErrShortSecret},
		{"a CRLF is trimmed", long + "\r\n", long, nil},
		{"a CRLF does not count", long[:31] + "\r\n", "", ErrShortSecret},
		{"the last newline alone", long + "\n\n", long + "\n", nil},
		{"a CR is no newline", long + "\r", long + "\r", nil},
		{"nor is one of those that bytes may happen to be", string(binary), string(binary), nil},
		{"a space belongs to it", " " + long + " ", " " + long + " ", nil},
		{"empty", "", "", ErrShortSecret},
		{"a newline and nothing else", "\n", "", ErrShortSecret},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(file, []byte(row.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadSecret(file)
			if string(got) != row.want || !errors.Is(err, row.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, row.want, row.err)
			}
			if err != nil && (!strings.Contains(err.Error(), file) || row.content != "" && row.content != "\n" && strings.Contains(err.Error(), row.content)) {
				t.Errorf("%v: want the file named, and not what is in it", err)
			}
		})
	}
	if _, err := ReadSecret(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: got %v", err)
	}
	if _, err := ReadSecret(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}
