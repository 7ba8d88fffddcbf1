package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// kind says what a record holds; see the package comment.
type kind byte

const (
	kindMark kind = 1 + iota
	kindEnd
	kindMessage
	kindWritten
	kindUser
	kindRequest
	kindMember
	kindForgotten
	kindTopic
	kindMarks
)

const (
	headSize = 8                // length and CRC
	markSize = headSize + 1 + 8 // a whole mark or end
	// maxRecord bounds the length of a record, in bytes.
	maxRecord = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errShort    = errors.New("incomplete record")
	errLength   = errors.New("impossible length")
	errChecksum = errors.New("wrong checksum")
	errBody     = errors.New("malformed body")
)

// beginRecord appends the head of a record, and its kind. The body is appended
// by the caller, who then calls endRecord.
func beginRecord(b []byte, k kind) []byte {
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0, byte(k))
}

// endRecord completes the head of a record, which rec is from its first byte to
// its last.
func endRecord(rec []byte, salt uint32) {
	binary.LittleEndian.PutUint32(rec, uint32(len(rec)-headSize))
	binary.LittleEndian.PutUint32(rec[4:], checksum(rec, salt))
}

// appendRecord appends a whole record.
func appendRecord(b []byte, k kind, body []byte, salt uint32) []byte {
	start := len(b)
	b = append(beginRecord(b, k), body...)
	endRecord(b[start:], salt)
	return b
}

// sizeOnDisk is what the record of a body takes, in bytes.
func sizeOnDisk(body []byte) int { return headSize + 1 + len(body) }

func checksum(rec []byte, salt uint32) uint32 {
	return crc32.Update(crc32.Update(salt, castagnoli, rec[:4]), castagnoli, rec[headSize:])
}

// recordSize returns the size of the record that begins with head, of at least
// headSize bytes. No more than rest bytes can belong to it.
func recordSize(head []byte, rest int64) (int, error) {
	length := int64(binary.LittleEndian.Uint32(head))
	switch {
	case length == 0 || length > maxRecord:
		return 0, errLength
	case length > rest-headSize:
		return 0, errShort
	}
	return headSize + int(length), nil
}

// parseRecord returns the first record of b, its size included.
func parseRecord(b []byte, salt uint32) (k kind, body []byte, size int, err error) {
	if len(b) < headSize {
		return 0, nil, 0, errShort
	}
	if size, err = recordSize(b, int64(len(b))); err != nil {
		return 0, nil, 0, err
	}
	if binary.LittleEndian.Uint32(b[4:]) != checksum(b[:size], salt) {
		return 0, nil, 0, errChecksum
	}
	return kind(b[headSize]), b[headSize+1 : size], size, nil
}

// appendMark appends a mark or an end for the given offset.
func appendMark(b []byte, k kind, offset int64, salt uint32) []byte {
	return appendRecord(b, k, binary.LittleEndian.AppendUint64(nil, uint64(offset)), salt)
}

// isMark reports whether b begins with a mark or an end that is at offset.
func isMark(b []byte, offset int64, salt uint32) bool {
	if len(b) < markSize || binary.LittleEndian.Uint32(b) != markSize-headSize ||
		binary.LittleEndian.Uint64(b[headSize+1:]) != uint64(offset) {
		return false
	}
	k, _, _, err := parseRecord(b[:markSize], salt)
	return err == nil && (k == kindMark || k == kindEnd)
}
