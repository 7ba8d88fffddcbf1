//go:build e2e && linux

package living

import (
	"fmt"
	"slices"
)

// lawful says what is wrong with what was acknowledged and refused: each entry was allowed in
// the state that all before it had made, and each refusal may have been right.
func (m *model) lawful() (wrong []string) {
	m.mu.Lock()
	wrong = slices.Clone(m.wrong)
	refusals, dropped := m.refusals, m.dropped
	m.mu.Unlock()
	lists := make(map[string][]entry)
	for _, of := range m.conversations() {
		list, missing := m.acknowledged(of)
		if len(missing) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: nobody was given the numbers %d", of, missing))
			continue
		}
		lists[of] = list
		for i, e := range list {
			if why := m.forbids(list[:i], e); why != "" {
				wrong = append(wrong, fmt.Sprintf("%s: acknowledged, but %s: %v", of, why, e))
			}
		}
	}
	for _, r := range refusals {
		if why := m.grants(lists[r.of], r); why != "" {
			wrong = append(wrong, fmt.Sprintf("%s: %s though %s: %v", r.of, r.code, why, r.e))
		}
	}
	for _, d := range dropped {
		if n := uint64(len(lists[d.of])); m.history == 0 || d.first+m.history > n+1 {
			wrong = append(wrong, fmt.Sprintf("%s: a history begins at %d of %d", d.of, d.first, n))
		}
	}
	return wrong
}

// forbids says why e cannot come behind these; "": it can.
func (m *model) forbids(before []entry, e entry) string {
	about := e.about()
	if about == 0 {
		return ""
	}
	if about > uint64(len(before)) {
		return "it is about what is to come"
	}
	target := before[about-1]
	now := reads(before, about)
	switch {
	case target.amends() > 0:
		return "it is about no message"
	case now.Deleted:
		return "that was deleted before"
	case e.Edit > 0 && target.From != e.From, e.Delete > 0 && target.From != e.From && e.From != "":
		return "that is another's"
	case e.React > 0 && now.reactionOf(e.From) == e.Text:
		return "that changes nothing"
	case m.history > 0 && about+2*m.history < e.Seq:
		return "that cannot be kept any more"
	}
	return ""
}

// flying is how many entries may have been stored, and not been acknowledged yet.
const flying = 10

// grants says why a refusal is wrong; "": it may have been right.
func (m *model) grants(entries []entry, r refusal) string {
	about := r.e.about()
	if about > uint64(len(entries)) {
		if r.code == "not_found" {
			return ""
		}
		return "there is none"
	}
	target := entries[about-1]
	switch r.code {
	case "not_found":
		dropped := m.history > 0 && about+m.history <= r.last+flying
		if target.amends() == 0 && !reads(entries, about).Deleted && !dropped {
			return "it is there"
		}
	case "forbidden":
		if target.From == r.e.From || r.e.Edit == 0 && r.e.Delete == 0 {
			return "it is one's own"
		}
	default:
		return "nothing is wrong"
	}
	return ""
}
