package frame

import "testing"

func TestWorthDeflating(t *testing.T) {
	for _, row := range []struct {
		n, bits int
		want    bool
	}{
		{MinDeflate - 1, 15, false}, {MinDeflate, 15, true}, {8 << 20, 15, true}, {8<<20 + 1, 15, false},
		{MinDeflate, 8, true}, {64 << 10, 8, true}, {64<<10 + 1, 8, false},
	} {
		if got := WorthDeflating(row.n, row.bits); got != row.want {
			t.Errorf("%d bytes at %d bits: got %v", row.n, row.bits, got)
		}
	}
}
