package local

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
