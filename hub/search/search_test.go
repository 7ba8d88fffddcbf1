package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame/leaktest"
	"wschat/hub/chat"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// book is history for tests: the messages of conversations, oldest first.
type book struct {
	of map[string][]*chat.Message

	mu    sync.Mutex
	asked int // messages that were asked for
	pages int
}

// add adds a message with a text, at a time in seconds.
func (b *book) add(conversation, text string, at int) *chat.Message {
	if b.of == nil {
		b.of = make(map[string][]*chat.Message)
	}
	m := &chat.Message{Conversation: conversation, Seq: uint64(len(b.of[conversation]) + 1), Body: []byte(text), Time: time.Unix(int64(at), 0)}
	b.of[conversation] = append(b.of[conversation], m)
	return m
}

func (b *book) history(conversation string, q chat.Query) ([]*chat.Message, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pages++
	all := b.of[conversation]
	if q.Direction == chat.Before {
		all = all[:min(len(all), max(int(q.Seq), 1)-1)]
	} else if q.Direction != chat.Newest {
		return nil, false, errors.New("not backwards")
	}
	from := max(0, len(all)-q.Limit)
	b.asked += len(all) - from
	return slices.Clone(all[from:]), from > 0, nil
}

func parse(t testing.TB, text string) *Words {
	t.Helper()
	w, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// search returns what a search finds, as text.
func search(t *testing.T, s *Searcher, b *book, q Query, conversations ...string) string {
	t.Helper()
	r, err := s.Search(t.Context(), q, conversations, b.history)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range r.Messages {
		found = append(found, fmt.Sprint(m.Conversation, m.Seq))
	}
	return fmt.Sprintf("%s, more: %v, before %d", strings.Join(found, " "), r.More, r.Before)
}

// PROTOCOL 5.2: "messages that contain all words …, in their present text": not what is no
// text, or deleted, nor what amends another message.
func TestWhatIsFound(t *testing.T) {
	var b book
	b.add("all", "May", 1)
	b.add("all", "may", 2).Kind = chat.Reply
	b.add("all", "may", 3).Kind = chat.Edit
	b.add("all", "may", 4).Kind = chat.Reaction
	b.add("all", "", 5).Kind = chat.Deletion
	b.add("all", "may", 6).Binary = true
	b.add("all", "", 7).Now = &chat.Present{Deleted: true}
	b.add("all", "may", 8).Now = &chat.Present{Text: []byte("may"), Edited: time.Unix(9, 0)}
	b.add("all", "june", 9)
	for words, want := range map[string]string{"MAY": "all8 all2 all1", "june": "all9", "j ne": "all9", "x": "", "may june": ""} {
		want += ", more: false, before 1"
		if got := search(t, New(Config{}), &b, Query{Words: parse(t, words)}, "all"); got != want {
			t.Errorf("%s: got %s, want %s", words, got, want)
		}
	}
}

// PROTOCOL 5.2: "newest first; before: where to go on"; 20 if no limit is given, at most 50.
func TestLimits(t *testing.T) {
	var b book
	for i := range 2000 {
		b.add("all", []string{"may", "june", "july", "may"}[i%4], i)
	}
	for _, row := range []struct {
		words          string
		before         uint64
		limit          int
		count          int
		first, last    uint64
		more           bool
		wantNextBefore uint64
	}{
		{"may", 0, 0, chat.UsualFound, 2000, 1961, true, 1961},
		{"may", 0, 99, chat.MaxFound, 2000, 1901, true, 1901},
		{"may", 1961, 1, 1, 1960, 1960, true, 1960},
		{"may", 2, 9, 1, 1, 1, false, 1},
		{"may", 6, 3, 3, 5, 1, false, 1}, // there is none before
		{"may", 1, 9, 0, 0, 0, false, 1},
		{"may", 9999, 1, 1, 2000, 2000, true, 2000},
		{"x", 0, 9, 0, 0, 0, false, 1},
	} {
		r, err := New(Config{}).Search(t.Context(), Query{Words: parse(t, row.words), Before: row.before, Limit: row.limit}, []string{"all"}, b.history)
		if err != nil || len(r.Messages) != row.count || r.More != row.more || r.Before != row.wantNextBefore {
			t.Errorf("%+v: %d messages, more: %v, before %d, %v", row, len(r.Messages), r.More, r.Before, err)
			continue
		}
		if row.count > 0 && (r.Messages[0].Seq != row.first || r.Messages[row.count-1].Seq != row.last) {
			t.Errorf("%+v: from %d to %d", row, r.Messages[0].Seq, r.Messages[row.count-1].Seq)
		}
	}
	if got := search(t, New(Config{}), &b, Query{Words: parse(t, "may")}, "nowhere"); got != ", more: false, before 0" {
		t.Errorf("nowhere: %s", got)
	}
	if got := search(t, New(Config{}), &b, Query{Words: parse(t, "may")}); got != ", more: false, before 0" {
		t.Errorf("in no conversation: %s", got)
	}
}

// Of many conversations the newest messages come first, and not much more is asked for than
// is looked at.
func TestManyConversations(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 2))
	var b book
	var names []string
	var want []*chat.Message
	for i := range 50 {
		names = append(names, fmt.Sprintf("group%02d-", i))
	}
	for at := range 20_000 {
		m := b.add(names[min(random.IntN(50), random.IntN(50))], fmt.Sprint("text ", random.IntN(300)), at)
		if strings.HasSuffix(string(m.Body), "xt 7") {
			want = append(want, m)
		}
	}
	slices.Reverse(want)
	s := New(Config{Rate: 1 << 30})
	r, err := s.Search(t.Context(), Query{Words: parse(t, "7 xt")}, names[:0:0], b.history)
	if err != nil || len(r.Messages) > 0 {
		t.Errorf("in none: %v, %v", r, err)
	}
	b.asked = 0
	r, err = s.Search(t.Context(), Query{Words: parse(t, "TEXT\t299"), Limit: 3}, names, b.history)
	looked := 0
	for _, of := range b.of {
		for _, m := range of {
			if len(r.Messages) > 0 && !m.Time.Before(r.Messages[len(r.Messages)-1].Time) {
				looked++
			}
		}
	}
	if err != nil || len(r.Messages) != 3 || !r.More || r.Before != 0 || b.asked > 5*looked+50*firstPage {
		t.Errorf("%d messages, more: %v, before %d, %v; asked for %d to look at %d", len(r.Messages), r.More, r.Before, err, b.asked, looked)
	}
	r, err = s.Search(t.Context(), Query{Words: parse(t, "XT 7"), Limit: 50}, names, func(name string, q chat.Query) ([]*chat.Message, bool, error) {
		found, more, err := b.history(name, q)
		for _, m := range found {
			if !slices.Contains(want, m) {
				m.Kind = chat.Edit // only those with that very number are to be found
			}
		}
		return found, more, err
	})
	if err != nil || !slices.Equal(r.Messages, want[:50]) {
		t.Errorf("got %d messages, %v", len(r.Messages), err)
	}
}

