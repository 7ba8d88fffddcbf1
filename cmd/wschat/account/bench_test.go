package account

import "testing"

// PROTOCOL 9: a check costs 100 to 400 ms of a core.
func BenchmarkCheck(b *testing.B) {
	h, err := NewHash("secret", Iterations)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h.Matches("other")
	}
}
