package main

import (
	"wschat/cmd/wschat/metric"
	"wschat/hub/local"
	"wschat/hub/redis"
)

// bounds has the bounds on what is remembered, by the names of their flags. Memberships and
// marks have no flag, and no such bound with Redis.
func (o *options) bounds() map[string]int64 {
	bounds := map[string]int64{
		"history-bytes": o.historyBytes, "max-conversations": int64(o.maxConversations),
		"max-users": int64(o.maxUsers), "max-ids": int64(o.maxIDs),
	}
	if o.redis == "" {
		bounds["memberships"], bounds["marks"] = int64(o.tableEntries()), int64(o.tableEntries())
	}
	return bounds
}

// writeBounds writes how full what is bounded is, and what came of that. With Redis there
// is no bound on conversations.
func (s *server) writeBounds(t *metric.Text) {
	kept := s.kept()
	ids, dropped := s.hub.IDs()
	used := map[string]int64{"max-ids": int64(ids)}
	refused := map[string]uint64{"memberships": s.hub.JoinsRefused()}
	dropping := map[string]uint64{"max-ids": dropped}
	switch e := s.engine.(type) {
	case *local.Engine:
		away, forgotten := e.Away()
		used["history-bytes"], used["max-conversations"], used["max-users"] = kept.Bytes, int64(kept.Conversations), int64(away)
		marks, unmarked := e.Marked()
		used["memberships"], used["marks"] = int64(e.Memberships()), int64(marks)
		dropping["marks"] = unmarked
		refused["history-bytes"], refused["max-conversations"] = kept.Refused.Bytes, kept.Refused.Conversations
		refused["waiting"] = kept.Refused.Waiting
		dropping["history-bytes"], dropping["max-conversations"], dropping["max-users"] = kept.Dropped, kept.Forgotten, forgotten
	case *redis.Store:
		stats := e.Stats()
		used["history-bytes"], used["max-users"] = stats.Held, stats.Away
		dropping["history-bytes"] = stats.Dropped
		refused["history-bytes"], refused["waiting"] = stats.TooLarge, stats.MissedMany
	}
	t.GaugeBy("wschat_bound", "The bounds on what is remembered, by their flags, and on memberships and marks; 0: no limit.", "bound", s.bounds)
	t.GaugeBy("wschat_bound_used", "How much of each bound is used. There can be more memberships than their bound.", "bound", used)
	t.CounterBy("wschat_bound_refused_total", "Messages and joins that were refused since their user had reached a bound.", "bound", refused)
	t.CounterBy("wschat_bound_dropped_total", "Messages, conversations, users, ids and marks that were dropped to make room, of whoever had most.", "bound", dropping)
}
