package handshake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"wschat/handshake/handshaketest"
)

func addRows(f *testing.F) {
	for _, row := range handshaketest.Rows {
		f.Add([]byte(row.Raw))
	}
}

// FuzzParseRequest compares with net/http: whatever ParseRequest accepts,
// http.ReadRequest accepts, and reads the same out of it. The differences that
// are allowed are heads whose fields net/http judges while it reads and we
// judge, or let net/http judge, afterwards:
//
//   - empty lines before the request line: net/http never sees them;
//   - an absolute target without a path: net/http gets its "/" from us;
//   - more than one Host: Verify refuses it;
//   - Content-Length and Transfer-Encoding that make no sense: Verify refuses
//     any upgrade that has a body, and pages are read again by net/http.
func FuzzParseRequest(f *testing.F) {
	addRows(f)
	f.Add([]byte("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("GET //x/../y?a?b HTTP/1.0\r\nPragma: no-cache\r\n\r\n"))
	f.Add([]byte("GET /? HTTP/1.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		r, err := ParseRequest(head)
		var rejection *Rejection
		if err != nil {
			if !errors.As(err, &rejection) || rejection.Reason == "" || !printable(rejection.Reason) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(withoutEmpty(head))))
		_, hosts := r.Header.first("Host")
		_, lengths := r.Header.first("Content-Length")
		_, codings := r.Header.first("Transfer-Encoding")
		if err != nil {
			if hosts < 2 && lengths == 0 && codings == 0 {
				t.Fatalf("net/http refuses it: %v", err)
			}
			return
		}
		if r.Method != want.Method || r.Target != want.RequestURI || r.Host != want.Host ||
			r.Major != want.ProtoMajor || r.Minor != want.ProtoMinor {
			t.Fatalf("read %+v, net/http %+v", r, want)
		}
		setPath(want.Method, want.URL)
		if *r.URL != *want.URL {
			t.Fatalf("the URL is %#v, net/http has %#v", r.URL, want.URL)
		}
		compareFields(t, r.Header, want.Header)
	})
}

// compareFields compares with what net/http makes of the same fields. It
// takes some out for its own use, and adds Cache-Control for Pragma.
func compareFields(t *testing.T, fields Header, want http.Header) {
	t.Helper()
	for _, name := range []string{"Host", "Transfer-Encoding", "Content-Length", "Trailer", "Cache-Control"} {
		want.Del(name)
		fields = slices.DeleteFunc(fields, func(f Field) bool { return equalFold(f.Name, name) })
	}
	n := 0
	for name, values := range want {
		n += len(values)
		if got := slices.Collect(fields.Values(name)); !slices.Equal(got, values) {
			t.Fatalf("%s: %q, net/http has %q", name, got, values)
		}
	}
	if n != len(fields) {
		t.Fatalf("%d fields, net/http has %d", len(fields), n)
	}
	for _, f := range fields {
		if _, ok := want[textproto.CanonicalMIMEHeaderKey(f.Name)]; !ok {
			t.Fatalf("net/http has no %s", f.Name)
		}
	}
}

// FuzzDecoder: however the bytes are cut, the same comes of them: the same request
// and the same bytes behind it, or the same rejection. Whole, they are what
// ParseRequest reads.
func FuzzDecoder(f *testing.F) {
	for _, row := range handshaketest.Rows {
		f.Add([]byte(row.Raw), uint16(1), uint16(7))
	}
	f.Add([]byte(handshaketest.Upgrade+"behind"), uint16(len(handshaketest.Upgrade)), uint16(1))
	f.Add(bytes.Repeat([]byte("X: y\r\n"), MaxHead/6+1), uint16(MaxHead), uint16(MaxHead-1))
	f.Fuzz(func(t *testing.T, raw []byte, first, then uint16) {
		whole, n, err := decode(raw, max(len(raw), 1))
		var d Decoder
		at := min(int(first), len(raw))
		cut, m, errCut := d.Next(raw[:at])
		for cut == nil && errCut == nil && m < len(raw) {
			var took int
			cut, took, errCut = d.Next(raw[m:min(len(raw), m+max(int(then), 1))])
			m += took
		}
		if (err == nil) != (errCut == nil) || (whole == nil) != (cut == nil) {
			t.Fatalf("whole: %v, %v; cut: %v, %v", whole, err, cut, errCut)
		}
		var one, two *Rejection
		if errors.As(err, &one) && (!errors.As(errCut, &two) || one.Status != two.Status || one.Reason != two.Reason) {
			t.Fatalf("whole: %v; cut: %v", err, errCut)
		}
		if err != nil {
			return
		}
		if n != m {
			t.Fatalf("took %d whole and %d cut", n, m)
		}
		if whole == nil {
			return
		}
		parsed, err := ParseRequest(raw[:n])
		if err != nil || parsed.Head != whole.Head || cut.Head != whole.Head || !slices.Equal(cut.Header, parsed.Header) {
			t.Fatalf("whole: %+v; cut: %+v; parsed: %+v, %v", whole, cut, parsed, err)
		}
	})
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c == 0x7f })
}

// FuzzVerify: a request is refused in one of the ways that the protocol names,
// or its 101 is one that our own client takes.
func FuzzVerify(f *testing.F) {
	addRows(f)
	f.Fuzz(func(t *testing.T, head []byte) {
		r, err := ParseRequest(head)
		response, rejection := answer(r, err)
		if rejection != nil {
			switch rejection.Status {
			case 400, 403, 405, 426, 505:
			default:
				t.Fatalf("status %d", rejection.Status)
			}
			return
		}
		offered, err := Protocols(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseResponse(response)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&Dialer{Protocols: offered}).verify(got, r.Header.Get("Sec-WebSocket-Key")); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzParseResponse: what the client makes of a response does not depend on
// how it was cut, and agrees with net/http.
func FuzzParseResponse(f *testing.F) {
	f.Add(AppendResponse(nil, "dGhlIHNhbXBsZSBub25jZQ==", "chat", nil))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc"))
	f.Add([]byte("HTTP/1.0 200\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 101 \xff\r\nX:\r\n\r\nframes"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole, _, err := readResponse(bytes.NewReader(raw))
		cut, early, errCut := readResponse(iotest.OneByteReader(bytes.NewReader(raw)))
		if (err == nil) != (errCut == nil) {
			t.Fatalf("whole: %v, byte by byte: %v", err, errCut)
		}
		if err != nil {
			if !errors.Is(err, ErrResponse) {
				t.Fatal(err)
			}
			return
		}
		if whole.text != cut.text || whole.status != cut.status || !slices.Equal(whole.header, cut.header) || early != nil {
			t.Fatalf("whole: %+v, byte by byte: %+v, early %q", whole, cut, early)
		}
		_, rest, _ := bytes.Cut(raw, []byte(whole.text))
		got, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(whole.text), bytes.NewReader(rest))), nil)
		if err != nil {
			_, lengths := whole.header.first("Content-Length")
			_, codings := whole.header.first("Transfer-Encoding")
			if lengths == 0 && codings == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("net/http refuses it: %v", err)
			}
			return
		}
		if got.StatusCode != whole.status {
			t.Fatalf("status %d, net/http has %d", whole.status, got.StatusCode)
		}
		compareFields(t, whole.header, got.Header)
	})
}
