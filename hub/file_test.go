package hub

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/files"
	"wschat/hub/loop"
)

// openFiles returns an empty store of files, which ends with the test, after the engine.
func openFiles(t *testing.T) *files.Store {
	t.Helper()
	s, err := files.Open(files.Config{Dir: t.TempDir(), MaxFile: 25 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// picture is the smallest GIF that says how large it is.
const picture = "GIF89a\x02\x00\x01\x00\x00\x00\x00;"

// upload stores a picture.
func upload(t *testing.T, s *files.Store, user, name string) chat.File {
	t.Helper()
	f, err := s.Put(user, name, int64(len(picture)), strings.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// isThere reports whether a GET finds a file.
func isThere(s *files.Store, f chat.File) bool {
	r := httptest.NewRequest("GET", "/files/"+f.ID, nil)
	return s.Serve(httptest.NewRecorder(), r, f.ID)
}

func withFile(to, members string, f chat.File) string {
	return fmt.Sprintf(`{"op":"send","id":"%s","to":"%s","file":"%s"%s}`, f.ID, to, f.ID, members)
}

// PROTOCOL 10: "the message event has file; text may be empty. A line client reads …"; "a file is
// sent in one message"; "deleting that deletes the file at once".
func TestFile(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		config := silent
		config.Files = openFiles(t)
		s := start(t, driver, config)
		all := s.programs("A", "B")
		a, b := all[0], all[1]
		l := s.client("L")
		f, g := upload(t, config.Files, "A", "cat.gif"), upload(t, config.Files, "A", "a\nb [x].gif")

		event := living(1, "A", "all", `"text":"look","file":`+f.Text())
		a.send(f.ID, withFile("all", `,"text":"look"`, f), event, 1, b)
		l.want("用户(A=>L):look [cat.gif /files/" + f.ID + "]")
		bare := living(2, "A", "all", `"text":"","reply":1,"file":`+g.Text())
		a.send(g.ID, withFile("all", `,"reply":1`, g), bare, 2, b)
		l.want("用户(A=>L):[a\n\tb [x].gif /files/" + g.ID + "]")

		// The same id is acked again; another message cannot have the file.
		a.say(withFile("all", `,"text":"look"`, f))
		a.wants(ackOf(f.ID, 1))
		a.say(fmt.Sprintf(`{"op":"send","id":"x","to":"all","file":%q}`, f.ID))
		a.wants(errorOf("x", "not_found"))

		edit := living(3, "A", "all", `"text":"new","edit":1`)
		a.send("e", `{"op":"send","id":"e","to":"all","text":"new","edit":1}`, edit, 3, b)
		l.want("用户(A=>L):更正:new")
		l.say("history,all")
		l.want("用户(A=>L):new [cat.gif /files/"+f.ID+"]", "用户(A=>L):[a\n\tb [x].gif /files/"+g.ID+"]")

		a.send("d", `{"op":"send","id":"d","to":"all","delete":2}`, living(4, "A", "all", `"delete":2`), 4, b)
		if isThere(config.Files, g) {
			t.Error("a file is there after its message was deleted")
		}
		b.say(`{"op":"history","id":"h","of":"all"}`)
		b.wants(historyOf("h", "all",
			living(1, "A", "all", `"text":"new","edited":"T","file":`+f.Text()),
			living(2, "A", "all", `"reply":1,"deleted":true`),
			living(3, "A", "all", `"text":"new","edit":1`),
			living(4, "A", "all", `"delete":2`)))
		if _, err := s.Hub.Delete("all", 1); err != nil || isThere(config.Files, f) {
			t.Errorf("the operator deletes a message with a file: %v", err)
		}
	})
}

// What is refused, and that the file can be sent afterwards.
func TestFileRefused(t *testing.T) {
	config := silent
	config.Files = openFiles(t)
	s := start(t, loop.Config{}, config)
	p := s.program("A")
	f := upload(t, config.Files, "A", "cat.gif")
	theirs := upload(t, config.Files, "B", "cat.gif")
	for request, code := range map[string]string{
		`"to":"all","file":"` + theirs.ID + `"`:                 "not_found", // another's
		`"to":"all","file":"` + strings.Repeat("a", 26) + `"`:   "not_found",
		`"to":"all","file":"../../etc/passwd"`:                  "not_found",
		`"to":"all","file":""`:                                  "bad_request",
		`"to":"all","file":7`:                                   "bad_request",
		`"to":"all","file":"` + f.ID + `","delete":1`:           "bad_request",
		`"to":"all","file":"` + f.ID + `","text":"x","edit":1`:  "bad_request",
		`"to":"all","file":"` + f.ID + `","text":"x","react":1`: "bad_request",
		`"to":"all","file":"` + f.ID + `","reply":1`:            "not_found", // what it answers
		`"to":"nobody","file":"` + f.ID + `"`:                   "not_online",
	} {
		p.say(`{"op":"send","id":"7",` + request + `}`)
		p.wants(errorOf("7", code))
	}
	p.say(withFile("all", "", f))
	p.wantsBoth(living(1, "A", "all", `"text":"","file":`+f.Text()), ackOf(f.ID, 1))
}

// A message that is not stored gives its file back.
func TestFileIsGivenBack(t *testing.T) {
	memory := NewDelayedStore(t)
	config := silent
	config.Store, config.Files = memory, openFiles(t)
	s := start(t, loop.Config{}, config)
	p := s.program("A")
	f := upload(t, config.Files, "A", "cat.gif")
	memory.breaks(chat.ErrFull)
	p.say(withFile("all", "", f))
	p.wants(errorOf(f.ID, "unavailable"))
	memory.breaks(nil)
	p.say(withFile("all", "", f))
	p.wantsBoth(living(1, "A", "all", `"text":"","file":`+f.Text()), ackOf(f.ID, 1))
}

// Where there are no files, none can be sent.
func TestNoFiles(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	p := s.program("A")
	p.say(`{"op":"send","id":"7","to":"all","file":"x"}`)
	p.wants(errorOf("7", "not_found"))
}

// A send that is repeated on another node, and fails there, leaves the file with the message that
// has it.
func TestRepeatedFileIsNotGivenBack(t *testing.T) {
	config := silent
	config.Files = openFiles(t)
	s := start(t, loop.Config{}, config)
	f := upload(t, config.Files, "A", "cat.gif")
	claim := func(id string) error {
		_, _, err := config.Files.Claim(f.ID, "A", chat.PairOf("A", "B"), id)
		return err
	}
	if err := claim("first"); err != nil { // by the other node
		t.Fatal(err)
	}
	a := s.program("A")
	a.say(fmt.Sprintf(`{"op":"send","id":"first","to":"B","file":%q}`, f.ID))
	a.wants(errorOf("first", "not_online"))
	if err := claim("second"); !errors.Is(err, chat.ErrNoFile) {
		t.Errorf("another message has it: %v", err)
	}
	if err := claim("first"); err != nil {
		t.Errorf("the same send has it no more: %v", err)
	}
}
