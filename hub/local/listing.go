package local

import "wschat/hub/chat"

// listedAtOnce is how many groups are looked at with the lock held.
const listedAtOnce = 256

// Directory implements chat.Engine.
func (e *Engine) Directory(prefix, after string, limit int, may func(group string) bool) ([]chat.GroupInfo, bool, error) {
	groups, more := e.listAll(prefix, after, limit, may)
	e.addTopics(groups)
	return groups, more, nil
}

// listAll is Directory without topics.
func (e *Engine) listAll(prefix, after string, limit int, may func(group string) bool) (groups []chat.GroupInfo, more bool) {
	groups = make([]chat.GroupInfo, 0, min(limit, chat.MaxNames)+1)
	for more = true; more && len(groups) <= limit; {
		groups, after, more = e.list(groups, prefix, after, limit+1, may)
	}
	return groups[:min(len(groups), limit)], len(groups) > limit
}

// list appends the groups behind after to those listed, which become limit at most. It
// returns how far it has looked, and whether there may be more.
func (e *Engine) list(listed []chat.GroupInfo, prefix, after string, limit int, may func(group string) bool) (_ []chat.GroupInfo, at string, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	looked := 0
	for g := range e.sorted.behind(prefix, after) {
		if looked == listedAtOnce || len(listed) == limit {
			return listed, after, true
		}
		if may(g.name) {
			listed = append(listed, chat.GroupInfo{Group: g.name, Members: len(g.members), Online: int(g.online)})
		}
		after = g.name
		looked++
	}
	return listed, after, false
}

func (e *Engine) addTopics(groups []chat.GroupInfo) {
	names := make([]string, len(groups))
	for i := range groups {
		names[i] = groups[i].Group
	}
	topics := e.store.Topics(names)
	for i := range groups {
		groups[i].Topic = topics[groups[i].Group]
	}
}

// Groups implements chat.Engine.
func (e *Engine) Groups() ([]chat.GroupInfo, int, error) {
	groups, _ := e.listAll("", "", chat.MaxNames, func(string) bool { return true })
	_, count := e.Counts()
	return groups, max(count, len(groups)), nil
}
