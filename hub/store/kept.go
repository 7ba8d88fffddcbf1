package store

import (
	"encoding/binary"

	"wschat/hub/chat"
)

// Flags of a kept message. The kind of the message is above them.
const (
	keptBinary  = 1 << iota // the body is opaque
	keptPrivate             // it is meant for one user, who is named
	keptFile                // a file comes with it
	keptKind    = iota      // how many bits are below the kind
)

// kept is a message in a piece:
//
//	flags 1 │ time 8 │ about, if there is one │ from │ to, if it is private │ file, if there is one │ body
//
// About is a uvarint. A name or file is its length, as a uvarint, and its bytes. The place of a message
// tells its number and conversation. An edit has no body, and that of a reaction is what it
// takes the place of; see Memory.amend.
type kept struct {
	flags    byte
	time     int64 // ns since 1970
	about    uint64
	from, to []byte // to: empty if it is not private
	file     []byte // empty: there is none
	body     []byte
}

// kind returns what the message is to the one that it is about.
func (k *kept) kind() chat.Kind { return chat.Kind(k.flags >> keptKind) }

// keptFlags returns the flags of a message.
func keptFlags(kind chat.Kind, binaryBody, private, file bool) byte {
	flags := byte(kind) << keptKind
	if binaryBody {
		flags |= keptBinary
	}
	if private {
		flags |= keptPrivate
	}
	if file {
		flags |= keptFile
	}
	return flags
}

// appendKept appends a kept message, from chat.Message or Saved.
func appendKept[T string | []byte](b []byte, flags byte, at int64, about uint64, from, to, file T, body []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, flags), uint64(at))
	if flags>>keptKind != 0 {
		b = binary.AppendUvarint(b, about)
	}
	b = append(binary.AppendUvarint(b, uint64(len(from))), from...)
	if flags&keptPrivate != 0 {
		b = append(binary.AppendUvarint(b, uint64(len(to))), to...)
	}
	if flags&keptFile != 0 {
		b = append(binary.AppendUvarint(b, uint64(len(file))), file...)
	}
	return append(b, body...)
}

// keptBody returns the body of a kept message.
func keptBody[T string | []byte](kind chat.Kind, body []byte, was T) []byte {
	switch kind {
	case chat.Edit:
		return nil
	case chat.Reaction:
		return []byte(was)
	}
	return body
}

// keptSize returns how many bytes m takes at most, its length before it included.
func keptSize(m *chat.Message) int {
	return 9 + 5*binary.MaxVarintLen32 + binary.MaxVarintLen64 + len(m.From) + len(m.To) + len(m.Was) + len(m.File) + len(m.Body)
}

func parseKept(b []byte) kept {
	k := kept{flags: b[0], time: int64(binary.LittleEndian.Uint64(b[1:]))}
	b = b[9:]
	if k.kind() != chat.Plain {
		about, n := binary.Uvarint(b)
		k.about, b = about, b[n:]
	}
	k.from, b = cutName(b)
	if k.flags&keptPrivate != 0 {
		k.to, b = cutName(b)
	}
	if k.flags&keptFile != 0 {
		k.file, b = cutName(b)
	}
	k.body = b[:len(b):len(b)]
	return k
}

// appendErased appends a kept message without what it says: its file and its body.
func appendErased(dst, b []byte) []byte {
	k := parseKept(b)
	return appendKept(dst, k.flags&^keptFile, k.time, k.about, k.from, k.to, nil, nil)
}

func cutName(b []byte) (name, rest []byte) {
	length, n := binary.Uvarint(b)
	end := n + int(length)
	return b[n:end], b[end:]
}
