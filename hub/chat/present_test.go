package chat

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// what returns a message as the tables below name it: e:TEXT, d, r:TEXT.
func what(from, text string) *Message {
	m := &Message{From: from}
	kind, body, _ := strings.Cut(text, ":")
	switch m.Body = []byte(body); kind {
	case "re":
		m.Kind = Reply
	case "e":
		m.Kind = Edit
	case "d":
		m.Kind = Deletion
	case "r":
		m.Kind = Reaction
	}
	return m
}

// What a list of entries adds up to (PROTOCOL 5.1).
func TestPresent(t *testing.T) {
	for _, test := range []struct{ entries, want string }{
		{"", "<nil>"},
		{"A e:x", "text x 1"},
		{"A e:x,A e:y", "text y 2"},
		{"A d:", "deleted 1"},
		{"A e:x,A d:", "deleted 2"},
		{"B r:👍,A d:", "deleted 2"},
		{"A d:,A e:x,B r:👍", "deleted 3"}, // which no store lets in
		{"B r:👍", "B👍 1"},
		{"B r:👍,B r:", "2"},
		{"B r:", "1"},
		{"B r:👍,C r:👍,D r:👎", "B👍 C👍 D👎 3"},
		{"B r:👍,C r:👍,B r:👎", "C👍 B👎 3"},
		{"B r:👍,C r:👍,D r:👍,C r:", "B👍 D👍 4"},
		{"A e:x,B r:👍,A e:y", "text y B👍 3"},
	} {
		var p *Present
		for i, entry := range strings.FieldsFunc(test.entries, func(r rune) bool { return r == ',' }) {
			from, text, _ := strings.Cut(entry, " ")
			m := what(from, text)
			m.Seq, m.Time = uint64(i+1), time.Unix(int64(i), 0)
			old := state(p)
			next := p.With(m)
			if state(p) != old {
				t.Errorf("%s: %s has become %s", test.entries, old, state(p))
			}
			p = next
		}
		if got := state(p); got != test.want {
			t.Errorf("%s: got %s, want %s", test.entries, got, test.want)
		}
	}
}

func state(p *Present) string {
	if p == nil {
		return "<nil>"
	}
	var parts []string
	if p.Deleted {
		parts = append(parts, "deleted")
	}
	if !p.Edited.IsZero() {
		parts = append(parts, "text "+string(p.Text))
	}
	for _, r := range p.Reactions() {
		parts = append(parts, r.User+r.Text)
	}
	return strings.Join(append(parts, fmt.Sprint(p.Last)), " ")
}

// "Editing or deleting another's message: forbidden", and what is not_found.
func TestPresentAllows(t *testing.T) {
	deleted := &Present{Deleted: true}
	plain := &Message{From: "A", To: "groupA"}
	private := &Message{From: "A", To: "B"}
	opaque := &Message{From: "A", To: "groupA", Binary: true}
	for _, test := range []struct {
		from, what string
		target     *Message
		p          *Present
		want       error
	}{
		{"B", "re:x", plain, nil, nil},
		{"B", "r:x", plain, nil, nil},
		{"A", "e:x", plain, nil, nil},
		{"A", "d:", plain, nil, nil},
		{"A", "d:", opaque, nil, nil},
		{"B", "e:x", plain, nil, ErrNotYours},
		{"B", "d:", plain, nil, ErrNotYours},
		{"moderator", "d:", plain, nil, nil},
		{"moderator", "e:x", plain, nil, ErrNotYours},
		{"moderator", "d:", private, nil, ErrNotYours},
		{"", "d:", private, nil, nil},
		{"A", "e:x", opaque, nil, ErrBadField},
		{"B", "e:x", opaque, nil, ErrNotYours},
		{"A", "e:x", what("A", "re:x"), nil, nil},
		{"A", "e:x", what("A", "e:x"), nil, ErrNotFound},
		{"A", "d:", what("A", "d:"), nil, ErrNotFound},
		{"A", "r:x", what("A", "r:x"), nil, ErrNotFound},
		{"B", "re:x", plain, deleted, ErrNotFound},
		{"B", "r:x", plain, deleted, ErrNotFound},
		{"A", "e:x", plain, deleted, ErrNotFound},
		{"A", "d:", plain, deleted, ErrNotFound},
	} {
		m := what(test.from, test.what)
		m.Moderator = test.from == "moderator"
		if err := test.p.Allows(m, test.target); !errors.Is(err, test.want) {
			t.Errorf("%s %s of %+v: got %v, want %v", test.from, test.what, test.target, err, test.want)
		}
	}
}

