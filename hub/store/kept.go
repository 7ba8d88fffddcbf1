package store

import (
	"encoding/binary"

	"wschat/hub/chat"
)

// Flags of a kept message.
const (
	keptBinary  = 1 << iota // the body is opaque
	keptPrivate             // it is meant for one user, who is named
)

// kept is a message in a piece:
//
//	flags 1 │ time 8 │ from │ to, if it is private │ body
//
// A name is its length, as a uvarint, and its bytes. The place of a message tells its
// number and conversation.
type kept struct {
	flags    byte
	time     int64  // ns since 1970
	from, to []byte // to: empty if it is not private
	body     []byte
}

// appendKept appends a kept message, from chat.Message or Saved.
func appendKept[T string | []byte](b []byte, binaryBody, private bool, at int64, from, to T, body []byte) []byte {
	var flags byte
	if binaryBody {
		flags |= keptBinary
	}
	if private {
		flags |= keptPrivate
	}
	b = binary.LittleEndian.AppendUint64(append(b, flags), uint64(at))
	b = append(binary.AppendUvarint(b, uint64(len(from))), from...)
	if private {
		b = append(binary.AppendUvarint(b, uint64(len(to))), to...)
	}
	return append(b, body...)
}

// keptSize returns how many bytes m takes at most, its length before it included.
func keptSize(m *chat.Message) int {
	return 9 + 4*binary.MaxVarintLen32 + len(m.From) + len(m.To) + len(m.Body)
}

func parseKept(b []byte) kept {
	k := kept{flags: b[0], time: int64(binary.LittleEndian.Uint64(b[1:]))}
	k.from, b = cutName(b[9:])
	if k.flags&keptPrivate != 0 {
		k.to, b = cutName(b)
	}
	k.body = b[:len(b):len(b)]
	return k
}

func cutName(b []byte) (name, rest []byte) {
	length, n := binary.Uvarint(b)
	end := n + int(length)
	return b[n:end], b[end:]
}
