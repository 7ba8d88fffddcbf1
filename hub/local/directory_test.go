package local

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wschat/hub/chat"
)

// names returns those that a directory yields.
func (d *directory) names(prefix, after string) (names []string) {
	for g := range d.behind(prefix, after) {
		names = append(names, g.name)
	}
	return names
}

// Whatever comes and goes, the groups are in order, from any point on, and no block is empty
// or too long; and blocks do not become many.
func TestDirectory(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 2))
	var d directory
	have := make(map[string]*group)
	for step := range 60_000 {
		name := fmt.Sprint("group", random.IntN(10_000))
		g := have[name]
		switch grows := step/10_000%2 == 0; { // it grows, shrinks, …
		case g == nil && (grows || random.IntN(4) == 0):
			have[name] = &group{name: name}
			d.add(have[name])
		case g != nil && (!grows || random.IntN(4) == 0):
			d.remove(g)
			delete(have, name)
		}
		if step%1009 != 0 {
			continue
		}
		for i, block := range d.blocks {
			if len(block) == 0 || len(block) > directoryBlock {
				t.Fatalf("step %d: block %d has %d groups", step, i, len(block))
			}
		}
		if most := 4*len(have)/directoryBlock + 1; len(d.blocks) > most {
			t.Fatalf("step %d: %d blocks for %d groups", step, len(d.blocks), len(have))
		}
		var all []string
		for name := range have {
			all = append(all, name)
		}
		slices.Sort(all)
		for _, prefix := range []string{"", "group", "group7", fmt.Sprint("group", random.IntN(1000)), "x"} {
			for _, after := range []string{"", "group", "group69999", name, "y"} {
				var want []string
				for _, name := range all {
					if name > after && strings.HasPrefix(name, prefix) {
						want = append(want, name)
					}
				}
				if got := d.names(prefix, after); !slices.Equal(got, want) {
					t.Fatalf("step %d: %q behind %q: %d names, want %d", step, prefix, after, len(got), len(want))
				}
			}
		}
	}
	for _, g := range have {
		d.remove(g)
	}
	if len(d.blocks) > 0 || d.names("", "") != nil {
		t.Errorf("%d blocks are left", len(d.blocks))
	}
}

// PROTOCOL 5.2: "groups names only groups with members that the connection may be in", "which
// groups there are, by name, behind after".
func TestGroupsByName(t *testing.T) {
	e, _ := open(t, Config{Presence: chat.ToNone})
	for _, user := range []string{"A", "B", "C"} {
		enter(t, e, user)
	}
	for i := range 3 * listedAtOnce {
		setMember(e, "A", fmt.Sprintf("groupQ%03d", i), true)
	}
	for _, member := range []string{"A groupP", "B groupP", "C groupP", "A groupPa", "C groupPb", "B groupR", "A groupS"} {
		user, group, _ := strings.Cut(member, " ")
		setMember(e, user, group, true)
	}
	setMember(e, "A", "groupS", false)
	e.Exit("C", "")
	for _, row := range []struct {
		prefix, after string
		limit         int
		want          string // with how many members, and how many online
		more          bool
	}{
		{"groupP", "", 9, "groupP 3 2, groupPa 1 1, groupPb 1 0", false},
		{"groupP", "groupP", 9, "groupPa 1 1, groupPb 1 0", false},
		{"groupP", "groupP", 1, "groupPa 1 1", true},
		{"groupPa", "groupP", 9, "groupPa 1 1", false},
		{"groupP", "groupQ", 9, "", false},
		{"groupS", "", 9, "", false},
		{"", "groupPb", 1, "groupQ000 1 1", true},
		{"", "groupQ767", 9, "groupR 1 1", false},
		{"group", "groupPb", 0, "", true},
	} {
		groups, more, err := e.Directory(row.prefix, row.after, row.limit, func(string) bool { return true })
		var got []string
		for _, g := range groups {
			got = append(got, fmt.Sprint(g.Group, " ", g.Members, " ", g.Online))
		}
		if got := strings.Join(got, ", "); err != nil || got != row.want || more != row.more {
			t.Errorf("%q behind %q, %d: got %s, more: %v, %v; want %s, more: %v", row.prefix, row.after, row.limit, got, more, err, row.want, row.more)
		}
	}
	groups, more, _ := e.Directory("", "", 2, func(group string) bool { return group == "groupPb" || group > "groupQ766" })
	if len(groups) != 2 || groups[0].Group != "groupPb" || groups[1].Group != "groupQ767" || !more {
		t.Errorf("those allowed: %v, more: %v", groups, more)
	}
	if groups, count, err := e.Groups(); len(groups) != 3*listedAtOnce+4 || count != len(groups) || err != nil || groups[0].Group != "groupP" {
		t.Errorf("the operator sees %d groups of %d, %v", len(groups), count, err)
	}
}

// How many members are online is right whatever they do, and so is who is not.
func TestMembersOnline(t *testing.T) {
	const users = 20
	e, _ := open(t, Config{Presence: chat.ToNone})
	online, members := make(map[string]bool), make(map[string]bool)
	for range 3000 {
		user := fmt.Sprintf("U%02d", rand.IntN(users))
		switch {
		case !online[user]:
			enter(t, e, user)
			online[user] = true
		case rand.IntN(2) == 0:
			e.Exit(user, "")
			online[user] = false
		default:
			members[user] = !members[user]
			setMember(e, user, "groupA", members[user])
		}
		var here, away []string
		for i := range users {
			user := fmt.Sprintf("U%02d", i)
			if members[user] && online[user] {
				here = append(here, user)
			} else if members[user] {
				away = append(away, user)
			}
		}
		groups, _, _ := e.Directory("", "", 1, func(string) bool { return true })
		if n := len(here) + len(away); n > 0 && (groups[0].Online != len(here) || groups[0].Members != n) {
			t.Fatalf("got %+v, want %d of %d", groups[0], len(here), n)
		}
		if got, _, err := e.MembersAway("groupA"); !slices.Equal(got, away) || err != nil {
			t.Fatalf("away are %v, %v, want %v", got, err, away)
		}
	}
}

// PROTOCOL 5.2: `who` with "away": the first 1,000 by name, of however many.
func TestMembersAwayAreBounded(t *testing.T) {
	const users = 3 * askedAtOnce
	e, _ := open(t, Config{Presence: chat.ToNone})
	for _, i := range rand.Perm(users) {
		come(t, e, fmt.Sprintf("U%05d", i), "", "groupA")
	}
	got, looked, err := e.MembersAway("groupA")
	if err != nil || looked != users || len(got) != chat.MaxNames || got[0] != "U00000" || got[chat.MaxNames-1] != "U00999" || !slices.IsSorted(got) {
		t.Errorf("got %d names, %v", len(got), err)
	}
	if got, looked, err := e.MembersAway("groupB"); len(got) != 0 || looked != 0 || err != nil {
		t.Errorf("of no group: %v, %v", got, err)
	}
}

// A group that comes and goes among very many, and a page of their list.
func BenchmarkDirectory(b *testing.B) {
	var d directory
	groups := make([]*group, 200_000)
	for i := range groups {
		groups[i] = &group{name: fmt.Sprint("group", i*7919%len(groups))}
		d.add(groups[i])
	}
	b.Run("churn", func(b *testing.B) {
		i := 0
		for b.Loop() {
			d.remove(groups[i%len(groups)])
			d.add(groups[i%len(groups)])
			i += 104_729
		}
	})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for range d.behind("group1", "group12345") {
				if n++; n == 100 {
					break
				}
			}
		}
	})
}
