package main

import (
	"wschat/cmd/wschat/metric"
	"wschat/hub/local"
	"wschat/hub/redis"
)

// bounds has the values of the flags that bound what is remembered, by their names.
func (o *options) bounds() map[string]int64 {
	return map[string]int64{
		"history-bytes": o.historyBytes, "max-conversations": int64(o.maxConversations),
		"max-users": int64(o.maxUsers), "max-ids": int64(o.maxIDs),
	}
}

// writeBounds writes how full what is bounded is, and what came of that. With Redis there
// is no bound on conversations, and how many users are away is not told.
func (s *server) writeBounds(t *metric.Text) {
	kept := s.kept()
	ids, dropped := s.hub.IDs()
	used := map[string]int64{"max-ids": int64(ids)}
	refused := map[string]uint64{}
	dropping := map[string]uint64{"max-ids": dropped}
	switch e := s.engine.(type) {
	case *local.Engine:
		away, forgotten := e.Away()
		used["history-bytes"], used["max-conversations"], used["max-users"] = kept.Bytes, int64(kept.Conversations), int64(away)
		refused["history-bytes"], refused["max-conversations"] = kept.Refused.Bytes, kept.Refused.Conversations
		refused["waiting"] = kept.Refused.Waiting
		dropping["history-bytes"], dropping["max-conversations"], dropping["max-users"] = kept.Dropped, kept.Forgotten, forgotten
	case *redis.Store:
		stats := e.Stats()
		used["history-bytes"], dropping["history-bytes"] = stats.Held, stats.Dropped
		refused["history-bytes"], refused["waiting"] = stats.TooLarge, stats.MissedMany
	}
	t.GaugeBy("wschat_bound", "The flags that bound what is remembered; 0: no limit.", "bound", s.bounds)
	t.GaugeBy("wschat_bound_used", "How much of each bound is used.", "bound", used)
	t.CounterBy("wschat_bound_refused_total", "Messages that were refused since their user had reached a bound.", "bound", refused)
	t.CounterBy("wschat_bound_dropped_total", "Messages, conversations, users and ids that were dropped to make room, of whoever had most.", "bound", dropping)
}
