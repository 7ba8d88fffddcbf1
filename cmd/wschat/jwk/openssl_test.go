package jwk

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signer makes keys and signatures with openssl, which shares no code with us.
type signer struct {
	t    *testing.T
	file string // of the private key
	jwk  string
}

func openssl(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("openssl", args...).Output()
	if err != nil {
		t.Fatalf("openssl %v: %v", args, err)
	}
	return out
}

func newSigner(t *testing.T, id string, options ...string) *signer {
	t.Helper()
	s := &signer{t: t, file: filepath.Join(t.TempDir(), "key")}
	openssl(t, append([]string{"genpkey", "-out", s.file}, options...)...)
	block, _ := pem.Decode(openssl(t, "pkey", "-in", s.file, "-pubout"))
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		s.jwk = fmt.Sprintf(`{"kty":"RSA","kid":%q,"n":%q,"e":%q}`, id, encode(k.N.Bytes()), encode(big.NewInt(int64(k.E)).Bytes()))
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := len(point) / 2
		s.jwk = fmt.Sprintf(`{"kty":"EC","kid":%q,"crv":%q,"x":%q,"y":%q}`, id, k.Curve.Params().Name, encode(point[1:1+half]), encode(point[1+half:]))
	case ed25519.PublicKey:
		s.jwk = fmt.Sprintf(`{"kty":"OKP","kid":%q,"crv":"Ed25519","x":%q}`, id, encode(k))
	}
	return s
}

// sign makes a token; size is that of a coordinate, for curves.
func (s *signer) sign(head, payload string, size int, options ...string) string {
	s.t.Helper()
	signed := encode([]byte(head)) + "." + encode([]byte(payload))
	file := filepath.Join(s.t.TempDir(), "signed")
	if err := os.WriteFile(file, []byte(signed), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var signature []byte
	if len(options) == 0 {
		signature = openssl(s.t, "pkeyutl", "-sign", "-rawin", "-inkey", s.file, "-in", file)
	} else {
		signature = openssl(s.t, append(append([]string{"dgst", "-sign", s.file}, options...), file)...)
	}
	if size > 0 {
		var pair struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(signature, &pair); err != nil {
			s.t.Fatal(err)
		}
		signature = append(pair.R.FillBytes(make([]byte, size)), pair.S.FillBytes(make([]byte, size))...)
	}
	return signed + "." + encode(signature)
}

// PROTOCOL 9: RS256/384/512, PS256/384/512, ES256/384/512, EdDSA.
func TestOpenSSL(t *testing.T) {
	rsaKey := newSigner(t, "r", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
	curve := func(name string) *signer {
		return newSigner(t, name, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:"+name)
	}
	p256, p384, p521 := curve("P-256"), curve("P-384"), curve("P-521")
	ed := newSigner(t, "d", "-algorithm", "ED25519")
	all := sourceOf(t, rsaKey.jwk, p256.jwk, p384.jwk, p521.jwk, ed.jwk)
	pss := func(hash, salt string) []string {
		return []string{"-" + hash, "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:" + salt}
	}
	for _, row := range []struct {
		algorithm, id string
		by            *signer
		size          int
		options       []string
		ok            bool
	}{
		{"RS256", "r", rsaKey, 0, []string{"-sha256"}, true},
		{"RS384", "r", rsaKey, 0, []string{"-sha384"}, true},
		{"RS512", "r", rsaKey, 0, []string{"-sha512"}, true},
		{"PS256", "r", rsaKey, 0, pss("sha256", "digest"), true},
		{"PS384", "r", rsaKey, 0, pss("sha384", "digest"), true},
		{"PS512", "r", rsaKey, 0, pss("sha512", "digest"), true},
		{"ES256", "P-256", p256, 32, []string{"-sha256"}, true},
		{"ES384", "P-384", p384, 48, []string{"-sha384"}, true},
		{"ES512", "P-521", p521, 66, []string{"-sha512"}, true},
		{"EdDSA", "d", ed, 0, nil, true},

		{"RS256", "r", rsaKey, 0, []string{"-sha512"}, false},
		{"RS256", "r", rsaKey, 0, pss("sha256", "digest"), false},
		{"PS256", "r", rsaKey, 0, []string{"-sha256"}, false},
		{"PS256", "r", rsaKey, 0, pss("sha256", "20"), false},
		{"ES256", "P-256", p256, 0, []string{"-sha256"}, false}, // as DER
		{"ES256", "P-256", p256, 33, []string{"-sha256"}, false},
		{"ES256", "P-256", p256, 32, []string{"-sha512"}, false},
	} {
		text := row.by.sign(fmt.Sprintf(`{"alg":%q,"kid":%q}`, row.algorithm, row.id), `{"sub":"A"}`, row.size, row.options...)
		if err := all.Verify(parsed(t, text)); (err == nil) != row.ok {
			t.Errorf("%s %v: got %v", row.algorithm, row.options, err)
		}
		if another := strings.Replace(text, encode([]byte(`{"sub":"A"}`)), encode([]byte(`{"sub":"B"}`)), 1); all.Verify(parsed(t, another)) == nil {
			t.Errorf("%s: another sub is taken", row.algorithm)
		}
	}
}
