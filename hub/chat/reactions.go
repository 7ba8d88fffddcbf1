package chat

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// UserReaction is what a user feels about a message.
type UserReaction struct {
	User, Text string
	seq        uint64 // of the reaction
}

// reactions are those to one message. They are immutable: one that has one reaction more shares
// most of its memory with the one before, and what it tells is not counted anew.
type reactions struct {
	buckets [][]UserReaction // by the user's hash; each a new slice when it changes
	count   int
	bytes   int // of users and texts
	tallies []Tally
}

// bucketSize is how many reactions a bucket has on average at most, when it is not the only one.
const bucketSize = 32

var hashSeed = maphash.MakeSeed()

func (r *reactions) bucketOf(user string) int {
	if len(r.buckets) <= 1 {
		return 0
	}
	return int(maphash.String(hashSeed, user) & uint64(len(r.buckets)-1))
}

// of returns what a user feels; its Text is "" if that is nothing.
func (r *reactions) of(user string) (found UserReaction) {
	if len(r.buckets) == 0 {
		return found
	}
	bucket := r.buckets[r.bucketOf(user)]
	if i := slices.IndexFunc(bucket, func(u UserReaction) bool { return u.User == user }); i >= 0 {
		found = bucket[i]
	}
	return found
}

// all returns them, the earliest first.
func (r *reactions) all() []UserReaction {
	all := slices.Concat(r.buckets...)
	slices.SortFunc(all, func(a, b UserReaction) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// with returns what r becomes when a user feels something else, or nothing any more.
func (r reactions) with(next UserReaction) reactions {
	old := r.of(next.User)
	if old.Text == "" && next.Text == "" {
		return r
	}
	r.grow()
	i := r.bucketOf(next.User)
	bucket := slices.DeleteFunc(slices.Clone(r.buckets[i]), func(u UserReaction) bool { return u.User == next.User })
	if old.Text != "" {
		r.count--
		r.bytes -= len(old.User) + len(old.Text)
	}
	if next.Text != "" {
		bucket = append(bucket, next)
		r.count++
		r.bytes += len(next.User) + len(next.Text)
	}
	r.buckets[i] = bucket
	if r.untell(old) {
		r.tell(next)
	} else {
		r.tallies = tally(r.all())
	}
	return r
}

// grow gives r buckets of its own, twice as many if they have become too full.
func (r *reactions) grow() {
	old := r.buckets
	if r.count < bucketSize*len(old) {
		r.buckets = slices.Clone(old)
		return
	}
	r.buckets = make([][]UserReaction, max(1, 2*len(old)))
	for _, bucket := range old {
		for _, u := range bucket {
			i := r.bucketOf(u.User)
			r.buckets[i] = append(r.buckets[i], u)
		}
	}
}

// untell takes one off the tallies, and reports whether that can be done without a look at all
// others: who is named makes room for another one.
func (r *reactions) untell(old UserReaction) bool {
	i := r.tallyOf(old.Text)
	if old.Text == "" || i < 0 {
		return true
	}
	if slices.Contains(r.tallies[i].Users, old.User) {
		return false
	}
	r.tallies = slices.Clone(r.tallies)
	r.tallies[i].Count--
	return true
}

// tell adds one to the tallies.
func (r *reactions) tell(next UserReaction) {
	r.tallies = appendTally(slices.Clone(r.tallies), r.tallyOf(next.Text), next)
}

func (r *reactions) tallyOf(text string) int {
	return slices.IndexFunc(r.tallies, func(t Tally) bool { return t.Text == text })
}

// tally counts reactions, the earliest first.
func tally(all []UserReaction) (tallies []Tally) {
	at := make(map[string]int)
	for _, u := range all {
		i, ok := at[u.Text]
		if !ok {
			i = -1
			if len(tallies) < MaxTallies {
				at[u.Text] = len(tallies)
			}
		}
		tallies = appendTally(tallies, i, u)
	}
	return tallies
}

// appendTally counts one more in the tally at i; negative: there is none of it yet.
func appendTally(tallies []Tally, i int, u UserReaction) []Tally {
	switch {
	case u.Text == "" || i < 0 && len(tallies) == MaxTallies:
		return tallies
	case i < 0:
		return append(tallies, Tally{u.Text, 1, []string{u.User}})
	}
	t := &tallies[i]
	if t.Count++; len(t.Users) < MaxTallyUsers {
		t.Users = append(slices.Clip(t.Users), u.User)
	}
	return tallies
}
