package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
)

const testSalt = 0x12345678

// testMessages are of every shape.
func testMessages() []*chat.Message {
	at := time.Unix(0, 1_767_366_245_678_901_234)
	return []*chat.Message{
		{Conversation: "all", Seq: 1, From: "A", To: "all", Body: []byte("text"), Time: at},
		{Conversation: "A,B", Seq: 1, From: "A", To: "B", Body: []byte("text"), Time: at},
		{Conversation: "group前端", Seq: 1, From: "张三", To: "group前端", Binary: true, Body: []byte{0, 255}, Time: at},
		{Conversation: "A,B", Seq: 2, From: "B", To: "A", Body: bytes.Repeat([]byte("long "), 10_000), Time: at},
		{Conversation: "A,B", Seq: 2, From: "B", To: "A", Kind: chat.Reply, About: 1, Body: []byte("answer"), Time: at},
		{Conversation: "all", Seq: 300, From: "A", To: "all", Kind: chat.Edit, About: 299, Body: []byte("edited"), Time: at},
		{Conversation: "groupA", Seq: 2, From: "A", To: "groupA", Kind: chat.Reaction, About: 1, Was: "👎", Body: []byte("👍"), Time: at},
		{Conversation: "groupA", Seq: 2, From: "A", To: "groupA", Kind: chat.Reaction, About: 1, Was: "👎", Body: []byte{}, Time: at},
		{Conversation: "A,B", Seq: 2, From: "B", To: "A", File: `{"id":"x"}`, Body: []byte("text"), Time: at},
		{Conversation: "all", Seq: 2, From: "A", To: "all", Kind: chat.Reply, About: 1, File: `{"id":"x"}`, Body: []byte{}, Time: at},
		{Conversation: "A,B", Seq: 2, To: "A", Kind: chat.Deletion, About: 1, Body: []byte{}, Time: at},
	}
}

func TestMessageBody(t *testing.T) {
	for _, m := range testMessages() {
		m.ID = "id"
		v, err := parseMessage(appendMessage(nil, m))
		to := string(v.to)
		if !v.private() {
			to = string(v.conversation)
		}
		got := &chat.Message{
			Conversation: string(v.conversation), Seq: v.seq, From: string(v.from), To: to, ID: string(v.id),
			Binary: v.flags&flagBinary != 0, Body: v.body, Time: time.Unix(0, v.time),
			Kind: v.kind(), About: v.about, Was: string(v.was), File: string(v.file),
		}
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%+v, was %+v, %v", got, m, err)
		}
	}
}

// What a record may not be.
func TestMalformed(t *testing.T) {
	good := appendMessage(nil, testMessages()[1])
	for name, b := range map[string][]byte{
		"nothing":                 {},
		"an edit with a file":     append([]byte{7 * flagKind}, good[1:]...),
		"about nothing":           append([]byte{good[0] | byte(chat.Edit)*flagKind}, good[1:]...),
		"number 0":                append([]byte{good[0], 0}, good[2:]...),
		"to left out and there":   append([]byte{good[0] | flagSame}, good[1:]...),
		"seq of more than 64 bit": append([]byte{0}, bytes.Repeat([]byte{255}, 11)...),
		"cut":                     good[:12],
	} {
		if _, err := parseMessage(b); !errors.Is(err, errBody) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := parseWritten(append(appendWritten(nil, written{"A", "A,B", 1}), 0)); !errors.Is(err, errBody) {
		t.Error("a byte too many:", err)
	}
	if _, err := parseUser([]byte{userFlags, 0, 0, 0, 0, 0, 0, 0, 0, 0}); !errors.Is(err, errBody) {
		t.Error("unknown flag of a user:", err)
	}
	if _, err := parseRequest(nil); !errors.Is(err, errBody) {
		t.Error("no request:", err)
	}
	if _, err := parseRequest(append(appendRequest(nil, &request{})[:12], requestFlags)); !errors.Is(err, errBody) {
		t.Error("unknown flag of a request:", err)
	}
	if _, err := parseForgotten([]byte{0, 0}); !errors.Is(err, errBody) {
		t.Error("forgotten without a name or number:", err)
	}
	if _, err := parseMember([]byte{memberFlags, 1, 'A', 1, 'g'}); !errors.Is(err, errBody) {
		t.Error("unknown flag of a member:", err)
	}
	s := newState(store.New(0))
	if err := s.apply(record{kind: 99}, false); err == nil {
		t.Error("unknown kind")
	}
	if err := s.apply(record{kind: kindMessage, body: appendMessage(nil, testMessages()[3])}, false); err == nil {
		t.Error("number 2 without 1")
	}
}

// FuzzRecord takes any
// bytes for a record; what it accepts is what endRecord would have written.
func FuzzRecord(f *testing.F) {
	for _, m := range testMessages() {
		f.Add(appendRecord(nil, kindMessage, appendMessage(nil, m), testSalt))
	}
	f.Add(appendRecord(nil, kindWritten, appendWritten(nil, written{"A", "A,B", 300}), testSalt))
	f.Add(appendRecord(nil, kindUser, appendUser(nil, "A", &user{seen: 1, groups: []string{"groupA", "groupB"}}), testSalt))
	f.Add(appendRecord(nil, kindUser, appendUser(nil, "A", nil), testSalt))
	f.Add(appendRecord(nil, kindRequest, appendRequest(nil, &request{"A", "id", "all", 7, 1, flagToldAway}), testSalt))
	f.Add(appendRecord(nil, kindRequest, appendRequest(nil, &request{"A", "id", "all", 7, 1, 0})[:18], testSalt)) // of version 1
	f.Add(appendRecord(nil, kindMember, appendMember(nil, member{"A", "groupA", true}), testSalt))
	f.Add(appendRecord(nil, kindForgotten, appendForgotten(nil, forgotten{"groupA", 300}), testSalt))
	f.Add(appendRecord(nil, kindTopic, appendTopic(nil, topic{"groupA", "topic"}), testSalt))
	f.Add(appendRecord(nil, kindMarks, appendMarks(nil, userMarks{"A", "A,B", chat.Marks{Read: 300, Flags: chat.Pin}}), testSalt))
	f.Add(appendMark(nil, kindMark, 1000, testSalt))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 3})
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > headSize { // the fuzzer cannot guess checksums
			fixed := bytes.Clone(b)
			endRecord(fixed, testSalt)
			tryRecord(t, fixed)
		}
		tryRecord(t, b)
	})
}

