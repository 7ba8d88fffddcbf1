package hub

import "time"

// tellingTime is how long a login or exit may take to reach a node by all its
// groups.
const tellingTime = 10 * time.Second

// tellings remembers the logins and exits that have been told lately, and in
// which groups: who shares several with a user is told once. Guarded by Hub.mu.
type tellings struct {
	byEvent map[telling]*toldGroups
	order   []telling // the oldest first
}

type telling struct {
	user   string
	number uint64
}

type toldGroups struct {
	groups []string
	since  time.Time
}

// of returns in which groups an event has been told.
func (t *tellings) of(user string, number uint64, now time.Time) *toldGroups {
	for len(t.order) > 0 && now.Sub(t.byEvent[t.order[0]].since) > tellingTime {
		delete(t.byEvent, t.order[0])
		t.order = t.order[1:]
	}
	event := telling{user, number}
	told := t.byEvent[event]
	if told == nil {
		if t.byEvent == nil {
			t.byEvent = make(map[telling]*toldGroups)
		}
		told = &toldGroups{since: now}
		t.byEvent[event] = told
		t.order = append(t.order, event)
	}
	return told
}

// have reports whether a session has been told.
func (t *toldGroups) have(s *session) bool {
	for _, group := range t.groups {
		if s.may(group) && s.user.membership(group) != nil {
			return true
		}
	}
	return false
}
