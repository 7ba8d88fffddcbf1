//go:build redis

package redis

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
	"wschat/hub/store"
)

// about is an entry that is about message number seq.
func about(kind chat.Kind, seq uint64, from, to, text string) *chat.Message {
	return &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Kind: kind, About: seq, Body: []byte(text)}
}

// send publishes m, and waits until that is done.
func send(s chat.Engine, m *chat.Message) (away bool, err error) {
	type outcome struct {
		away bool
		err  error
	}
	done := make(chan outcome, 1)
	s.Publish(m, nil, func(away bool, err error) { done <- outcome{away, err} })
	o := <-done
	return o.away, o.err
}

// amendBy publishes an entry that is about another one.
func amendBy(t *testing.T, s *Store, kind chat.Kind, seq uint64, from, to, text string) *chat.Message {
	t.Helper()
	m := about(kind, seq, from, to, text)
	if _, err := send(s, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// reads writes how messages read now.
func reads(messages []*chat.Message) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%d %s %s %d %d %q %q", m.Seq, m.From, m.To, m.Kind, m.About, m.Was, m.Body)
		if m.Now != nil {
			fmt.Fprint(&b, m.Now.Deleted, !m.Now.Edited.IsZero(), m.Now.Tallies(), m.Now.Last)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// page returns what q selects.
func page(t *testing.T, s interface {
	History(string, chat.Query) ([]*chat.Message, bool, error)
}, conversation string, q chat.Query) string {
	t.Helper()
	messages, more, err := s.History(conversation, q)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s%v", reads(messages), more)
}

// Whatever happens to a conversation, it reads as that of one node: in pieces of the stream
// of whatever size, and in all directions.
func TestAmendmentsAsInMemory(t *testing.T) {
	for _, row := range []struct {
		what  string
		lines []string
		keep  int
	}{
		{"all is kept", nil, 0},
		{"small pieces", []string{"stream-node-max-bytes 256"}, 0},
		{"few messages are kept", nil, 16},
	} {
		t.Run(row.what, func(t *testing.T) {
			server := redistest.Start(t, row.lines...)
			s, told := node(t, Config{URL: server.URL(), Keep: row.keep})
			memory := store.New(0)
			enter(t, s, "A")
			enter(t, s, "B")
			random := rand.New(rand.NewPCG(1, uint64(row.keep)))
			last := uint64(0)
			for range 1200 {
				from := []string{"A", "B"}[random.IntN(2)]
				m := &chat.Message{Conversation: "groupA", From: from, To: "groupA", Body: []byte(strings.Repeat("x", random.IntN(200)+1))}
				if random.IntN(3) > 0 && last > 0 {
					m.Kind = chat.Kind(1 + random.IntN(4))
					m.About = last - uint64(random.IntN(int(min(last, 60))))
				}
				switch {
				case m.Kind == chat.Deletion && random.IntN(2) == 0:
					continue
				case m.Kind == chat.Deletion:
					m.Body = nil
				case m.Kind == chat.Reaction:
					m.Body = []byte([]string{"", "x", "y%01\x00\x01A\x01", "A"}[random.IntN(4)])
				}
				alike := *m
				_, err := send(s, m)
				if row.keep > 0 && errors.Is(err, chat.ErrNotFound) && m.About+uint64(row.keep) <= last {
					continue // gone
				}
				var want error
				memory.Append(&alike, func(err error) { want = err })
				if !errors.Is(err, want) || m.Seq != alike.Seq || m.Was != alike.Was {
					t.Fatalf("%+v: got %v, want %v and %+v", m, err, want, alike)
				}
				last = max(last, m.Seq)
				if random.IntN(10) > 0 {
					continue
				}
				q := chat.Query{Direction: chat.Direction(random.IntN(4)), Seq: uint64(random.IntN(int(last) + 3)), Limit: 1 + random.IntN(20)}
				if row.keep > 0 {
					q = chat.Query{Limit: min(row.keep, int(last))}
				}
				got, want2 := page(t, s, "groupA", q), page(t, memory, "groupA", q)
				if row.keep > 0 { // whether there is more differs
					got, want2 = got[:strings.LastIndexByte(got, '\n')+1], want2[:strings.LastIndexByte(want2, '\n')+1]
				}
				if got != want2 {
					t.Fatalf("%+v: got\n%s\nwant\n%s", q, got, want2)
				}
			}
			all, _, err := s.History("groupA", chat.Query{Limit: 10_000})
			if err != nil || row.keep == 0 && len(all) != int(last) || row.keep > 0 && (len(all) < row.keep || len(all) > 2*row.keep) {
				t.Errorf("%d messages are kept, %v", len(all), err)
			}
			for i, m := range all {
				if m.Seq != last-uint64(len(all)-1-i) {
					t.Fatalf("message %d has number %d", i, m.Seq)
				}
			}
			if n := len(told.about("groupA ")); n != 0 {
				t.Errorf("who is not in the group is told of %d messages", n)
			}
			// What is kept beside the stream is no more than there is.
			if row.keep > 0 {
				for range 2 * row.keep {
					say(t, s, "A", "groupA", "", "x")
				}
				amendBy(t, s, chat.Reaction, last+uint64(2*row.keep), "A", "groupA", "x")
				if fields := server.CLI("hkeys", conversationKey("groupA")+":x"); len(strings.Fields(fields)) > 2*row.keep {
					t.Errorf("beside the stream there is %s", fields)
				}
			}
		})
	}
}

// "A deleted text, and every edit of it, is gone: from memory and Redis at once": what Redis
// writes from then on has none of it.
func TestDeletedTextIsGone(t *testing.T) {
	for _, row := range []struct {
		what  string
		lines []string
	}{
		{"snapshot", nil},
		{"append-only file", []string{"appendonly yes", "appendfsync always", "auto-aof-rewrite-percentage 0"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			server := redistest.Start(t, append(row.lines, "rdbcompression no")...)
			s, _ := node(t, Config{URL: server.URL(), Keep: 1000})
			enter(t, s, "A")
			secrets := []string{"topsecret", "concealed", "classified"}
			for i := range 300 {
				text := fmt.Sprint("kept ", i)
				if i%7 == 3 {
					text = secrets[i%3] + strings.Repeat(".", i%50)
				}
				say(t, s, "A", "groupA", "", text)
			}
			large := say(t, s, "A", "groupA", "", secrets[0]+strings.Repeat("x", 10_000))
			amendBy(t, s, chat.Edit, 1, "A", "groupA", secrets[1])
			for seq := uint64(4); seq <= 300; seq += 7 {
				amendBy(t, s, chat.Edit, seq, "A", "groupA", secrets[2]+" for the second time")
				amendBy(t, s, chat.Deletion, seq, "A", "groupA", "")
			}
			amendBy(t, s, chat.Deletion, large.Seq, "A", "groupA", "")
			amendBy(t, s, chat.Deletion, 1, "A", "groupA", "")
			if n := kept(t, s, "groupA"); n != 301+1+2*43+2 {
				t.Errorf("%d messages are kept", n)
			}
			dir := strings.Fields(server.CLI("config", "get", "dir"))[1]
			if row.what == "snapshot" {
				server.CLI("save")
			} else {
				server.CLI("bgrewriteaof")
				redistest.Eventually(t, "the file is rewritten", func() bool {
					info := server.CLI("info", "persistence")
					return strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0")
				})
			}
			found := false
			filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				found = found || bytes.Contains(data, []byte("kept 2"))
				for _, secret := range secrets {
					if bytes.Contains(data, []byte(secret)) {
						t.Errorf("%s has %q", filepath.Base(path), secret)
					}
				}
				return nil
			})
			if !found {
				t.Error("what was not deleted is not there")
			}
		})
	}
}

// Reactions of many are counted as on one node. What one more rewrites does not grow with them.
func TestReactionsOfMany(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	for _, users := range []int{25, 400} {
		group, memory, random := fmt.Sprint("group", users), store.New(0), rand.New(rand.NewPCG(1, 2))
		say(t, s, "A", group, "", "x")
		memory.Append(&chat.Message{Conversation: group, From: "A", To: group, Body: []byte("x")}, func(error) {})
		for range 2 * users {
			text := []string{"", "👍", "%\x02\x01\x00", "long enough to be cut off maybe"}[random.IntN(4)]
			m := about(chat.Reaction, 1, fmt.Sprint("U", random.IntN(users)), group, text)
			alike := *m
			if _, err := send(s, m); err != nil {
				t.Fatal(err)
			}
			memory.Append(&alike, func(error) {})
			if m.Was != alike.Was || m.Seq != alike.Seq {
				t.Fatalf("got %+v, want %+v", m, alike)
			}
		}
		q := chat.Query{Direction: chat.Around, Seq: 1, Limit: 1}
		got, _, err := s.History(group, q)
		want, _, _ := memory.History(group, q)
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		all := []string{page(t, s, group, chat.Query{Direction: chat.After, Seq: 1, Limit: 10_000}), page(t, memory, group, chat.Query{Direction: chat.After, Seq: 1, Limit: 10_000})}
		if all[0] != all[1] {
			t.Errorf("the reactions of %d users read\n%s, want\n%s", users, all[0], all[1])
		}
		for i, tally := range want[0].Now.Tallies() {
			told := got[0].Now.Tallies()[i]
			if told.Text != tally.Text || told.Count != tally.Count || users == 25 && !slices.Equal(told.Users, tally.Users) {
				t.Errorf("%d users: got %v, want %v", users, told, tally)
			}
		}
		if size, _ := strconv.Atoi(server.CLI("hstrlen", conversationKey(group)+":x", "p1")); size == 0 || size > 2000 {
			t.Errorf("each reaction of %d users rewrites %d bytes", users, size)
		}
	}
}

// What an older version has kept of reactions is read, and goes on.
func TestReactionsOfAnOlderVersion(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	say(t, s, "A", "all", "", "x")
	for _, user := range []string{"B", "C", "D"} {
		amendBy(t, s, chat.Reaction, 1, user, "all", "👍") // 2 to 4
	}
	x := conversationKey("all") + ":x"
	server.CLI("hdel", x, "r1:B", "r1:C", "r1:D")
	server.CLI("eval", `redis.call('HSET', KEYS[1], 'p1', '4 0 0 \0B\1👍\0C\1%25%00\0D\1👍')`, "1", x)
	const before = "1 A all 0 0 \"\" \"x\"false false [{👍 2 [B D]} {%\x00 1 [C]}] 4\n2 B all 4 1 \"\" \"👍\"\n3 C all 4 1 \"\" \"%\\x00\"\n4 D all 4 1 \"\" \"👍\"\nfalse"
	if got := page(t, s, "all", chat.Query{Limit: 10}); got != before {
		t.Errorf("it reads\n%s, want\n%s", got, before)
	}
	if m := amendBy(t, s, chat.Reaction, 1, "C", "all", "👍"); m.Was != "%\x00" {
		t.Errorf("it takes the place of %q", m.Was)
	}
	amendBy(t, s, chat.Reaction, 1, "B", "all", "")
	const after = "1 A all 0 0 \"\" \"x\"false false [{👍 2 [D C]}] 6\n2 B all 4 1 \"\" \"\"\n3 C all 4 1 \"\" \"👍\"\n4 D all 4 1 \"\" \"👍\"\n" +
		"5 C all 4 1 \"%\\x00\" \"👍\"\n6 B all 4 1 \"👍\" \"\"\nfalse"
	if got := page(t, s, "all", chat.Query{Limit: 10}); got != after {
		t.Errorf("it reads\n%s, want\n%s", got, after)
	}
}

// Amendments that the channel has not brought are told as they read by now, each once: what they
// change is told as if they had not, since they follow.
func TestAmendmentsAfterAGap(t *testing.T) {
	server := redistest.Start(t)
	a, _ := node(t, Config{URL: server.URL()})
	b, told := node(t, Config{URL: server.URL()})
	enter(t, b, "B")
	const rounds = 100
	for i := range uint64(rounds) {
		if i%20 == 10 {
			server.CLI("client", "kill", "type", "pubsub")
		}
		say(t, a, "A", "all", "", "text")
		amendBy(t, a, chat.Edit, 4*i+1, "A", "all", "edited")
		amendBy(t, a, chat.Reaction, 4*i+1, "C", "all", "x")
		if i%2 == 0 {
			amendBy(t, a, chat.Deletion, 4*i+1, "A", "all", "")
		} else {
			amendBy(t, a, chat.Reaction, 4*i+1, "C", "all", "")
		}
	}
	redistest.Eventually(t, "B has been told of all", func() bool { return len(told.about("all ")) >= 4*rounds })
	for i, text := range told.about("all ") {
		seq, body, _ := strings.Cut(text, " ")
		can := [][]string{{"text", "edited", ""}, {"edited", ""}, {"x", ""}, {""}}[i%4]
		if seq != fmt.Sprint(i+1) || !slices.Contains(can, body) {
			t.Fatalf("message %d is %q", i+1, text)
		}
	}
	want(t, "what is told twice", told.about("folded"))
}

// Wherever the slot of a conversation is, on its way too, it reads the same.
func TestAmendmentsInAMovingSlot(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	s, _ := node(t, Config{URL: cluster.URL(), Keep: 1000})
	enter(t, s, "A")
	key := conversationKey("groupA")
	say(t, s, "A", "groupA", "", "deleted")
	for range 20 {
		say(t, s, "A", "groupA", "", "text")
	}
	amendBy(t, s, chat.Deletion, 1, "A", "groupA", "")
	amendBy(t, s, chat.Edit, 2, "A", "groupA", "edited")
	before := page(t, s, "groupA", chat.Query{Limit: 100})
	check := func(when string) {
		t.Helper()
		redistest.Eventually(t, when+" it reads the same", func() bool {
			messages, more, err := s.History("groupA", chat.Query{Limit: 100})
			return err == nil && fmt.Sprintf("%s%v", reads(messages), more) == before
		})
	}
	to := (cluster.Owner(key) + 1) % 3
	cluster.BeginMove(key, to)
	check("as it begins to move")
	amendBy(t, s, chat.Edit, 2, "A", "groupA", "again")
	before = page(t, s, "groupA", chat.Query{Limit: 100})
	cluster.MoveKeys(key, to)
	check("with all keys moved")
	cluster.EndMove(key, to)
	check("moved")
	amendBy(t, s, chat.Deletion, 2, "A", "groupA", "")
	if messages, _, err := s.History("groupA", chat.Query{Direction: chat.After, Limit: 2}); err != nil || !messages[0].Now.Deleted || !messages[1].Now.Deleted {
		t.Errorf("%s, %v", reads(messages), err)
	}
}

// What there is beside the stream goes with it: when the group is left behind, and when room
// is made; and stays if somebody comes back.
func TestAmendmentsEndWithTheirMessages(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, s, "A")
	key := conversationKey("groupA")
	set := func(member bool) {
		t.Helper()
		s.SetMember("A", "groupA", member, func() {}, func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	lasts := func(what string, want bool) {
		t.Helper()
		for _, part := range []string{":s", ":x", ":l"} {
			if ttl := server.CLI("pttl", key+part); (ttl == "-1") != want {
				t.Errorf("%s: %s ends in %s ms", what, part, ttl)
			}
		}
	}
	set(true)
	say(t, s, "A", "groupA", "", "x")
	say(t, s, "A", "groupA", "", "y")
	amendBy(t, s, chat.Deletion, 1, "A", "groupA", "")
	lasts("A is in it", true)
	set(false)
	lasts("nobody is in it", false)
	set(true)
	lasts("A is back", true)
	if _, left, _, err := s.dropOldest(t.Context(), "groupA", 1, 0); left != 2 || err != nil {
		t.Errorf("%d are left, %v", left, err)
	}
	if n := kept(t, s, "groupA"); n != 2 {
		t.Errorf("%d are kept", n)
	}
	if _, left, _, err := s.dropOldest(t.Context(), "groupA", 1<<20, 0); left != 0 || err != nil {
		t.Errorf("%d are left, %v", left, err)
	}
	if n := server.CLI("exists", key+":s", key+":x", key+":l"); n != "0" || kept(t, s, "groupA") != 0 {
		t.Errorf("of what was dropped %s keys are there", n)
	}
	if m := say(t, s, "A", "groupA", "", "z"); m.Seq != 4 || kept(t, s, "groupA") != 1 {
		t.Errorf("it goes on with %d", m.Seq)
	}
}

// "An amendment goes to whoever would get a message like the one that it is about, even if
// nobody by that name is known any more." Reactions do not wait, and count for nobody's share; what is deleted does not any more.
func TestAmendmentsToWhoIsAway(t *testing.T) {
	server := redistest.Start(t)
	s, told := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, s, "A")
	left(t, s, "B")
	say(t, s, "A", "B", "", "x")
	for _, kind := range []chat.Kind{chat.Edit, chat.Reaction, chat.Deletion} {
		m := about(kind, 1, "A", "B", "y")
		if kind == chat.Deletion {
			m.Body = nil
		}
		if away, err := send(s, m); !away || err != nil {
			t.Errorf("B is away: %v, %v", away, err)
		}
	}
	if missed := server.CLI("hget", conversationKey("A,B")+":h", "a:B"); strings.Fields(missed)[1] != "0" {
		t.Errorf("B has missed %s", missed)
	}
	if waiting, err := allWaiting(s, "B"); len(waiting) != 0 || err != nil {
		t.Errorf("for B wait %s, %v", reads(waiting), err)
	}
	say(t, s, "A", "B", "", "z") // 5
	server.CLI("hset", userKey("B")+":h", "seen", "1")
	server.CLI("zadd", dueKey, "1", "B")
	s.forgetUsers()
	if away, err := send(s, about(chat.Edit, 5, "A", "B", "zz")); !away || err != nil {
		t.Errorf("B is not known: %v, %v", away, err)
	}
	if _, err := send(s, about(chat.Reply, 5, "A", "B", "x")); !errors.Is(err, chat.ErrNotOnline) {
		t.Errorf("a reply to nobody: %v", err)
	}
	if err := s.Reach(); err != nil {
		t.Fatal(err)
	}
	want(t, "A is told", told.about("A,B "), "1 x", "2 y", "3 y", "4 ", "5 z", "6 zz")
	if ttl := server.CLI("ttl", conversationKey("A,B")+":x"); ttl != "-1" {
		t.Errorf("it ends in %s s", ttl)
	}
}

// The same ID gets the first answer, whatever has become of the message meanwhile, and on
// other nodes, too.
func TestRepeatedAmendment(t *testing.T) {
	server := redistest.Start(t)
	a, _ := node(t, Config{URL: server.URL()})
	b, _ := node(t, Config{URL: server.URL()})
	enter(t, a, "A")
	say(t, a, "A", "all", "", "x")
	for i, kind := range []chat.Kind{chat.Reply, chat.Edit, chat.Reaction, chat.Deletion} {
		for _, s := range []*Store{a, b} {
			m := about(kind, 1, "A", "all", "y")
			m.ID = fmt.Sprint("id", i)
			if _, err := send(s, m); err != nil || m.Seq != uint64(i+2) {
				t.Errorf("kind %d has number %d, %v", kind, m.Seq, err)
			}
		}
	}
	if n := kept(t, a, "all"); n != 5 {
		t.Errorf("%d messages are kept", n)
	}
}

// The ledger of a conversation whose messages are deleted has less.
func TestDeletedBytes(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), Bytes: 100 << 20})
	enter(t, s, "A")
	body := strings.Repeat("x", 100<<10)
	for range 10 {
		say(t, s, "A", "groupA", "", body)
	}
	amendBy(t, s, chat.Edit, 1, "A", "groupA", body)
	s.balance()
	redistest.Eventually(t, "it is counted", func() bool { s.balance(); return s.Stats().Held > 1100<<10 })
	for seq := uint64(1); seq <= 10; seq++ {
		amendBy(t, s, chat.Deletion, seq, "A", "groupA", "")
	}
	redistest.Eventually(t, "it is counted", func() bool { s.balance(); return s.Stats().Held < 100<<10 })
}

