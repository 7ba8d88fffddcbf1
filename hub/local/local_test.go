package local

import (
	"errors"
	"fmt"
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
	"wschat/hub/store"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// recorder is a chat.Node that writes down what it is told.
type recorder struct {
	mu   sync.Mutex
	told []string
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *recorder) Deliver(m *chat.Message, _ any) { r.note("%s to %s", m.From, m.To) }
func (r *recorder) Member(user, group string, member bool) {
	r.note("%s in %s: %v", user, group, member)
}
func (r *recorder) Presence(user, where string, number uint64, online bool) {
	r.note("%d: %s at %s: %v", number, user, where, online)
}
func (r *recorder) Idle(group string)                  { r.note("%s is idle", group) }
func (r *recorder) Replace(user string, serial uint64) { r.note("replace %s below %d", user, serial) }
func (r *recorder) Kick(user string)                   { r.note("kick %s", user) }
func (r *recorder) Behind() bool                       { return false }
func (r *recorder) Renumber() error                    { return nil }

func (r *recorder) Marked(user, conversation string, c chat.MarkChange, _ any) {
	r.note("%s marked %s: %+v", user, conversation, c)
}
func (r *recorder) Typing(user, to string) { r.note("%s is typing to %s", user, to) }
func (r *recorder) Topic(group, text, user string) {
	r.note("%s has the topic %q, by %s", group, text, user)
}

func (r *recorder) want(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.told, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(r.told, "\n"), strings.Join(want, "\n"))
	}
	r.told = nil
}

// open returns an engine over memory, which tells a recorder.
func open(t *testing.T, config Config) (*Engine, *recorder) {
	t.Helper()
	config.Store = store.New(0)
	e, r := New(config), new(recorder)
	e.Attach(r)
	t.Cleanup(e.Close)
	return e, r
}

func enter(t *testing.T, e *Engine, user string) chat.Entry {
	t.Helper()
	entry, err := e.Enter(user, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// setMember returns what comes of a join or leave, in the order of the calls.
func setMember(e *Engine, user, group string, member bool) (calls string) {
	e.SetMember(user, group, member, func() { calls += "held " }, func(err error) { calls += fmt.Sprint(err) })
	return calls
}

// Who is told of a login or exit: the same one has the same number everywhere, and only
// the first and the last connection of a user are told.
func TestPresence(t *testing.T) {
	for presence, want := range map[chat.Presence][]string{
		chat.ToAll:   {"2: A at all: true", "3: A at all: false"},
		chat.ToGroup: {"2: A at groupX: true", "2: A at groupY: true", "3: A at groupX: false", "3: A at groupY: false"},
		chat.ToNone:  nil,
	} {
		e, r := open(t, Config{Presence: presence})
		enter(t, e, "A")
		setMember(e, "A", "groupX", true)
		setMember(e, "A", "groupY", true)
		e.number = 0
		e.Exit("A", "")
		r.told = nil
		entry := enter(t, e, "A")
		enter(t, e, "A")
		e.Exit("A", "")
		e.Exit("A", "")
		r.want(t, want...)
		if got := fmt.Sprint(entry.Groups); got != "[groupX groupY]" {
			t.Errorf("enters as a member of %s", got)
		}
	}
}

// With Single the newer connection replaces those before it, and nobody is told.
func TestSingle(t *testing.T) {
	e, r := open(t, Config{Single: true})
	first, second := enter(t, e, "A"), enter(t, e, "A")
	if second.Serial <= first.Serial {
		t.Errorf("serial %d, then %d", first.Serial, second.Serial)
	}
	e.Exit("A", "")
	r.want(t, "1: A at all: true", fmt.Sprintf("replace A below %d", second.Serial))
}

// A change that is none is not told, and each is answered once.
func TestSetMember(t *testing.T) {
	e, r := open(t, Config{Presence: chat.ToNone})
	enter(t, e, "A")
	for _, row := range []struct {
		user   string
		member bool
		calls  string
		told   []string
	}{
		{"A", false, chat.ErrNotMember.About("groupX").Error(), nil},
		{"A", true, "held <nil>", []string{"A in groupX: true"}},
		{"A", true, "held <nil>", nil},
		{"A", false, "held <nil>", []string{"A in groupX: false", "groupX is idle"}},
		{"nobody", true, chat.ErrUnavailable.Error(), nil},
	} {
		if got := setMember(e, row.user, "groupX", row.member); got != row.calls {
			t.Errorf("%+v: got %q", row, got)
		}
		r.want(t, row.told...)
	}
}

// A name that somebody has, online or away, is not given to others.
func TestFresh(t *testing.T) {
	e, _ := open(t, Config{})
	if _, err := e.Enter("100000", true, false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := e.Enter("100000", true, false); !errors.Is(err, chat.ErrTaken) {
			t.Errorf("got %v", err)
		}
		if e.connections("100000") > 0 {
			e.Exit("100000", "")
		}
	}
}

// A ban is over in time, and is kept by what remembers over a restart. A banned name is not
// given to others.
func TestBan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := open(t, Config{})
		if n, err := e.Kick("100000", time.Hour); n != 0 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		if _, err := e.Enter("100000", true, false); !errors.Is(err, chat.ErrTaken) {
			t.Errorf("a fresh name: %v", err)
		}
		time.Sleep(time.Hour - 1)
		if _, err := e.Enter("100000", false, false); !errors.Is(err, chat.ErrBanned) {
			t.Errorf("before the end: %v", err)
		}
		time.Sleep(1)
		if _, err := e.Enter("100000", false, false); err != nil {
			t.Errorf("at the end: %v", err)
		}
	})
}

