package redis

import (
	"context"
	"slices"
	"strconv"

	"wschat/hub/chat"
)

// Directory implements chat.Engine. The list of groups is read page by page.
func (s *Store) Directory(prefix, after string, limit int, may func(group string) bool) (groups []chat.GroupInfo, more bool, err error) {
	ctx, cancel := patience()
	defer cancel()
	from := "[" + prefix
	if after >= prefix {
		from = "(" + after
	}
	for len(groups) <= limit { // one more, to see if there is
		r, err := s.call(ctx, groupsKey, "ZRANGEBYLEX", groupsKey, from, "("+prefix+"\xff", "LIMIT", 0, batch)
		if err != nil {
			return nil, false, err
		}
		names, err := r.Strings()
		if err != nil {
			return nil, false, chat.ErrUnavailable
		}
		last := len(names) < batch
		if !last {
			from = "(" + names[len(names)-1]
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !may(name) })
		for len(names) > 0 && len(groups) <= limit { // some may have no members any more
			n := min(len(names), limit+1-len(groups))
			page, err := s.infos(ctx, names[:n])
			if err != nil {
				return nil, false, err
			}
			groups, names = append(groups, page...), names[n:]
		}
		if last {
			break
		}
	}
	if more = len(groups) > limit; more {
		groups = groups[:limit]
	}
	return groups, more, nil
}

// infos returns what is to be known of groups, but for those that have no members any more.
func (s *Store) infos(ctx context.Context, names []string) ([]chat.GroupInfo, error) {
	commands := make([]command, 0, 3*len(names))
	for _, name := range names {
		key := conversationKey(name)
		commands = append(commands, on(key, "HLEN", key+":m"), on(key, "ZCARD", key+":o"), on(key, "HGET", key+":h", "topic"))
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, err
	}
	groups := make([]chat.GroupInfo, 0, len(names))
	for i, name := range names {
		members, err1 := replies[3*i].Int()
		online, err2 := replies[3*i+1].Int()
		topic, err3 := replies[3*i+2].Text()
		if err1 != nil || err2 != nil || err3 != nil {
			return nil, chat.ErrUnavailable
		}
		if members > 0 {
			groups = append(groups, chat.GroupInfo{Group: name, Members: int(members), Online: int(online), Topic: topicText(topic)})
		}
	}
	return groups, nil
}

// MembersAway implements chat.Engine. Of a large group, the members are read page by page.
func (s *Store) MembersAway(group string) (names []string, looked int, err error) {
	ctx, cancel := patience()
	defer cancel()
	key, cursor := conversationKey(group), "0"
	for {
		r, err := s.call(ctx, key, "HSCAN", key+":m", cursor, "COUNT", batch)
		var list []string
		if err != nil || r.Scan(&cursor, &list) != nil {
			return nil, 0, chat.ErrUnavailable
		}
		looked += len(list) / 2
		for pair := range slices.Chunk(list, 2) {
			if number, err := strconv.ParseUint(pair[1], 10, 64); err == nil && number%2 == 0 {
				names = append(names, pair[0])
			}
		}
		if len(names) > 2*chat.MaxNames || cursor == "0" { // some may have come twice
			slices.Sort(names)
			names = slices.Compact(names)
			names = names[:min(len(names), chat.MaxNames)]
		}
		if cursor == "0" {
			return names, looked, nil
		}
	}
}
