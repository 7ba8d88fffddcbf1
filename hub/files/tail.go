package files

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"wschat/hub/chat"
)

// A file on disk is its bytes, and its tail:
//
//	what is said of it, as JSON │ claim 16 │ length of the JSON 2 │ magic 4
//
// The claim is zero until the file is sent.
const (
	magic     = "wsf1"
	claimSize = 16
	fixedSize = claimSize + 2 + len(magic)
)

var errTail = errors.New("files: not a whole file")

// tail is what is said of a file.
type tail struct {
	chat.File
	User string `json:"user"` // who has uploaded it
}

func (t *tail) append(b []byte) []byte {
	text, err := json.Marshal(t)
	if err != nil {
		panic("files: tail: " + err.Error()) // strings and numbers can be encoded
	}
	b = append(append(b, text...), make([]byte, claimSize)...)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(text))), magic...)
}

// readTail reads the tail of a whole file, and its claim.
func readTail(f *os.File) (t tail, c claim, err error) {
	info, err := f.Stat()
	if err != nil {
		return t, c, err
	}
	var fixed [fixedSize]byte
	if info.Size() < int64(len(fixed)) {
		return t, c, errTail
	}
	if _, err := f.ReadAt(fixed[:], info.Size()-int64(len(fixed))); err != nil {
		return t, c, err
	}
	text := make([]byte, binary.LittleEndian.Uint16(fixed[claimSize:]))
	at := info.Size() - int64(len(fixed)) - int64(len(text))
	if string(fixed[claimSize+2:]) != magic || at < 0 {
		return t, c, errTail
	}
	if _, err := f.ReadAt(text, at); err != nil {
		return t, c, err
	}
	if err := json.Unmarshal(text, &t); err != nil || t.Size != at {
		return t, c, fmt.Errorf("%w: it says %s", errTail, text)
	}
	return t, claim(fixed[:claimSize]), nil
}

// claim says by which send a file was sent: the first bytes of a hash of the user, the
// conversation and the id. Zero stands for one without an id.
type claim [claimSize]byte

func newClaim(user, conversation, request string) (c claim) {
	if request != "" {
		sum := sha256.Sum256([]byte(user + "\x00" + conversation + "\x00" + request)) // names hold no zero
		copy(c[:], sum[:])
	}
	return c
}

// write writes the claim of a file that is about to be sent.
func (c claim) write(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = f.WriteAt(c[:], info.Size()-int64(fixedSize))
	return err
}