// Bans that are over are forgotten, a later one replaces an earlier one, and of too many
// the one that has least time left goes.
func TestBansAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := func(d time.Duration) time.Time { return time.Now().Add(d) }
		var b bans
		b = b.with("short", at(time.Minute)).with("A", at(time.Hour)).with("A", at(2*time.Hour))
		time.Sleep(time.Hour)
		if b = b.with("B", at(time.Hour)); len(b) != 2 || !b.holds("A") || !b.holds("B") {
			t.Errorf("got %v", b)
		}
		b["soonest"] = at(time.Minute)
		for i := len(b); i < maxBans; i++ {
			b[fmt.Sprint(i)] = at(time.Hour + time.Duration(i))
		}
		if b = b.with("C", at(time.Second)); len(b) != maxBans || b.holds("soonest") || !b.holds("C") || !b.holds("A") {
			t.Errorf("%d bans, the soonest %v, the new one %v", len(b), b.holds("soonest"), b.holds("C"))
		}
	})
}

func (e *Engine) connections(user string) int32 { return e.users[user].connections }

// Whoever leaves a group, and in whatever order, the others stay members.
func TestMembersInAnyOrder(t *testing.T) {
	const users, groups = 20, 3
	e, _ := open(t, Config{Presence: chat.ToNone})
	want := make(map[string]bool) // by user and group
	for i := range users {
		enter(t, e, fmt.Sprint("U", i))
	}
	for range 2000 {
		user, group := fmt.Sprint("U", rand.IntN(users)), fmt.Sprint("group", rand.IntN(groups))
		member := !want[user+group]
		setMember(e, user, group, member)
		want[user+group] = member
		for i := range groups {
			group := fmt.Sprint("group", i)
			var members []string
			for i := range users {
				user := fmt.Sprint("U", i)
				if e.IsMember(user, group) != want[user+group] {
					t.Fatalf("%s in %s: %v", user, group, !want[user+group])
				}
				if want[user+group] {
					members = append(members, user)
				}
			}
			slices.Sort(members)
			if got, _, _ := e.Who(group); !slices.Equal(got, members) {
				t.Fatalf("%s has %v, want %v", group, got, members)
			}
		}
	}
}

// Who is forgotten leaves nothing behind, be it for the time or for the number of users.
func TestForgottenLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, r := open(t, Config{Presence: chat.ToNone, MembershipTTL: time.Hour, MaxUsers: 3})
		for _, user := range []string{"A", "B", "C", "D"} {
			enter(t, e, user)
			if user == "A" || user == "D" {
				setMember(e, user, "group"+user, true)
			}
			e.Exit(user, "")
		}
		r.want(t, "A in groupA: true", "D in groupD: true")
		for _, user := range []string{"E", "F"} {
			enter(t, e, user)
			setMember(e, user, "groupA", true)
			e.Exit(user, "")
		}
		r.want(t, "E in groupA: true", "A in groupA: false", "F in groupA: true", "D in groupD: false", "groupD is idle")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.users)+len(e.online)+len(e.groups)+len(e.away)+e.idle.Len()+e.holding.Len() > 0 || e.absences.Oldest() != nil {
			t.Errorf("left: %v, %v, %v, %v, %d, %d", e.users, e.online, e.groups, e.away, e.idle.Len(), e.holding.Len())
		}
	})
}