// A plain message is one command, of so many bytes, and answered with as many: amendments have
// made it no dearer.
func TestPlainMessageCosts(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	say(t, s, "A", "groupA", "", "x")
	say(t, s, "A", "groupB", "", "x")
	amendBy(t, s, chat.Deletion, 1, "A", "groupB", "")
	say(t, s, "A", "groupB", "", "x")
	say(t, s, "A", "groupB", "", "x")
	calls := func() map[string]int { // a few of them are the keeper's
		made := make(map[string]int)
		for _, line := range strings.Fields(server.CLI("info", "commandstats")) {
			name, rest, _ := strings.Cut(line, ":calls=")
			n, _, _ := strings.Cut(rest, ",")
			made[strings.TrimPrefix(name, "cmdstat_")], _ = strconv.Atoi(n)
		}
		return made
	}
	for _, group := range []string{"groupA", "groupB"} {
		server.CLI("config", "resetstat")
		const count = 100
		before := s.Stats()
		for range count {
			say(t, s, "A", group, "", "0123456789")
		}
		after := s.Stats()
		// 197 to Redis, and what the keeper asks.
		if out := (after.BytesOut - before.BytesOut) / count; out < 190 || out > 215 {
			t.Errorf("%s: a message is %d bytes to Redis", group, out)
		}
		got := calls()
		for _, command := range []string{"hmget", "hset", "xadd", "spublish"} {
			if n := got[command]; n < count || n > count+10 {
				t.Errorf("%s: %d messages cost %v", group, count, got)
			}
		}
	}
	m := &chat.Message{Conversation: "groupA", From: "A", To: "groupA", Body: []byte("x")}
	if got := encodeMessage(m); string(got) != "tA\x00\x00x" {
		t.Errorf("it is kept as %q", got)
	}
}

