package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"math/big"

	"wschat/cmd/wschat/token"
)

// algorithm is one of RFC 7518 §3.1 or RFC 8037 §3.1. Those with a shared secret are not
// among them: a public key must never be taken for one.
type algorithm struct {
	hash   crypto.Hash
	verify func(key crypto.PublicKey, h crypto.Hash, signed, signature []byte) bool
	fits   func(key crypto.PublicKey) bool
}

var algorithms = map[string]algorithm{
	"RS256": {crypto.SHA256, pkcs1, isRSA},
	"RS384": {crypto.SHA384, pkcs1, isRSA},
	"RS512": {crypto.SHA512, pkcs1, isRSA},
	"PS256": {crypto.SHA256, pss, isRSA},
	"PS384": {crypto.SHA384, pss, isRSA},
	"PS512": {crypto.SHA512, pss, isRSA},
	"ES256": {crypto.SHA256, ecdsaPair, isOn(elliptic.P256())},
	"ES384": {crypto.SHA384, ecdsaPair, isOn(elliptic.P384())},
	"ES512": {crypto.SHA512, ecdsaPair, isOn(elliptic.P521())},
	"EdDSA": {0, edwards, isEdwards},
}

// signs reports whether an algorithm belongs to the key.
func (k *key) signs(name string) bool {
	a, known := algorithms[name]
	return known && (k.algorithm == "" || k.algorithm == name) && a.fits(k.public)
}

// verify verifies a token whose algorithm belongs to the key.
func (k *key) verify(t *token.Signed) error {
	a := algorithms[t.Algorithm]
	if !a.verify(k.public, a.hash, digest(a.hash, t.Signed), t.Signature) {
		return ErrSignature
	}
	return nil
}

// digest returns what is signed of a text; Ed25519 signs the text itself.
func digest(h crypto.Hash, text string) []byte {
	if h == 0 {
		return []byte(text)
	}
	sum := h.New()
	sum.Write([]byte(text))
	return sum.Sum(nil)
}

func isRSA(key crypto.PublicKey) bool {
	_, ok := key.(*rsa.PublicKey)
	return ok
}

func isEdwards(key crypto.PublicKey) bool {
	_, ok := key.(ed25519.PublicKey)
	return ok
}

func isOn(curve elliptic.Curve) func(crypto.PublicKey) bool {
	return func(key crypto.PublicKey) bool {
		public, ok := key.(*ecdsa.PublicKey)
		return ok && public.Curve == curve
	}
}

func pkcs1(key crypto.PublicKey, h crypto.Hash, signed, signature []byte) bool {
	return rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), h, signed, signature) == nil
}

// pss takes a salt of the hash's length only (RFC 7518 §3.5).
func pss(key crypto.PublicKey, h crypto.Hash, signed, signature []byte) bool {
	return rsa.VerifyPSS(key.(*rsa.PublicKey), h, signed, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
}

// ecdsaPair takes R and S, each as long as a coordinate (RFC 7518 §3.4).
func ecdsaPair(key crypto.PublicKey, _ crypto.Hash, signed, signature []byte) bool {
	public := key.(*ecdsa.PublicKey)
	size := coordinate(public.Curve)
	if len(signature) != 2*size {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return ecdsa.Verify(public, signed, r, s)
}

func edwards(key crypto.PublicKey, _ crypto.Hash, signed, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(key.(ed25519.PublicKey), signed, signature)
}