func tryRecord(t *testing.T, b []byte) {
	k, body, size, err := parseRecord(b, testSalt)
	if err != nil {
		return
	}
	if size > len(b) || !bytes.Equal(appendRecord(nil, k, body, testSalt), b[:size]) {
		t.Fatalf("%x is read as kind %d, %x", b, k, body)
	}
	rec := record{0, k, body}
	describe(rec)
	s := newState(store.New(1))
	if s.apply(rec, true) != nil {
		return
	}
	// What is accepted can be written, and then says the same.
	switch k {
	case kindMessage:
		v, _ := parseMessage(body)
		kept, _, _ := s.memory.History(string(v.conversation), chat.Query{Limit: 1})
		kept[0].ID = string(v.id)
		again, err := parseMessage(appendMessage(nil, kept[0]))
		if err != nil || again.seq != v.seq || again.kind() != v.kind() || again.about != v.about || !bytes.Equal(again.was, v.was) || !bytes.Equal(again.file, v.file) || !bytes.Equal(again.body, v.body) || !bytes.Equal(again.from, v.from) || !bytes.Equal(again.id, v.id) {
			t.Fatalf("%+v, was %+v, %v", again, v, err)
		}
	case kindWritten:
		w, _ := parseWritten(body)
		if again, err := parseWritten(appendWritten(nil, w)); again != w || err != nil {
			t.Fatalf("%+v, was %+v, %v", again, w, err)
		}
	case kindUser:
		u, _ := parseUser(body)
		again, err := parseUser(appendUser(nil, u.name, u.user))
		if err != nil || again.name != u.name || (u.user == nil) != (again.user == nil) ||
			u.user != nil && (u.seen != again.seen || !slices.Equal(u.groups, again.groups)) {
			t.Fatalf("%+v, was %+v, %v", again, u, err)
		}
	case kindMember:
		m, _ := parseMember(body)
		if again, err := parseMember(appendMember(nil, m)); again != m || err != nil {
			t.Fatalf("%+v, was %+v, %v", again, m, err)
		}
	case kindForgotten:
		w, _ := parseForgotten(body)
		if again, err := parseForgotten(appendForgotten(nil, w)); again != w || err != nil {
			t.Fatalf("%+v, was %+v, %v", again, w, err)
		}
	case kindTopic:
		v, _ := parseTopic(body)
		if again, err := parseTopic(appendTopic(nil, v)); again != v || err != nil {
			t.Fatalf("%+v, was %+v, %v", again, v, err)
		}
	case kindMarks:
		m, _ := parseMarks(body)
		if again, err := parseMarks(appendMarks(nil, m)); again != m || err != nil {
			t.Fatalf("%+v, was %+v, %v", again, m, err)
		}
	case kindRequest:
		r, _ := parseRequest(body)
		if again, err := parseRequest(appendRequest(nil, &r)); again != r || err != nil {
			t.Fatalf("%+v, was %+v, %v", again, r, err)
		}
	}
}

