package hub

import (
	"hash/maphash"
	"sync"
	"time"

	"wschat/hub/share"
)

const (
	// ackTTL is how long the id of a send is remembered.
	ackTTL = 10 * time.Minute
	// DefaultIDs is the default of Config.MaxIDs. It is enough for 16 users who send
	// all the time at the default rate. They take some 130 MiB.
	DefaultIDs = 1 << 20
)

// ack is the answer to a send that is stored.
type ack struct {
	seq  uint64
	away bool // the recipient is
}

// acks remembers the ids of sends, so that a retry is acknowledged again and not
// delivered twice. Beyond its bound, the user with most ids loses the oldest of them. An id
// takes some 130 bytes, and its user as many again. Safe for concurrent use.
type acks struct {
	seeds seeds

	mu       sync.Mutex
	underWay map[idKey][]func(ack, error) // the callbacks that wait for the answer
	answered map[idKey]*share.Item[pastAck]
	queue    share.Queue[pastAck] // of those answered
	dropped  uint64               // before their time
}

type pastAck struct {
	key idKey // in answered
	ack
	at int64 // in nanoseconds, as time.Time.UnixNano has it
}

func newAcks(max int) *acks {
	return &acks{
		seeds:    seeds{maphash.MakeSeed(), maphash.MakeSeed()},
		underWay: make(map[idKey][]func(ack, error)),
		answered: make(map[idKey]*share.Item[pastAck]),
		queue:    share.NewQueue[pastAck](max),
	}
}

// idKey stands for an id and its user. It takes far less memory than they do, however long
// they are. Both halves are made with seeds of their own, which nobody can know: no two are the
// same by chance, or by somebody's choice.
type idKey [2]uint64

// seeds are those of the halves of an idKey.
type seeds [2]maphash.Seed

// key returns that of a user's id.
func (s *seeds) key(user, id string) (key idKey) {
	for i, seed := range s {
		var h maphash.Hash
		h.SetSeed(seed)
		h.WriteString(user)
		h.WriteByte(',') // user ids hold none
		h.WriteString(id)
		key[i] = h.Sum64()
	}
	return key
}

// begin reports whether a send is a new one. Then the caller must call done or failed,
// which calls acked. For a retry, acked is called with the answer to the first send, as
// soon as there is one.
func (a *acks) begin(user, id string, acked func(ack, error)) bool {
	key := a.seeds.key(user, id)
	a.mu.Lock()
	due := time.Now().Add(-ackTTL).UnixNano()
	a.expire(due)
	if past, ok := a.answered[key]; ok && past.Value.at >= due {
		a.mu.Unlock()
		acked(past.Value.ack, nil)
		return false
	}
	callbacks, retry := a.underWay[key]
	a.underWay[key] = append(callbacks, acked)
	a.mu.Unlock()
	return !retry
}

// done answers a send, and the retries that have come meanwhile.
func (a *acks) done(user, id string, with ack) {
	key := a.seeds.key(user, id)
	a.mu.Lock()
	callbacks := a.underWay[key]
	delete(a.underWay, key)
	a.remember(user, pastAck{key, with, time.Now().UnixNano()})
	a.mu.Unlock()
	for _, acked := range callbacks {
		acked(with, nil)
	}
}

// failed answers with an error, and forgets the id, so that the next retry is a new send.
func (a *acks) failed(user, id string, err error) {
	key := a.seeds.key(user, id)
	a.mu.Lock()
	callbacks := a.underWay[key]
	delete(a.underWay, key)
	a.mu.Unlock()
	for _, acked := range callbacks {
		acked(ack{}, err)
	}
}

// restore remembers a send from before a restart.
func (a *acks) restore(user, id string, with ack, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.remember(user, pastAck{a.seeds.key(user, id), with, at.UnixNano()})
}

// remember keeps the first answer to a send of user. One that is due makes way. The lock is
// held.
func (a *acks) remember(user string, past pastAck) {
	if earlier := a.answered[past.key]; earlier != nil {
		if past.at-earlier.Value.at <= int64(ackTTL) {
			return
		}
		a.queue.Drop(earlier)
	}
	item, dropped := a.queue.Push(user, past)
	a.answered[past.key] = item
	if dropped != nil {
		delete(a.answered, dropped.Value.key)
		a.dropped++
	}
}

// size returns how many ids are remembered, and how many were forgotten before their time.
func (a *acks) size() (remembered int, dropped uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.queue.Len(), a.dropped
}

// maxExpired bounds the answers that are forgotten for one send: the lock is held
// meanwhile, and very many may be due when somebody speaks after a silence.
const maxExpired = 16

// expire forgets answers from before due. The lock is held.
func (a *acks) expire(due int64) {
	for range maxExpired {
		i := a.queue.Oldest()
		if i == nil || i.Value.at >= due {
			return
		}
		delete(a.answered, i.Value.key)
		a.queue.Drop(i)
	}
}
