package local

// online is the users who are online, in no order. A map of them would take three
// times as much. Guarded by Engine.mu.
type online []*user

// add puts u among them.
func (o *online) add(u *user) {
	*o = append(*o, u)
	u.place = int32(len(*o))
}

// remove takes u, who is one of them, out.
func (o *online) remove(u *user) {
	all := *o
	last := all[len(all)-1]
	all[u.place-1], last.place = last, u.place
	all[len(all)-1] = nil
	*o, u.place = all[:len(all)-1], 0
}
