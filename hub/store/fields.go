package store

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed is what ParseRecord and Fields.End say of bytes that are no record.
var ErrMalformed = errors.New("malformed body")

// AppendName appends a name as a field: its length, and its bytes.
func AppendName(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Fields takes the body of a record apart, from its beginning. After a failure all
// that it returns is zero. Not safe for concurrent use.
type Fields struct {
	rest []byte
	bad  bool
}

// NewFields returns the fields of b. What they return shares its bytes.
func NewFields(b []byte) Fields { return Fields{rest: b} }

func (f *Fields) take(n uint64) []byte {
	if n > uint64(len(f.rest)) {
		f.fail()
		return nil
	}
	b := f.rest[:n:n]
	f.rest = f.rest[n:]
	return b
}

func (f *Fields) fail() { f.rest, f.bad = nil, true }

// Byte returns the next byte.
func (f *Fields) Byte() byte {
	if b := f.take(1); b != nil {
		return b[0]
	}
	return 0
}

// Int64 returns a number of eight bytes.
func (f *Fields) Int64() int64 {
	if b := f.take(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// Uvarint returns a number of as many bytes as it needs.
func (f *Fields) Uvarint() uint64 {
	v, n := binary.Uvarint(f.rest)
	if n <= 0 {
		f.fail()
		return 0
	}
	f.rest = f.rest[n:]
	return v
}

// Name returns what AppendName has appended.
func (f *Fields) Name() []byte { return f.take(f.Uvarint()) }

// More reports whether there is anything left.
func (f *Fields) More() bool { return len(f.rest) > 0 }

// Rest returns all that is left.
func (f *Fields) Rest() []byte { return f.take(uint64(len(f.rest))) }

// End returns ErrMalformed if there were too few bytes, or are too many.
func (f *Fields) End() error {
	if f.bad || f.More() {
		return ErrMalformed
	}
	return nil
}