// It looks at a part of what there is, and goes on there; answers are bounded in bytes.
func TestParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		const messages = 300
		body := strings.Repeat("x", maxLooked/messages*3)
		for i := range messages {
			b.add("all", body+[]string{"", "needle"}[i%100/99], i)
		}
		s, parts := New(Config{}), 1
		var found []uint64
		for q := (Query{Words: parse(t, "needle")}); ; parts++ {
			r, err := s.Search(t.Context(), q, []string{"all"}, b.history)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range r.Messages {
				found = append(found, m.Seq)
			}
			if !r.More {
				break
			}
			if r.Before == q.Before {
				t.Fatal("it does not go on")
			}
			q.Before = r.Before
		}
		if !slices.Equal(found, []uint64{300, 200, 100}) || parts != 3 {
			t.Errorf("found %v in %d parts", found, parts)
		}
		r, err := s.Search(t.Context(), Query{Words: parse(t, "x"), Limit: 50}, []string{"all"}, b.history)
		if n := len(r.Messages); err != nil || !r.More || n*len(body) < maxFound || (n-1)*len(body) >= maxFound {
			t.Errorf("an answer of %d messages, %v", n, err)
		}
	})
}

// A search of very many conversations comes to an end, too.
func TestVeryManyConversations(t *testing.T) {
	var b book
	names := make([]string, 2*maxLooked/pageCost)
	b.add("group", "x", 1)
	for i := range names {
		names[i] = "group"
	}
	r, err := New(Config{Rate: math.MaxInt}).Search(t.Context(), Query{Words: parse(t, "y")}, names, b.history)
	if err != nil || !r.More || b.pages > len(names)/2 {
		t.Errorf("%d pages, %v, %v", b.pages, r, err)
	}
}

