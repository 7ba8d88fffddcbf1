package local

import "iter"

// online is the set of users who are online, in no order. A map would take three times as
// much memory. Guarded by Engine.mu.
type online []*user

// add puts u among them.
func (o *online) add(u *user) {
	*o = append(*o, u)
	u.place = int32(len(*o))
}

// remove takes u out, who must be among them.
func (o *online) remove(u *user) {
	all := *o
	last := all[len(all)-1]
	all[u.place-1], last.place = last, u.place
	all[len(all)-1] = nil
	*o, u.place = all[:len(all)-1], 0
}

// names yields the names of those of users who are online.
func names(users []*user) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, u := range users {
			if u.place > 0 && !yield(u.name) {
				return
			}
		}
	}
}
