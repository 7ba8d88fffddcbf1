package share

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

type somebody struct{ share Share }

func (s *somebody) Share() *Share { return &s.share }

// Whatever changes, the first holds most, no holder behind another one in the heap holds
// more, and who holds nothing is not there.
func TestRanking(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var r Ranking[*somebody]
	all := make([]somebody, 50)
	for range 10_000 {
		h := &all[random.IntN(len(all))]
		more := random.Int64N(100)
		if random.IntN(3) > 0 {
			more = -random.Int64N(h.share.held + 1)
		}
		r.Add(h, more)
		holding := 0
		for i := range all {
			if all[i].share.held == 0 {
				continue
			}
			holding++
			if r.At(int(all[i].share.at)-1) != &all[i] {
				t.Fatalf("holder %d is not where it says", i)
			}
		}
		if r.Len() != holding {
			t.Fatalf("%d are in it, %d hold something", r.Len(), holding)
		}
		for i := 1; i < r.Len(); i++ {
			if held, before := r.At(i).share.held, r.At((i-1)/2).share.held; held > before {
				t.Fatalf("%d at %d, behind %d", held, i, before)
			}
		}
	}
}

// Beyond the bound the holder of most loses the oldest, and the others lose nothing.
func TestQueue(t *testing.T) {
	q := NewQueue[string](10)
	for i := range 100 {
		if i%25 == 0 {
			q.Push("B", fmt.Sprint("B", i))
		}
		q.Push("A", fmt.Sprint("A", i))
	}
	want := []string{"B0", "B25", "B50", "B75", "A94", "A95", "A96", "A97", "A98", "A99"}
	if got := slices.Collect(q.All()); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, dropped := q.Push("C", "C"); dropped == nil || dropped.Value != "A94" || q.Len() != 10 {
		t.Errorf("%v is dropped, %d are left", dropped, q.Len())
	}
	if q.Greatest().Value != "A95" {
		t.Errorf("the greatest is to lose %v", q.Greatest().Value)
	}
	q.Drop(q.Greatest())
	q.Drop(q.Oldest().inAll.Newer()) // B25
	want = []string{"B0", "B50", "B75", "A96", "A97", "A98", "A99", "C"}
	if got := slices.Collect(q.All()); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for q.Oldest() != nil {
		q.Drop(q.Oldest())
	}
	if q.Len() != 0 || len(q.lines) != 0 || q.ranking.Len() != 0 || q.all.newest != nil {
		t.Errorf("left: %+v", q)
	}
}
