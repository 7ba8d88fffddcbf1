package handshake

import (
	"errors"
	"slices"
	"testing"
)

// What only a caller of the pure function can send: the Server cuts heads
// where they end.
func TestParseRequestWantsOneWholeHead(t *testing.T) {
	for _, row := range []struct{ name, raw, reason string }{
		{"nothing", "", string(errNoEnd)},
		{"no line end", "GET / HTTP/1.1", string(errNoEnd)},
		{"no fields", "GET / HTTP/1.1\r\n", string(errNoEnd)},
		{"no empty line", "GET / HTTP/1.1\r\nHost: a\r\n", string(errNoEnd)},
		{"half an empty line", "GET / HTTP/1.1\r\nHost: a\r\n\r", string(errNoEnd)},
		{"LF as empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", string(errLineEnd)},
		{"something behind it", "GET / HTTP/1.1\r\n\r\nx", string(errNoEnd)},
		{"a line behind it", "GET / HTTP/1.1\r\n\r\nx\n", string(errBehind)},
	} {
		_, err := ParseRequest([]byte(row.raw))
		var rejection *Rejection
		if !errors.As(err, &rejection) || rejection.Status != 400 {
			t.Errorf("%s: %v, want 400", row.name, err)
		}
	}
}

func TestParseRequestKeepsOrderAndNothingOfItsInput(t *testing.T) {
	head := []byte("GET /x?y HTTP/1.1\r\nHost: a\r\nb: 1\r\nA:2\r\nB: 3 \r\n\r\n")
	r, err := ParseRequest(head)
	if err != nil {
		t.Fatal(err)
	}
	clear(head)
	if want := (Header{{"Host", "a"}, {"b", "1"}, {"A", "2"}, {"B", "3"}}); !slices.Equal(r.Header, want) {
		t.Errorf("got %q, want %q", r.Header, want)
	}
	if got := slices.Collect(r.Header.Values("B")); !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("B has %q", got)
	}
	if r.URL.Path != "/x" || r.URL.RawQuery != "y" || r.Target != "/x?y" || r.Host != "a" {
		t.Errorf("got %+v", r)
	}
}

func TestHasToken(t *testing.T) {
	h := Header{{"Connection", "keep-alive ,\tUPGRADE,,"}, {"Connection", "a"}, {"X", "b c"}}
	for _, row := range []struct {
		name, token string
		want        bool
	}{
		{"connection", "Upgrade", true},
		{"Connection", "keep-Alive", true},
		{"Connection", "a", true},
		{"Connection", "keep", false},
		{"Connection", "", false},
		{"X", "b", false},
		{"Y", "a", false},
	} {
		if got := h.HasToken(row.name, row.token); got != row.want {
			t.Errorf("HasToken(%q, %q) = %v", row.name, row.token, got)
		}
	}
}

func TestProtocols(t *testing.T) {
	r := &Request{Header: Header{
		{"Sec-WebSocket-Protocol", "b, a"}, {"Sec-WebSocket-Protocol", " ,bearer.x.y-_z,"},
	}}
	offered, err := Protocols(r)
	if want := []string{"b", "a", "bearer.x.y-_z"}; err != nil || !slices.Equal(offered, want) {
		t.Errorf("got %q and %v, want %q", offered, err, want)
	}
	for want, known := range map[string][]string{"a": {"c", "a"}, "b": {"a", "b"}, "": {"B"}} {
		if got, err := SelectProtocol(r, known...); err != nil || got != want {
			t.Errorf("of %q it selects %q and %v, want %q", known, got, err, want)
		}
	}
	if offered, err := Protocols(&Request{}); err != nil || offered != nil {
		t.Errorf("without a list: %q and %v", offered, err)
	}
	if _, err := SelectProtocol(&Request{Header: Header{{"Sec-WebSocket-Protocol", "a b"}}}); err == nil {
		t.Error("a malformed list passes")
	}
}
