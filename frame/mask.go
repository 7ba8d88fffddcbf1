package frame

import (
	"encoding/binary"
	"math/bits"
)

// Mask masks p in place with key, or unmasks it, which is the same (RFC 6455
// §5.3). offset is the position of p in the payload, so that a payload can be
// masked piece by piece.
func Mask(p []byte, key [4]byte, offset int) {
	// Little-endian words keep the key's bytes in the order of p on every
	// machine; the compiler makes one load or store of each. XORBytes of
	// crypto/subtle is no steady gain at any length: BenchmarkMaskXORBytes.
	k32 := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*(offset&3))
	k := uint64(k32)<<32 | uint64(k32)
	for len(p) >= 64 {
		q := (*[64]byte)(p) // one bounds check for eight words
		xorWord(q[0:8], k)
		xorWord(q[8:16], k)
		xorWord(q[16:24], k)
		xorWord(q[24:32], k)
		xorWord(q[32:40], k)
		xorWord(q[40:48], k)
		xorWord(q[48:56], k)
		xorWord(q[56:64], k)
		p = p[64:]
	}
	for len(p) >= 8 {
		xorWord(p, k)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= byte(k)
		k >>= 8
	}
}

// xorWord XORs the first eight bytes of p with k.
func xorWord(p []byte, k uint64) {
	binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^k)
}