// What history fails with is what the search fails with, on the first page or later.
func TestHistoryFails(t *testing.T) {
	var b book
	for i := range 2 * maxPage {
		b.add("all", "x", i)
	}
	broken := errors.New("broken")
	for after := range 2 {
		pages := 0
		_, err := New(Config{}).Search(t.Context(), Query{Words: parse(t, "y")}, []string{"all"}, func(name string, q chat.Query) ([]*chat.Message, bool, error) {
			if pages++; pages > after {
				return nil, false, broken
			}
			return b.history(name, q)
		})
		if err != broken {
			t.Errorf("page %d: %v", after+1, err)
		}
	}
}

// All searches together are as fast as Config.Rate has it, however many there are, and at most
// two run at a time.
func TestPace(t *testing.T) {
	const rate, messages, searches = 1 << 20, 256, 9
	var b book
	for i := range messages {
		b.add("all", strings.Repeat("x", 1<<10), i)
	}
	const bytes = messages*(1<<10+messageCost) + pageCost
	synctest.Test(t, func(t *testing.T) {
		s, start := New(Config{Rate: rate}), time.Now()
		done := make(chan error)
		for range searches {
			go func() {
				_, err := s.Search(t.Context(), Query{Words: parse(t, "y")}, []string{"all"}, b.history)
				done <- err
			}()
		}
		synctest.Wait()
		if n := s.turns.places(); n != 0 {
			t.Errorf("%d more may run", n)
		}
		for range searches {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		least, most := time.Duration(searches*bytes-2*slice-bytes)*time.Second/rate, time.Duration(searches*bytes)*time.Second/rate
		if took := time.Since(start); took < least || took > most {
			t.Errorf("took %v, want %v to %v", took, least, most)
		}
		synctest.Wait()
		if n := s.turns.places(); n != maxRunning {
			t.Errorf("%d may run", n)
		}
		time.Sleep(time.Second) // what is not used is not saved up
		start = time.Now()
		if _, err := s.Search(t.Context(), Query{Words: parse(t, "y")}, []string{"all"}, b.history); err != nil || time.Since(start) < time.Duration(bytes-slice-2<<10)*time.Second/rate {
			t.Errorf("took %v, %v", time.Since(start), err)
		}
	})
}

// Who does not want an answer any more waits no longer: for others to end, or for more
// to be free.
func TestCancel(t *testing.T) {
	var b book
	for i := range 1000 {
		b.add("all", strings.Repeat("x", 1<<10), i)
	}
	synctest.Test(t, func(t *testing.T) {
		s, start := New(Config{Rate: 1 << 10}), time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		for range 4 {
			go func() {
				_, err := s.Search(ctx, Query{Words: parse(t, "y")}, []string{"all"}, b.history)
				done <- err
			}()
		}
		synctest.Wait()
		cancel()
		for range 4 {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if time.Since(start) > 0 || len(s.turns.free) != maxRunning {
			t.Errorf("after %v, %d may run", time.Since(start), len(s.turns.free))
		}
		if _, err := s.Search(ctx, Query{Words: parse(t, "y")}, nil, b.history); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