// FuzzRecover takes any bytes for the records of the newest segment, or for all of
// it. It must not panic, must not make up messages, and must read the same again.
func FuzzRecover(f *testing.F) {
	h := header{epoch: "fuzzfuzz", number: 1, through: 1, salt: testSalt}
	var good []byte
	for _, m := range testMessages()[:3] {
		good = appendMark(good, kindMark, int64(headerSize+len(good)), testSalt)
		good = append(good, appendRecord(nil, kindMessage, appendMessage(nil, m), testSalt)...)
	}
	for _, m := range []*chat.Message{
		about(chat.Reply, 1, "all", "answer"), about(chat.Edit, 2, "all", "edited"), about(chat.Reaction, 1, "all", "👍"), about(chat.Deletion, 2, "all", ""),
	} {
		m.Seq, m.Time = uint64(m.Kind)+1, time.Unix(0, 1)
		good = append(good, appendRecord(nil, kindMessage, appendMessage(nil, m), testSalt)...)
	}
	good = append(good, appendRecord(nil, kindUser, appendUser(nil, "A", &user{seen: 1}), testSalt)...)
	good = append(good, appendRecord(nil, kindMarks, appendMarks(nil, userMarks{"A", "all", chat.Marks{Read: 1}}), testSalt)...)
	good = append(good, appendRecord(nil, kindTopic, appendTopic(nil, topic{"groupA", "topic"}), testSalt)...)
	good = append(good, appendRecord(nil, kindForgotten, appendForgotten(nil, forgotten{"all", 7}), testSalt)...)
	f.Add(good, false)
	f.Add(good[:len(good)-3], false)
	f.Add(append(good[:len(good):len(good)], good[markSize:]...), false)
	f.Add(appendMark(good[:len(good):len(good)], kindEnd, int64(headerSize+len(good)), testSalt), false)
	f.Add(h.append(nil), true)
	f.Add(append(h.append(nil), good...), true)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, b []byte, whole bool) {
		if !whole {
			b = append(h.append(nil), b...)
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "0000000000000001.segment")
		must(t, os.WriteFile(path, b, 0o600))
		var out bytes.Buffer
		dumpErr := Dump(&out, dir)
		s, err := Open(Config{Dir: dir, disk: noSync{}})
		if (err == nil) != (dumpErr == nil) {
			t.Fatalf("Open says %v, Dump %v", err, dumpErr)
		}
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
				t.Fatal(err)
			}
			return
		}
		first := contents(t, s, b)
		must(t, s.Close())
		s, err = Open(Config{Dir: dir, disk: noSync{}})
		must(t, err)
		if again := contents(t, s, b); again != first {
			t.Fatalf("%q, was %q", again, first)
		}
		must(t, s.Close())
	})
}

// contents shows all messages, each of which must have its record in b, as must its text.
func contents(t *testing.T, s *Store, b []byte) string {
	h, err := readHeader(bytes.NewReader(b), "")
	must(t, err)
	records, texts := make(map[string]bool), make(map[string]bool)
	names := make(map[string]bool)
	for rest := b[headerSize:]; len(rest) > 0; {
		k, body, size, err := parseRecord(rest, h.salt)
		if err != nil {
			break
		}
		rest = rest[size:]
		if t, err := parseTopic(body); k == kindTopic && err == nil {
			names[t.group] = true
		}
		if k != kindMessage {
			continue
		}
		if m, err := parseMessage(body); err == nil {
			names[string(m.conversation)] = true
			records[fmt.Sprint(m.seq, m.time, m.private(), string(m.from), " ", string(m.conversation))] = true
			texts[string(m.conversation)+" "+string(m.body)] = true
			texts[string(m.conversation)+" "] = true
		}
	}
	var lines []string
	for name := range names {
		messages, _, _ := s.History(name, chat.Query{Limit: 1 << 30})
		lines = append(lines, name+" "+reads(s, name))
		for _, m := range messages {
			if !records[fmt.Sprint(m.Seq, m.Time.UnixNano(), m.To != m.Conversation, m.From, " ", name)] || !texts[name+" "+string(m.Body)] {
				t.Fatalf("%s %d is made up", name, m.Seq)
			}
		}
	}
	if len(names) < s.memory.Stats().Conversations {
		t.Fatalf("of %d conversations %d are made up", s.memory.Stats().Conversations, s.memory.Stats().Conversations-len(names))
	}
	slices.Sort(lines)
	lines = append(lines, marksOf(s))
	return strings.Join(lines, "\n")
}