// What amendments made of messages goes with these, though only plain messages follow.
func TestPlainMessagesSweep(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), Keep: 16})
	enter(t, s, "A")
	publish := func() uint64 {
		m := &chat.Message{Conversation: "groupA", From: "A", To: "groupA", Body: []byte("text")}
		if _, err := send(s, m); err != nil {
			t.Fatal(err)
		}
		return m.Seq
	}
	for range 10 {
		amendBy(t, s, chat.Edit, publish(), "A", "groupA", strings.Repeat("x", 1000))
		amendBy(t, s, chat.Deletion, publish(), "A", "groupA", "")
	}
	key := conversationKey("groupA")
	if fields := server.CLI("hkeys", key+":x"); len(strings.Fields(fields)) < 10 {
		t.Fatalf("there is %s", fields)
	}
	for range 3 * 16 {
		publish()
	}
	deadline := time.Now().Add(10 * time.Second)
	for server.CLI("exists", key+":x", key+":l") != "0" {
		if time.Now().After(deadline) {
			t.Fatalf("there is left %s", server.CLI("hkeys", key+":x"))
		}
	}
}

// The same while the slot moves: what could not be swept is swept later.
func TestPlainMessagesSweepInAMovingSlot(t *testing.T) {
	const keep = 40
	cluster := redistest.StartCluster(t, 3)
	s, _ := node(t, Config{URL: cluster.URL(), Keep: keep})
	enter(t, s, "A")
	publish := func(count int) {
		for range count {
			say(t, s, "A", "groupA", "", "x")
		}
	}
	for range keep / 2 {
		amendBy(t, s, chat.Edit, say(t, s, "A", "groupA", "", "x").Seq, "A", "groupA", "y")
		amendBy(t, s, chat.Deletion, say(t, s, "A", "groupA", "", "z").Seq, "A", "groupA", "")
	}
	key := conversationKey("groupA")
	to := (cluster.Owner(key) + 1) % 3
	cluster.BeginMove(key, to)
	publish(keep / 2)
	cluster.MoveKeys(key, to)
	publish(keep / 2)
	cluster.EndMove(key, to)
	publish(2 * keep)
	for _, part := range []string{":x", ":l"} {
		redistest.Eventually(t, part+" is swept", func() bool {
			r, err := s.call(t.Context(), key, "EXISTS", key+part)
			n, err2 := r.Int()
			return err == nil && err2 == nil && n == 0
		})
	}
}
