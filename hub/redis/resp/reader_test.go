package resp

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// The kinds of RESP2, and what is none.
func TestReader(t *testing.T) {
	text := func(s string) Reply { return Reply{kind: bulk, bytes: []byte(s)} }
	number := func(n int64) Reply { return Reply{kind: integer, n: n} }
	list := func(l ...Reply) Reply { return Reply{kind: array, list: l} }
	for _, row := range []struct {
		name, in string
		want     Reply
		err      error
	}{
		{"simple string", "+OK\r\n", Reply{kind: status, bytes: []byte("OK")}, nil},
		{"simple string, empty", "+\r\n", Reply{kind: status, bytes: []byte{}}, nil},
		{"error", "-ERR no\r\n", Reply{kind: failure, bytes: []byte("ERR no")}, nil},
		{"integer", ":42\r\n", number(42), nil},
		{"integer, least", ":-9223372036854775808\r\n", number(-1 << 63), nil},
		{"bulk string", "$5\r\na\r\nbc\r\n", text("a\r\nbc"), nil},
		{"bulk string, empty", "$0\r\n\r\n", text(""), nil},
		{"null", "$-1\r\n", Reply{}, nil},
		{"null array", "*-1\r\n", Reply{}, nil},
		{"array", "*3\r\n:1\r\n$1\r\na\r\n$-1\r\n", list(number(1), text("a"), Reply{}), nil},
		{"array, empty", "*0\r\n", list(), nil},
		{"array in array", "*2\r\n*1\r\n:1\r\n*1\r\n:2\r\n", list(list(number(1)), list(number(2))), nil},
		{"end", "", Reply{}, io.EOF},
		{"end in a line", "+OK\r", Reply{}, io.ErrUnexpectedEOF},
		{"end in a string", "$5\r\nab", Reply{}, io.ErrUnexpectedEOF},
		{"end behind a string", "$2\r\nab\r", Reply{}, io.ErrUnexpectedEOF},
		{"end in an array", "*2\r\n:1\r\n", Reply{}, io.ErrUnexpectedEOF},
		{"no CR", "+OK\n", Reply{}, ErrProtocol},
		{"empty line", "\r\n", Reply{}, ErrProtocol},
		{"RESP3", "_\r\n", Reply{}, ErrProtocol},
		{"integer that is none", ":1x\r\n", Reply{}, ErrProtocol},
		{"integer too large", ":9223372036854775808\r\n", Reply{}, ErrProtocol},
		{"length that is none", "$x\r\n", Reply{}, ErrProtocol},
		{"length below -1", "$-2\r\n", Reply{}, ErrProtocol},
		{"length of an array below -1", "*-2\r\n", Reply{}, ErrProtocol},
		{"string longer than announced", "$1\r\nabc\r\n", Reply{}, ErrProtocol},
		{"string too long", fmt.Sprintf("$%d\r\n", maxBulk+1), Reply{}, ErrProtocol},
		{"array too long", fmt.Sprintf("*%d\r\n", maxTotal/elementSize+1), Reply{}, ErrProtocol},
		{"arrays too deep", strings.Repeat("*1\r\n", maxDepth+1) + ":1\r\n", Reply{}, ErrProtocol},
		{"line too long", "+" + strings.Repeat("x", maxLine) + "\r\n", Reply{}, ErrProtocol},
		{"announced only", fmt.Sprintf("$%d\r\n", maxBulk), Reply{}, io.ErrUnexpectedEOF},
		{"announced only, an array", "*1000000\r\n*1000000\r\n", Reply{}, io.ErrUnexpectedEOF},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, reuse := range []bool{false, true} {
				r := newReader(iotest.OneByteReader(strings.NewReader(row.in)))
				r.reuse = reuse
				got, err := r.read()
				if !errors.Is(err, row.err) || (row.err == nil) != (err == nil) {
					t.Errorf("%v, not %v", err, row.err)
				}
				if err == nil && !same(got, row.want) {
					t.Errorf("%+v, not %+v", got, row.want)
				}
			}
		})
	}
}

