package hub

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/loop"
)

// The examples of PROTOCOL.md happen as they are written: those of a section are one chat.
// That each request and event has one is tested in hub/wire.
func TestProtocolExamples(t *testing.T) {
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for section := range strings.SplitSeq(string(text), "\n## ") {
		title, _, _ := strings.Cut(section, "\n")
		var blocks []string
		for _, block := range exampleBlock.FindAllStringSubmatch(section, -1) {
			if block[1] == "" { // it is in no language
				blocks = append(blocks, exampleBreak.ReplaceAllString(block[2], ""))
			}
		}
		if len(blocks) == 0 {
			continue
		}
		t.Run(title, func(t *testing.T) {
			e := &example{t: t, server: start(t, loop.Config{}, setup{MaxMessage: 1 << 20}), clients: make(map[string]*program)}
			for _, block := range blocks {
				for line := range strings.Lines(block) {
					e.play(strings.TrimSuffix(line, "\n"))
				}
				e.end()
			}
		})
		played += len(blocks)
	}
	if played < 3 {
		t.Errorf("%d examples", played)
	}
}

// example is a chat that is told line by line: "A > …" is what A says, "A, B < …" what each of
// them reads.
type example struct {
	t       *testing.T
	server  *server
	clients map[string]*program
	said    string              // the last line of somebody who does something
	reads   map[string][]string // what each reads since then
}

var (
	exampleBlock    = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	exampleBreak    = regexp.MustCompile(`\n {2,}`) // a line that goes on
	exampleSays     = regexp.MustCompile(`^(\w+) > (.*)$`)
	exampleReads    = regexp.MustCompile(`^(\w+(?:, \w+)*) < (.*)$`)
	exampleConnects = regexp.MustCompile(`^(\w+) connects( with JSON)?$`)
	exampleLeaves   = regexp.MustCompile(`^(\w+) leaves$`)
	exampleDeletes  = regexp.MustCompile(`^The operator deletes message (\d+) of (\S+)$`)
)

func (e *example) play(line string) {
	e.t.Helper()
	if m := exampleReads.FindStringSubmatch(line); m != nil {
		for name := range strings.SplitSeq(m[1], ", ") {
			e.reads[name] = append(e.reads[name], m[2])
		}
		return
	}
	e.end()
	e.said, e.reads = line, make(map[string][]string)
	if m := exampleSays.FindStringSubmatch(line); m != nil {
		payload, binary := strings.CutSuffix(m[2], " (binary)")
		op := frame.Text
		if binary {
			op = frame.Binary
		}
		if err := e.client(m[1]).Send(op, []byte(payload)); err != nil {
			e.t.Fatal(err)
		}
	} else if m := exampleConnects.FindStringSubmatch(line); m != nil {
		e.clients[m[1]] = e.connect(userOf(m[1]), m[2] != "")
	} else if m := exampleLeaves.FindStringSubmatch(line); m != nil {
		e.client(m[1]).conn.Close()
		delete(e.clients, m[1])
		e.gone(userOf(m[1]))
	} else if m := exampleDeletes.FindStringSubmatch(line); m != nil {
		seq, _ := strconv.ParseUint(m[1], 10, 64)
		if _, err := e.server.Hub.Delete(m[2], seq); err != nil {
			e.t.Fatalf("%s: %v", line, err)
		}
	} else {
		e.t.Fatalf("nobody knows what this means: %q", line)
	}
}

// userOf returns whose connection is called so: B2 is another one of B.
func userOf(connection string) string { return strings.TrimRight(connection, "0123456789") }

// gone waits until a user has no more connections than are left.
func (e *example) gone(user string) {
	e.t.Helper()
	left := 0
	for name := range e.clients {
		if userOf(name) == user {
			left++
		}
	}
	eventually(e.t, e.said, func() bool { return e.server.connections(user) == left })
}

func (e *example) client(name string) *program {
	e.t.Helper()
	p := e.clients[name]
	if p == nil {
		e.t.Fatalf("%s: %s is not connected", e.said, name)
	}
	return p
}

func (e *example) connect(name string, json bool) *program {
	if !json {
		return &program{client: e.server.raw(name)}
	}
	near, far, err := e.server.connect()
	if err != nil {
		e.t.Fatal(err)
	}
	return &program{client: e.server.enterAs(Access{User: name, Protocol: "wschat.v1.json"}, near, far)}
}

// end checks what has been read since somebody did something: all of it, in this order, but
// that an ack may come at any time.
func (e *example) end() {
	e.t.Helper()
	for _, p := range e.clients { // the one who has said something among them
		p.catchUp()
	}
	for name, p := range e.clients {
		p.catchUp()
		for len(p.pending) < len(e.reads[name]) { // a search takes its time
			m, err := p.Next()
			if err != nil {
				e.t.Fatalf("%s\n%s reads %d of\n%s", e.said, name, len(p.pending), strings.Join(e.reads[name], "\n"))
			}
			p.pending = append(p.pending, m)
		}
		var got []any
		for _, m := range p.pending {
			got = append(got, p.readable(m))
		}
		p.pending = nil
		var want []any
		for _, text := range e.reads[name] {
			want = append(want, wanted(e.t, text))
		}
		delete(e.reads, name)
		if !slices.EqualFunc(acksLast(got), acksLast(want), agrees) {
			e.t.Fatalf("%s\n%s reads\n%v, want\n%v", e.said, name, got, want)
		}
	}
	for name := range e.reads {
		e.t.Fatalf("%s: %s is not connected", e.said, name)
	}
}

// catchUp reads all that is meant for the client until now.
func (p *program) catchUp() {
	p.t.Helper()
	if p.session.json {
		p.sync()
	} else {
		p.client.sync()
	}
}

// readable returns an event, or a line.
func (p *program) readable(m frame.Message) any {
	p.t.Helper()
	switch {
	case p.session.json:
		return plain(p.t, parse(p.t, m.Payload))
	case m.Opcode == frame.Binary:
		return string(m.Payload) + " (binary)"
	}
	return string(m.Payload)
}

func wanted(t *testing.T, text string) any {
	t.Helper()
	if strings.HasPrefix(text, "{") {
		return parse(t, []byte(text))
	}
	return text
}

func acksLast(all []any) []any {
	isAck := func(v any) int {
		if e, ok := v.(event); ok && e["event"] == "ack" {
			return 1
		}
		return 0
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b any) int { return isAck(a) - isAck(b) })
	return all
}

// agrees reports whether a value is as in an example, where … stands for any text.
func agrees(got, want any) bool {
	switch want := want.(type) {
	case event:
		got, ok := got.(event)
		if !ok || len(got) != len(want) {
			return false
		}
		for name, value := range want {
			if v, ok := got[name]; !ok || !agrees(v, value) {
				return false
			}
		}
		return true
	case []any:
		got, ok := got.([]any)
		return ok && slices.EqualFunc(got, want, agrees)
	case string:
		got, ok := got.(string)
		return ok && (got == want || want == "…" && got != "")
	}
	return got == want
}
