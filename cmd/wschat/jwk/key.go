package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
)

// The sizes of RSA keys, in bits: the least of RFC 7518 §3.3, and what a core verifies
// within a millisecond.
const minRSA, maxRSA = 2048, 8192

// key is one that verifies signatures.
type key struct {
	id        string
	algorithm string // the only one it is for; "": all of its type
	public    crypto.PublicKey
}

// object is a JWK. Its names are case-sensitive, which those of structs are not for
// encoding/json.
type object map[string]json.RawMessage

// text returns a member that is a string; ok tells that it is one, or missing.
func (o object) text(name string) (text string, ok bool) {
	raw, there := o[name]
	return text, !there || string(raw) != "null" && json.Unmarshal(raw, &text) == nil
}

// bytes returns a member in base64url without padding; nil: it is none.
func (o object) bytes(name string) []byte {
	text, ok := o.text(name)
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil {
		return nil
	}
	return decoded
}

// parseKey reports false for a key that is not for signatures, or not understood.
func parseKey(o object) (k key, ok bool) {
	var id, algorithm, use bool
	k.id, id = o.text("kid")
	k.algorithm, algorithm = o.text("alg")
	purpose, use := o.text("use")
	if !id || !algorithm || !use || purpose != "" && purpose != "sig" || !o.verifies() {
		return k, false
	}
	switch kind, _ := o.text("kty"); kind {
	case "RSA":
		k.public = o.rsa()
	case "EC":
		k.public = o.ec()
	case "OKP":
		k.public = o.ed25519()
	}
	return k, k.public != nil && (k.algorithm == "" || k.signs(k.algorithm))
}

// verifies reports whether key_ops, if it is there, has the operation.
func (o object) verifies() bool {
	var operations []string
	raw, there := o["key_ops"]
	return !there || json.Unmarshal(raw, &operations) == nil && slices.Contains(operations, "verify")
}

func (o object) rsa() crypto.PublicKey {
	n, e := new(big.Int).SetBytes(o.bytes("n")), new(big.Int).SetBytes(o.bytes("e"))
	if n.BitLen() < minRSA || n.BitLen() > maxRSA || n.Bit(0) == 0 || e.BitLen() < 2 || e.BitLen() > 31 || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

func (o object) ec() crypto.PublicKey {
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	name, _ := o.text("crv")
	curve := curves[name]
	if curve == nil {
		return nil
	}
	x, y := o.bytes("x"), o.bytes("y")
	if size := coordinate(curve); len(x) != size || len(y) != size { // RFC 7518 §6.2.1.2
		return nil
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil { // not on the curve
		return nil
	}
	return public
}

// coordinate is the size of one, in bytes.
func coordinate(curve elliptic.Curve) int { return (curve.Params().BitSize + 7) / 8 }

func (o object) ed25519() crypto.PublicKey {
	x := o.bytes("x")
	if curve, _ := o.text("crv"); curve != "Ed25519" || len(x) != ed25519.PublicKeySize {
		return nil
	}
	return ed25519.PublicKey(x)
}
