package redis

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"wschat/hub/redis/resp"
)

// vouch finds out whether the masters have all that was given out in the epoch, and reports
// whether it holds. A process that has had the data of the epoch from the beginning has them
// still; its run id is in :servers. Another one, restarted or promoted, may lack the end:
// every node that has a lease must find there what it has been told of, and say so in
// :vouch. A node that died can say nothing, nor can one that begins.
func (s *Store) vouch(l leases, begins, whole bool) bool {
	ctx, cancel := patience()
	defer cancel()
	servers, err := s.servers(ctx)
	if err != nil || len(servers) == 0 {
		return err == nil
	}
	s.mu.Lock()
	s.masterIDs = strings.Join(servers, " ")
	s.mu.Unlock()
	r, err := s.call(ctx, nodesKey, "SMEMBERS", nodesKey+":servers")
	if err != nil {
		return false
	}
	known, err := r.Strings()
	if err != nil {
		return false
	}
	strange := slices.ContainsFunc(servers, func(id string) bool { return !slices.Contains(known, id) })
	switch {
	case !strange:
		return true
	case len(known) == 0 || begins && len(l.all) == 1:
		// The epoch has just begun, or all nodes have departed: they gave out nothing since.
	case begins:
		s.log.Warn("redis was restarted or replaced, and a node that knew its data is gone")
		s.begin(l.epoch)
		return false
	default:
		if s.missing(ctx) {
			return false
		}
		said := strings.Join(servers, " ")
		replies, err := s.all(ctx, []command{
			on(nodesKey, "HSET", nodesKey+":vouch", s.id, said),
			on(nodesKey, append([]any{"HMGET", nodesKey + ":vouch"}, asAny(l.all)...)...),
		})
		if err != nil {
			return false
		}
		others, err := replies[1].Array()
		if err != nil {
			return false
		}
		if slices.ContainsFunc(others, func(r resp.Reply) bool { text, _ := r.Text(); return text != said }) {
			if whole && len(l.dead) > 0 {
				s.lost("a node died with it")
			}
			return false
		}
	}
	_, err = s.call(ctx, nodesKey, append([]any{"SADD", nodesKey + ":servers"}, asAny(servers)...)...)
	return err == nil
}

// data names the data as this node knows them: those of an epoch, on some masters. A master
// that has taken the place of another may lack the end, although the epoch goes on.
func (s *Store) data() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := fnv.New64a()
	sum.Write([]byte(s.masterIDs))
	return s.epoch + "/" + strconv.FormatUint(sum.Sum64(), 36)
}

// begin has a new epoch begin, before this node has been part of one.
func (s *Store) begin(old string) {
	s.mu.Lock()
	s.epoch, s.recovering = old, true
	s.mu.Unlock()
	s.poke()
}

// missing reports whether something is not there that this node was told of before it asks,
// or that it does not know. If so, a new epoch begins.
func (s *Store) missing(ctx context.Context) bool {
	all := s.followed()
	told := make([]place, len(all))
	for i, c := range all {
		told[i].mark, told[i].seq = c.told()
	}
	at, err := s.places(ctx, all)
	if err != nil {
		return true
	}
	for i, c := range all {
		if told[i].mark != "" && at[i].mark != told[i].mark || at[i].seq < told[i].seq {
			s.lost(c.name)
			return true
		}
	}
	return false
}

// servers returns the run ids of all masters, sorted; none where Redis does not tell.
func (s *Store) servers(ctx context.Context) (ids []string, err error) {
	for _, key := range s.masters() {
		r, err := s.client.Ask(key, "INFO", "server")(ctx)
		var refused *resp.ServerError
		if errors.As(err, &refused) {
			return nil, nil
		}
		text, err2 := r.Text()
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		_, id, _ := strings.Cut(text, "run_id:")
		id, _, _ = strings.Cut(id, "\r")
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

func asAny(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
