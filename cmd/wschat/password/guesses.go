package password

import (
	"net/netip"
	"slices"
	"time"

	"wschat/hub/share"
)

const (
	span       = time.Minute
	perName    = 5  // wrong passwords for one name within span
	perAddress = 20 // and from one address
	// maxGuesses bounds how many are remembered, in some 300 bytes each. Beyond it, the
	// address with most loses its oldest early.
	maxGuesses = 1 << 16
)

// guess is a wrong password.
type guess struct {
	name string
	from netip.Addr
	at   time.Time
}

// guesses are the wrong passwords of the last minute.
type guesses struct {
	all    share.Queue[guess]
	byName map[string][]time.Time // oldest first
	byFrom map[netip.Addr][]time.Time
}

func newGuesses(most int) guesses {
	return guesses{all: share.NewQueue[guess](most), byName: make(map[string][]time.Time), byFrom: make(map[netip.Addr][]time.Time)}
}

func (g *guesses) add(name string, from netip.Addr, now time.Time) {
	g.byName[name] = append(g.byName[name], now)
	g.byFrom[from] = append(g.byFrom[from], now)
	if _, dropped := g.all.Push(from.String(), guess{name, from, now}); dropped != nil {
		g.forget(dropped.Value)
	}
}

// expire forgets those that are over.
func (g *guesses) expire(now time.Time) {
	for {
		oldest := g.all.Oldest()
		if oldest == nil || now.Sub(oldest.Value.at) < span {
			return
		}
		g.all.Drop(oldest)
		g.forget(oldest.Value)
	}
}

func (g *guesses) forget(one guess) {
	forget(g.byName, one.name, one.at)
	forget(g.byFrom, one.from, one.at)
}

func forget[K comparable](by map[K][]time.Time, key K, at time.Time) {
	times := by[key]
	if i := slices.Index(times, at); i >= 0 {
		times = slices.Delete(times, i, i+1)
	}
	if len(times) == 0 {
		delete(by, key)
	} else {
		by[key] = times
	}
}

// wait returns how long a name or an address has to wait until it may try again; 0: it may.
func (g *guesses) wait(name string, from netip.Addr, now time.Time) time.Duration {
	return max(waitOf(g.byName[name], perName, now), waitOf(g.byFrom[from], perAddress, now))
}

func waitOf(times []time.Time, most int, now time.Time) time.Duration {
	if len(times) < most {
		return 0
	}
	return times[len(times)-most].Add(span).Sub(now)
}
