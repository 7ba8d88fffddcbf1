package local

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"wschat/hub/chat"
)

// Who and Users show the first by name of those who are online, however many have come,
// joined, left and gone; and an answer stays as it was.
func TestRosters(t *testing.T) {
	const users, steps = 3 * rosterNames, 30_000
	random := rand.New(rand.NewPCG(14, 5))
	e, _ := open(t, Config{})
	online, members := make(map[string]bool), make(map[string]bool)
	type answer struct{ got, want []string }
	var answers []answer
	check := func(step int) {
		for _, group := range []string{"", "groupX"} {
			var want []string
			for name := range online {
				if group == "" || members[name] {
					want = append(want, name)
				}
			}
			slices.Sort(want)
			got, count, err := e.Who(group)
			if first := want[:min(len(want), chat.MaxNames)]; err != nil || count != len(want) || !slices.Equal(got, first) {
				t.Fatalf("step %d, %q: %d names, count %d, %v; want %d names, count %d", step, group, len(got), count, err, len(first), len(want))
			}
			answers = append(answers, answer{got, slices.Clone(got)})
		}
		all, count, err := e.Users()
		if names, _, _ := e.Who(""); err != nil || count != len(online) || len(all) != len(names) || len(all) > 0 && all[len(all)-1].User != names[len(names)-1] {
			t.Fatalf("step %d: %d users of %d, %v", step, len(all), count, err)
		}
	}
	for step := range steps {
		// First they come, then the first by name go, then any.
		name := fmt.Sprintf("u%04d", random.IntN(users))
		if phase := step * 3 / steps; phase == 1 {
			name = fmt.Sprintf("u%04d", random.IntN(users/4))
		}
		switch {
		case !online[name] && step*3/steps != 1:
			enter(t, e, name)
			online[name] = true
		case online[name] && random.IntN(4) == 0 && step*3/steps == 0:
			e.Exit(name, "")
			delete(online, name)
		case online[name] && step*3/steps > 0:
			e.Exit(name, "")
			delete(online, name)
		case online[name]:
			setMember(e, name, "groupX", !members[name])
			members[name] = !members[name]
		}
		if step%97 == 0 || step > steps-10 {
			check(step)
		}
	}
	for _, a := range answers {
		if !slices.Equal(a.got, a.want) {
			t.Fatal("an answer has changed")
		}
	}
	for name := range online {
		e.Exit(name, "")
		delete(online, name)
	}
	check(steps)
}
