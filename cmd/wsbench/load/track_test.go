package load

import "testing"

func TestTrack(t *testing.T) {
	upTo := func(n int, more ...uint32) []uint32 {
		var all []uint32
		for i := range n {
			all = append(all, uint32(i))
		}
		return append(all, more...)
	}
	for _, row := range []struct {
		name string
		came []uint32
		want Checks // Received is the number of fresh ones
	}{
		{"in order", upTo(100), Checks{Received: 100}},
		{"one lost", []uint32{0, 1, 3, 4}, Checks{Received: 4, Gaps: 1, GapMessages: 1}},
		{"the first lost", []uint32{1, 2}, Checks{Received: 2, Gaps: 1, GapMessages: 1}},
		{"one doubled at once", []uint32{0, 1, 1, 2}, Checks{Received: 3, Duplicates: 1}},
		{"one doubled later", upTo(60, 0), Checks{Received: 60, Duplicates: 1}},
		{"two swapped", []uint32{0, 2, 1, 3}, Checks{Received: 4, Gaps: 1, GapMessages: 1, Late: 1}},
		{"one late, and once more", []uint32{0, 2, 1, 1}, Checks{Received: 3, Gaps: 1, GapMessages: 1, Late: 1, Duplicates: 1}},
		{"a long gap", []uint32{0, 200, 201}, Checks{Received: 3, Gaps: 1, GapMessages: 199}},
		{"late behind a long gap", []uint32{0, 64, 1}, Checks{Received: 3, Gaps: 1, GapMessages: 63, Late: 1}},
		{"later than is remembered", []uint32{0, 200, 1}, Checks{Received: 3, Gaps: 1, GapMessages: 199, Late: 1}},
	} {
		var tr track
		var got Checks
		for _, q := range row.came {
			if tr.note(q, &got) {
				got.Received++
			}
		}
		if got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}

func TestGood(t *testing.T) {
	for _, row := range []struct {
		checks Checks
		want   bool
	}{
		{Checks{Expected: 5, Received: 5}, true},
		{Checks{Expected: 5, Received: 4, Lost: 1}, false},
		{Checks{Expected: 5, Received: 6}, false},
		{Checks{Expected: 5, Received: 5, Duplicates: 1}, false},
		{Checks{Expected: 5, Received: 5, Gaps: 1, Late: 1}, false},
		{Checks{Expected: 5, Received: 5, Corrupt: 1}, false},
	} {
		if got := row.checks.Good(); got != row.want {
			t.Errorf("%+v: %v", row.checks, got)
		}
	}
}
