package frame

import (
	"bytes"
	"testing"
)

// naiveMask is RFC 6455 §5.3 as it is written there.
func naiveMask(p []byte, key [4]byte, offset int) {
	for i := range p {
		p[i] ^= key[(offset+i)%4]
	}
}

func sequence(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i * 7)
	}
	return p
}

// Every length through two turns of the loop, from every position in the key,
// at every alignment.
func TestMask(t *testing.T) {
	for n := range 150 {
		for offset := range 8 {
			for start := range 8 {
				got, want := sequence(start+n), sequence(start+n)
				Mask(got[start:], benchKey, offset)
				naiveMask(want[start:], benchKey, offset)
				if !bytes.Equal(got, want) {
					t.Fatalf("§5.3 %d bytes, offset %d, start %d: got % x, want % x", n, offset, start, got, want)
				}
			}
		}
	}
}

func TestMaskTwiceIsNothing(t *testing.T) {
	p := sequence(1<<16 + 3)
	Mask(p, benchKey, 0)
	if bytes.Equal(p, sequence(len(p))) {
		t.Error("masking changed nothing")
	}
	Mask(p, benchKey, 0)
	if !bytes.Equal(p, sequence(len(p))) {
		t.Error("masking twice did not give the payload back")
	}
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("Hello"), uint32(0x37fa213d), 0, 2)
	f.Add(sequence(200), uint32(0x01020304), 3, 65)
	f.Fuzz(func(t *testing.T, p []byte, k uint32, offset, cut int) {
		offset = max(offset, 0) & 0xFFFF
		cut = max(cut, 0) % (len(p) + 1)
		key := [4]byte{byte(k >> 24), byte(k >> 16), byte(k >> 8), byte(k)}
		want := bytes.Clone(p)
		naiveMask(want, key, offset)

		whole := bytes.Clone(p)
		Mask(whole, key, offset)
		if !bytes.Equal(whole, want) {
			t.Errorf("in one piece: got % x, want % x", whole, want)
		}
		pieces := bytes.Clone(p)
		Mask(pieces[:cut], key, offset)
		Mask(pieces[cut:], key, offset+cut)
		if !bytes.Equal(pieces, want) {
			t.Errorf("cut at %d: got % x, want % x", cut, pieces, want)
		}
	})
}
