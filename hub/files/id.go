package files

import (
	"crypto/rand"
	"encoding/base32"
)

// idLength is that of 128 bits in base32.
const idLength = 26

const alphabet = "abcdefghijklmnopqrstuvwxyz234567"

var encoding = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

func newID() string {
	var bits [16]byte
	rand.Read(bits[:]) // never fails
	return encoding.EncodeToString(bits[:])
}

// isID reports whether newID may have made id. So it is no path.
func isID(id string) bool {
	if len(id) != idLength {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