func TestPresentChanges(t *testing.T) {
	p := (*Present)(nil).With(what("B", "r:👍"))
	for entry, want := range map[string]bool{
		"B r:👍": false, "B r:👎": true, "B r:": true, "C r:": false, "C r:👍": true, "A e:x": true, "A d:": true,
	} {
		from, text, _ := strings.Cut(entry, " ")
		if got := p.Changes(what(from, text)); got != want {
			t.Errorf("%s: %v", entry, got)
		}
	}
}

// How each kind of entry reads once all of them have come.
func TestShow(t *testing.T) {
	edited := (*Present)(nil).With(what("A", "e:new")).With(what("B", "r:👍"))
	edited.Edited = time.Unix(1, 0)
	deleted := edited.With(what("A", "d:"))
	for _, test := range []struct {
		from, what string
		p          *Present
		body       string
		amended    bool
	}{
		{"A", "m:old", nil, "old", false},
		{"A", "m:old", edited, "new", true},
		{"A", "re:old", edited, "new", true},
		{"A", "m:old", deleted, "", true},
		{"A", "e:older", edited, "new", false},
		{"A", "e:older", deleted, "", false},
		{"B", "r:👎", edited, "👍", false},
		{"C", "r:👎", edited, "", false},
		{"B", "r:👎", deleted, "", false},
	} {
		m := what(test.from, test.what)
		m.Show(test.p)
		if string(m.Body) != test.body || (m.Now != nil) != test.amended {
			t.Errorf("%s %s reads %q, %v", test.from, test.what, m.Body, m.Now)
		}
	}
}

func TestTallies(t *testing.T) {
	var p *Present
	for i := range 25 {
		p = p.With(what(fmt.Sprint("U", i), "r:👍"))
	}
	p = p.With(what("A", "r:👎")).With(what("U0", "r:👎"))
	got := p.Tallies()
	if len(got) != 2 || got[0].Text != "👍" || got[0].Count != 24 || len(got[0].Users) != MaxTallyUsers || got[0].Users[0] != "U1" {
		t.Errorf("got %+v", got)
	}
	if fmt.Sprint(got[1]) != "{👎 2 [A U0]}" {
		t.Errorf("got %+v", got[1])
	}
}

// However many people react, and change their minds, it reads as if all of it were counted anew.
func TestReactionsOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var p *Present
	var list []UserReaction // as it was counted once
	for seq := range uint64(2000) {
		m := what(fmt.Sprint("U", random.IntN(400)), fmt.Sprint("r:", min(1, random.IntN(3))*random.IntN(200)))
		if random.IntN(4) == 0 {
			m.Body = nil
		}
		m.Seq = seq + 1
		if !p.Changes(m) {
			continue
		}
		before := ""
		if seq%50 == 0 {
			before = fmt.Sprint(p)
		}
		next := p.With(m)
		if seq%50 == 0 && fmt.Sprint(p) != before {
			t.Fatal("what was told before has changed")
		}
		p = next
		list = slices.DeleteFunc(list, func(u UserReaction) bool { return u.User == m.From })
		if len(m.Body) > 0 {
			list = append(list, UserReaction{m.From, string(m.Body), m.Seq})
		}
		if got, want := p.Tallies(), tally(list); !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
			t.Fatalf("after %d: got\n%v, want\n%v", m.Seq, got, want)
		}
		if seq%50 == 0 && (!slices.Equal(p.Reactions(), list) || p.ReactionOf(m.From) != string(m.Body)) {
			t.Fatalf("after %d: got\n%v, want\n%v", m.Seq, p.Reactions(), list)
		}
	}
	if size := 128; p.Size() < size+64*len(list) {
		t.Errorf("%d reactions take %d bytes", len(list), p.Size())
	}
}

// PROTOCOL 5.1: of reactions by very many, one more costs what the first has cost, and so does a look
// at what one user feels.
func BenchmarkReactions(b *testing.B) {
	for _, users := range []int{10, 1000, 10_000} {
		var p *Present
		for i := range users {
			m := what(fmt.Sprint("U", i), "r:👍")
			m.Seq = uint64(i + 1)
			p = p.With(m)
		}
		last := fmt.Sprint("U", users-1)
		b.Run(fmt.Sprint("add/", users), func(b *testing.B) {
			b.ReportAllocs()
			m := what("B", "r:👎")
			for b.Loop() {
				p.With(m)
			}
		})
		b.Run(fmt.Sprint("look/", users), func(b *testing.B) {
			for b.Loop() {
				p.ReactionOf(last)
			}
		})
	}
}
