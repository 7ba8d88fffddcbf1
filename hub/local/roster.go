package local

import (
	"iter"
	"slices"

	"wschat/hub/chat"
)

// rosterNames is how many names a roster has at most: more than an answer, so that very many
// users must leave before it has to be made anew.
const rosterNames = 2 * chat.MaxNames

// roster has the first users by name of those who are online, everywhere or in a group. A
// login or exit changes it in place, so that an answer costs what it shows, and not what a
// sort of all names would. Guarded by Engine.mu.
type roster struct {
	count  int      // how many are online
	names  []string // sorted: all of them, or the first
	shared bool     // names has been handed out, and must not be changed
}

// newRoster returns the roster of the users whose names are in all.
func newRoster(all iter.Seq[string]) *roster {
	r := new(roster)
	r.fill(all)
	return r
}

// fill makes r anew.
func (r *roster) fill(all iter.Seq[string]) {
	*r = roster{}
	last := "" // beyond it no name counts, if it is known
	for name := range all {
		r.count++
		if last != "" && name > last {
			continue
		}
		r.names = append(r.names, name)
		if len(r.names) == 2*rosterNames {
			slices.Sort(r.names)
			r.names = r.names[:rosterNames]
			last = r.names[rosterNames-1]
		}
	}
	slices.Sort(r.names)
	r.names = slices.Clone(r.names[:min(len(r.names), rosterNames)])
}

// first returns the first chat.MaxNames names, which must not be changed. all is asked if
// too many of them have left.
func (r *roster) first(all iter.Seq[string]) []string {
	n := min(r.count, chat.MaxNames)
	if len(r.names) < n {
		r.fill(all)
	}
	r.shared = true
	return r.names[:n:n]
}

// enter adds somebody who was not online.
func (r *roster) enter(name string) {
	isWhole := len(r.names) == r.count
	r.count++
	i, _ := slices.BinarySearch(r.names, name)
	if i == len(r.names) && !isWhole || i == rosterNames {
		return
	}
	r.own()
	r.names = slices.Insert(r.names, i, name)
	if len(r.names) > rosterNames {
		r.names = r.names[:rosterNames]
	}
}

// exit takes somebody out who was online.
func (r *roster) exit(name string) {
	r.count--
	if i, found := slices.BinarySearch(r.names, name); found {
		r.own()
		r.names = slices.Delete(r.names, i, i+1)
	}
}

// own makes a copy of names that may be changed.
func (r *roster) own() {
	if r.shared {
		r.names, r.shared = append(make([]string, 0, len(r.names)+1), r.names...), false
	}
}