// same tells whether two replies are the same, nil lists and empty ones included.
func same(a, b Reply) bool {
	if len(a.list) != len(b.list) || a.kind != b.kind || a.n != b.n || string(a.bytes) != string(b.bytes) {
		return false
	}
	for i := range a.list {
		if !same(a.list[i], b.list[i]) {
			return false
		}
	}
	return true
}

// A reply of many strings or elements, each within the bounds, is bounded as a
// whole.
func TestReaderBoundsTheWholeReply(t *testing.T) {
	for name, element := range map[string]string{
		"strings": "$936\r\n" + strings.Repeat("x", 936) + "\r\n",
		"numbers": ":1\r\n",
		"lines":   "+" + strings.Repeat("x", 936) + "\r\n",
		"arrays":  "*0\r\n",
	} {
		for n, want := range map[int]error{10: nil, 1000: ErrProtocol} {
			r := newReader(strings.NewReader(fmt.Sprintf("*%d\r\n", n) + strings.Repeat(element, n)))
			r.left = 11000
			if _, err := r.value(0); !errors.Is(err, want) {
				t.Errorf("%d %s: %v", n, name, err)
			}
		}
	}
}

// What is announced costs nothing before it comes.
func TestReaderAllocatesWhatHasCome(t *testing.T) {
	in := fmt.Sprintf("*1000000\r\n$%d\r\nabc", maxBulk)
	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			newReader(strings.NewReader(in)).read()
		}
	}).AllocedBytesPerOp()
	if allocated > 3*maxLine {
		t.Errorf("%d bytes for %d", allocated, len(in))
	}
}

// Messages of subscriptions cost nothing to read.
func TestReaderReuses(t *testing.T) {
	in := strings.Repeat("*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$5\r\nhello\r\n", 1100)
	r := newReader(strings.NewReader(in))
	r.reuse = true
	r.read()
	if n := testing.AllocsPerRun(1000, func() {
		reply, err := r.read()
		if err != nil || string(reply.list[2].bytes) != "hello" {
			t.Error(reply, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzReply: nothing makes it panic; what is read twice, whole and in single
// bytes, is the same; and what is read can be written and read again.
func FuzzReply(f *testing.F) {
	for _, in := range []string{"+OK\r\n", "-MOVED 1 h:1\r\n", ":-1\r\n", "$3\r\na\r\n\r\n", "$-1\r\n", "*-1\r\n",
		"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "*99999\r\n", "$99999999999\r\n", "*1\r\n*1\r\n*1\r\n",
		"*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nb\r\n+PONG\r\n"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, single := newReader(strings.NewReader(string(in))), newReader(iotest.OneByteReader(strings.NewReader(string(in))))
		single.reuse = true
		for {
			a, err := whole.read()
			b, err2 := single.read()
			if fmt.Sprint(err) != fmt.Sprint(err2) || err == nil && !same(a, b) {
				t.Fatalf("%+v %v, in single bytes %+v %v", a, err, b, err2)
			}
			if err != nil {
				if err != io.EOF && err != io.ErrUnexpectedEOF && !errors.Is(err, ErrProtocol) {
					t.Fatalf("an error of another kind: %v", err)
				}
				return
			}
			again, err := newReader(strings.NewReader(string(appendReply(nil, a)))).read()
			if err != nil || !reflect.DeepEqual(again, a) {
				t.Fatalf("%+v, written and read %+v %v", a, again, err)
			}
			helpers(a)
		}
	})
}

// appendReply is what a server does.
func appendReply(b []byte, r Reply) []byte {
	switch r.kind {
	case null:
		return append(b, "$-1\r\n"...)
	case status, failure:
		return append(append(append(b, byte(r.kind)), r.bytes...), "\r\n"...)
	case integer:
		return fmt.Appendf(b, ":%d\r\n", r.n)
	case bulk:
		return appendArgument(b, r.bytes)
	}
	b = appendHead(b, '*', len(r.list))
	for _, element := range r.list {
		b = appendReply(b, element)
	}
	return b
}

// helpers calls what a reply can be asked.
func helpers(r Reply) {
	r.Int()
	r.Bytes()
	r.Text()
	r.Strings()
	r.Array()
	_ = r.Err()
	_ = r.IsNil()
}
