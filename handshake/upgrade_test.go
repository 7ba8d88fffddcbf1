package handshake

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// check compares a response with what a row wants of it.
func (row *upgradeRow) check(t *testing.T, status int, header http.Header, body string) {
	t.Helper()
	if status != row.status {
		t.Fatalf("status %d, want %d; body %q", status, row.status, body)
	}
	if name, value, _ := strings.Cut(row.header, ": "); header.Get(name) != value {
		t.Errorf("%s: %q, want %q", name, header.Get(name), value)
	}
	if !strings.Contains(body, row.reason) {
		t.Errorf("the body is %q, want %q in it", body, row.reason)
	}
}

// answer runs the pure functions on a head and returns the response.
func answer(head []byte) ([]byte, *Rejection) {
	reject := func(err error) *Rejection {
		var rejection *Rejection
		if !errors.As(err, &rejection) {
			return &Rejection{Status: -1, Reason: "the error is no *Rejection"}
		}
		return rejection
	}
	r, err := ParseRequest(head)
	if err != nil {
		return nil, reject(err)
	}
	key, err := Verify(r)
	if err != nil {
		return nil, reject(err)
	}
	if err := CheckOrigin(r, nil); err != nil {
		return nil, reject(err)
	}
	protocol, err := SelectProtocol(r, "chat")
	if err != nil {
		return nil, reject(err)
	}
	return AppendResponse(nil, key, protocol, nil), nil
}

func TestUpgradePure(t *testing.T) {
	for _, row := range upgradeRows {
		t.Run(row.name, func(t *testing.T) {
			head := row.raw
			empty := len(head) - len(strings.TrimLeft(head, "\r\n")) // RFC 9112 §2.2
			if i := strings.Index(head[empty:], "\r\n\r\n"); i >= 0 {
				head = head[:empty+i+4]
			}
			response, rejection := answer([]byte(head))
			if rejection != nil {
				header := http.Header{}
				for _, f := range rejection.Header {
					header.Add(f.Name, f.Value)
				}
				row.check(t, rejection.Status, header, rejection.Reason)
				return
			}
			got, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(response))), nil)
			if err != nil {
				t.Fatal(err)
			}
			row.check(t, got.StatusCode, got.Header, "")
		})
	}
}

func TestUpgradeFirst(t *testing.T) {
	ts := startServer(t, &Server{}, nil)
	for _, row := range upgradeRows {
		t.Run(row.name, func(t *testing.T) {
			conn := ts.dial()
			row.run(t, ts, conn, bufio.NewReader(conn))
		})
	}
}

func TestUpgradeLater(t *testing.T) {
	ts := startServer(t, &Server{}, nil)
	for _, row := range upgradeRows {
		t.Run(row.name, func(t *testing.T) {
			conn := ts.dial()
			r := bufio.NewReader(conn)
			get(t, conn, r)
			if row.later != 0 {
				// net/http has the first word, and words of its own.
				row = upgradeRow{raw: row.raw, status: row.later}
			}
			row.run(t, ts, conn, r)
		})
	}
}

// run sends the row's request and checks the response to it.
func (row *upgradeRow) run(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
	t.Helper()
	send(t, conn, row.raw)
	method, _, _ := strings.Cut(row.raw, " ")
	response, body := receive(t, r, method)
	if method == http.MethodHead {
		row.reason = ""
	}
	row.check(t, response.StatusCode, response.Header, body)
	if response.StatusCode == http.StatusSwitchingProtocols {
		st := ts.started()
		switch st.conn.(type) {
		case *net.TCPConn, interface{ Detach() (int, bool) }:
		default:
			t.Errorf("Start got a %T, want the listener's connection", st.conn)
		}
		if st.request.Remote.String() != conn.LocalAddr().String() {
			t.Errorf("Remote is %v, want %v", st.request.Remote, conn.LocalAddr())
		}
		return
	}
	if !response.Close {
		t.Error("no Connection: close")
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("behind the response came %q and %v, want the end", rest, err)
	}
	if row.reason == "" {
		return // the response may be one of net/http
	}
	for _, name := range []string{"Date", "Content-Length"} {
		if response.Header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	for name, want := range map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
