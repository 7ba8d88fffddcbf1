package frame

import "encoding/binary"

// MaxHeaderLen is the length in bytes of the longest header: two bytes, a
// 64-bit length and a masking key (RFC 6455 §5.2).
const MaxHeaderLen = 14

const (
	maxControl = 125 // the longest payload of a control frame (§5.5), and the longest length told in 7 bits
	length16   = 126 // in the 7 bits: the length is in the next 2 bytes
	length64   = 127 // in the 7 bits: the length is in the next 8 bytes
	max16      = 1<<16 - 1
	keyLen     = 4
)

// RSV1 is the first of a header's reserved bits. With permessage-deflate it is
// set on the first frame of a compressed message (RFC 7692 §6).
const RSV1 byte = 4

// Header is what comes before the payload of a frame (RFC 6455 §5.2).
type Header struct {
	Fin    bool    // this frame ends its message
	RSV    byte    // the reserved bits: [RSV1] is 4, RSV2 is 2, RSV3 is 1
	Opcode Opcode  // 0 to 15
	Masked bool    // the payload is masked with Key
	Key    [4]byte // the masking key; zero without Masked
	Length int64   // bytes of payload, never negative
}

// ParseHeader reads the header at the front of b and returns its length n, 2
// to [MaxHeaderLen] bytes. With n 0 and no error b ends within the header.
//
// It says what the bytes mean, not whether that is allowed. Only
// what cannot be a length is an error, and as soon as it can be seen, whether
// or not the header is whole: [ErrLengthNotMinimal], [ErrLengthTopBit].
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return Header{}, 0, nil
	}
	parseStart(&h, b)
	n, err = parseLength(&h, b)
	if n == 0 || err != nil {
		return Header{}, 0, err
	}
	n = parseKey(&h, b, n)
	if n == 0 {
		return Header{}, 0, nil
	}
	return h, n, nil
}

// parseStart reads the two bytes that every header begins with. Length is what
// the 7 bits say: up to 125 it is the length; 126 and 127 announce a longer
// field, and are then the least that the length can be.
func parseStart(h *Header, b []byte) {
	h.Fin = b[0]&0x80 != 0
	h.RSV = b[0] >> 4 & 0x7
	h.Opcode = Opcode(b[0] & 0xF)
	h.Masked = b[1]&0x80 != 0
	h.Length = int64(b[1] & 0x7F)
}

// parseLength replaces the 7 bits in h.Length, of the header that b begins
// with, by the length they stand for. It returns where the length field ends,
// or 0 if b ends before. b has at least two bytes.
func parseLength(h *Header, b []byte) (n int, err error) {
	switch h.Length {
	default:
		return 2, nil
	case length16:
		if len(b) < 4 {
			return 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.Length <= maxControl {
			return 0, ErrLengthNotMinimal
		}
		return 4, nil
	case length64:
		return parseLength64(h, b)
	}
}

// parseLength64 is parseLength for the 8-byte length field.
func parseLength64(h *Header, b []byte) (n int, err error) {
	field := b[2:min(len(b), 10)]
	if len(field) > 0 && field[0]&0x80 != 0 {
		return 0, ErrLengthTopBit // §5.2: "the most significant bit MUST be 0"
	}
	if len(field) >= 6 && [6]byte(field) == [6]byte{} {
		return 0, ErrLengthNotMinimal // what is left would have fitted into 16 bits
	}
	if len(field) < 8 {
		return 0, nil
	}
	h.Length = int64(binary.BigEndian.Uint64(field))
	return 10, nil
}

// parseKey reads the masking key, if there is one, at b[n:]. It returns where
// the header ends, or 0 if b ends before.
func parseKey(h *Header, b []byte, n int) int {
	if !h.Masked {
		return n
	}
	if len(b) < n+keyLen {
		return 0
	}
	h.Key = [keyLen]byte(b[n:])
	return n + keyLen
}

// AppendHeader appends the header h to dst, its length in the shortest form as
// RFC 6455 §5.2 demands, and its key if h.Masked. Of RSV the lowest three bits
// and of Opcode the lowest four are used. h.Length must not be negative.
func AppendHeader(dst []byte, h Header) []byte {
	b0 := h.RSV&0x7<<4 | byte(h.Opcode)&0xF
	if h.Fin {
		b0 |= 0x80
	}
	var mask byte
	if h.Masked {
		mask = 0x80
	}
	switch {
	case h.Length <= maxControl:
		dst = append(dst, b0, mask|byte(h.Length))
	case h.Length <= max16:
		dst = append(dst, b0, mask|length16, byte(h.Length>>8), byte(h.Length))
	default:
		dst = append(dst, b0, mask|length64)
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.Length))
	}
	if h.Masked {
		dst = append(dst, h.Key[:]...)
	}
	return dst
}

// AppendFrame appends one unmasked final frame, as a server sends it.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	dst = AppendHeader(dst, Header{Fin: true, Opcode: op, Length: int64(len(payload))})
	return append(dst, payload...)
}

// AppendMaskedFrame appends one masked final frame, as a client sends it;
// payload itself is left as it is. The key must be fresh for each frame and
// not to be guessed (RFC 6455 §5.3).
func AppendMaskedFrame(dst []byte, op Opcode, key [4]byte, payload []byte) []byte {
	dst = AppendHeader(dst, Header{Fin: true, Opcode: op, Masked: true, Key: key, Length: int64(len(payload))})
	start := len(dst)
	dst = append(dst, payload...)
	Mask(dst[start:], key, 0)
	return dst
}
