package main

import (
	"log/slog"
	"runtime/debug"

	"wschat/cmd/wschat/metric"
	"wschat/hub/chat"
	"wschat/hub/journal"
	"wschat/hub/local"
	"wschat/hub/redis"
	"wschat/hub/store"
)

// startGC is the garbage that may lie about while a journal is read, in percent of
// what is in use.
const startGC = 25

// openEngine opens what the hub stands on: Redis with -redis, else this node alone,
// which keeps messages in a journal with -data, else in memory. closeEngine closes it, when
// it is not used any more. kept tells how much of the messages is in memory.
func openEngine(o *options, log *slog.Logger) (engine chat.Engine, kept func() store.Stats, closeEngine func() error, err error) {
	switch {
	case o.data != "":
		// A start has processor time to spare, but is the moment of most memory.
		defer debug.SetGCPercent(debug.SetGCPercent(startGC))
		j, err := journal.Open(journal.Config{
			Dir: o.data, Keep: o.history, MaxAge: o.membershipTTL,
			MaxConversations: o.maxConversations, MaxMemory: o.historyBytes,
			ForgetAfter: o.membershipTTL, MaxPending: o.pendingShare(), Log: log,
		})
		if err != nil {
			return nil, nil, nil, err
		}
		alone := openLocal(o, j)
		return alone, j.Stats, func() error {
			alone.Close()
			return j.Close()
		}, nil
	case o.redis != "":
		r, err := redis.Open(redis.Config{
			URL: o.redis, PasswordFile: o.redisPasswordFile, Keep: o.history, Bytes: o.historyBytes,
			MembershipTTL: o.membershipTTL, MaxUsers: o.maxUsers,
			Presence: o.presence.Presence, Single: o.single, Log: log,
		})
		if err != nil {
			return nil, nil, nil, err
		}
		return r, func() store.Stats { return store.Stats{} }, r.Close, nil
	}
	memory := store.New(o.history)
	memory.MaxConversations, memory.MaxBytes = o.maxConversations, o.historyBytes
	memory.ForgetAfter = o.membershipTTL
	alone := openLocal(o, memory)
	return alone, memory.Stats, func() error {
		alone.Close()
		return nil
	}, nil
}

func openLocal(o *options, s chat.Store) *local.Engine {
	return local.New(local.Config{
		Store: s, Presence: o.presence.Presence, Single: o.single,
		MembershipTTL: o.membershipTTL, MaxUsers: orUnbounded(o.maxUsers),
		MaxMemberships: o.tableEntries(), MaxMarks: o.tableEntries(),
	})
}

// writeStore writes what Redis costs, where it is the engine.
func (s *server) writeStore(t *metric.Text) {
	r, ok := s.engine.(*redis.Store)
	if !ok {
		return
	}
	stats := r.Stats()
	up := 0.0
	if stats.Available {
		up = 1
	}
	t.Gauge("wschat_redis_up", "Whether Redis can be reached, all of it, and what it lost is put back.", up)
	t.Gauge("wschat_redis_conversations", "Conversations that this node follows.", float64(stats.Conversations))
	t.Counter("wschat_redis_commands_total", "Commands sent to Redis.", float64(stats.Commands))
	t.Counter("wschat_redis_replies_total", "Replies from Redis.", float64(stats.Replies))
	t.Counter("wschat_redis_messages_total", "What Redis has published to this node.", float64(stats.Messages))
	t.Counter("wschat_redis_writes_total", "Writes to Redis' connections, many commands each.", float64(stats.Writes))
	t.Counter("wschat_redis_reads_total", "Reads from them.", float64(stats.Reads))
	t.Counter("wschat_redis_written_bytes_total", "Bytes written to Redis.", float64(stats.BytesOut))
	t.Counter("wschat_redis_read_bytes_total", "Bytes read from Redis.", float64(stats.BytesIn))
	t.Counter("wschat_redis_connections_total", "Connections made to Redis.", float64(stats.Connections))
}
