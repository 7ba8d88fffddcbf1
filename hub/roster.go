package hub

// roster is the users who are online, in no order. A map of them would take three
// times as much. Guarded by Hub.mu.
type roster []*user

// add puts u on the roster, if it is not.
func (r *roster) add(u *user) {
	if u.place == 0 {
		*r = append(*r, u)
		u.place = int32(len(*r))
	}
}

// remove takes u off it, if it is on it.
func (r *roster) remove(u *user) {
	if u.place == 0 {
		return
	}
	all := *r
	last := all[len(all)-1]
	all[u.place-1], last.place = last, u.place
	all[len(all)-1] = nil
	*r, u.place = all[:len(all)-1], 0
}

// here returns the user called name if it is online, else nil. The lock is held.
func (h *Hub) here(name string) *user {
	if u := h.users[name]; u != nil && u.place > 0 {
		return u
	}
	return nil
}
