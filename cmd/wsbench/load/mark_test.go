package load

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestMarkComesBack(t *testing.T) {
	for _, m := range []mark{
		{},
		{seq: 1, sender: 2, sent: 3},
		{seq: math.MaxUint32, sender: math.MaxUint16, sent: 1<<48 - 1},
		{seq: 0x01234567, sender: 0x89ab, sent: 0xcdef01234567},
	} {
		b := make([]byte, markLen)
		m.put(b)
		for _, c := range b[len(markWord):] {
			if c < 'a' || c > 'p' {
				t.Errorf("%+v is %q", m, b)
			}
		}
		if got, ok := parseMark(b); !ok || got != m {
			t.Errorf("%+v came back as %+v, %v", m, got, ok)
		}
	}
}

// Whatever single byte of a mark is changed into what no mark has, it is seen.
func TestNoMark(t *testing.T) {
	good := make([]byte, markLen)
	mark{seq: 7, sender: 3, sent: time.Hour}.put(good)
	for i := range good {
		for _, c := range []byte{0, '`', 'q', 'A', 0xff} {
			b := append([]byte{}, good...)
			b[i] = c
			if m, ok := parseMark(b); ok {
				t.Errorf("%q is taken for %+v", b, m)
			}
		}
	}
}

func TestFindMark(t *testing.T) {
	b := make([]byte, markLen)
	want := mark{seq: 7, sender: 3, sent: time.Hour}
	want.put(b)
	whole := string(b)
	for _, row := range []struct {
		name, text string
		hint, at   int
		ok         bool
	}{
		{"at the front", whole + "rest", 0, 0, true},
		{"behind the server's text", "用户(A=>B):" + whole, 0, len("用户(A=>B):"), true},
		{"where the last one was", "12345" + whole, 5, 5, true},
		{"not where the last one was", "12345" + whole, 7, 5, true},
		{"behind one that is cut off", "wsbench:aaaa" + whole, 0, 12, true},
		{"cut off", whole[:markLen-1], 0, 0, false},
		{"none", strings.Repeat("x", 1000), 0, 0, false},
		{"too far behind", strings.Repeat("x", headLen) + whole, 0, 0, false},
		{"nothing", "", 3, 0, false},
	} {
		m, at, ok := findMark([]byte(row.text), row.hint)
		if ok != row.ok || at != row.at || (ok && m != want) {
			t.Errorf("%s: %+v at %d, %v; want it at %d, %v", row.name, m, at, ok, row.at, row.ok)
		}
	}
}
