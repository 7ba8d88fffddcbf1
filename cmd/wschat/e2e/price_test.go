//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/handshake"
)

// audience connects users of JSON who are in groupX, and read.
func (s *server) audience(n int) {
	s.t.Helper()
	for i := range n {
		c, err := s.dial(handshake.Dialer{Protocols: []string{"wschat.v1.json"}}, socket(fmt.Sprint("member", i)))
		if err != nil {
			s.t.Fatal(err)
		}
		c.SendText(`{"op":"join","group":"groupX"}`)
		go io.Copy(io.Discard, c.Conn)
	}
}

// fragmented is a text message of a client with n frames without bytes in it.
func fragmented(text string, n int) []byte {
	first := frame.AppendMaskedFrame(nil, frame.Text, [4]byte{}, []byte(text))
	empty := frame.AppendMaskedFrame(nil, frame.Continuation, [4]byte{}, nil)
	last := bytes.Clone(empty)
	first[0], empty[0] = first[0]&^0x80, empty[0]&^0x80 // FIN
	return append(append(first, bytes.Repeat(empty, n)...), last...)
}

// PROTOCOL 6 and 7: whatever a client asks for, over and over, it is done no oftener than
// the allowance pays for, with the default flags.
func TestPrices(t *testing.T) {
	const rate, rateBytes = 100, 256 << 10
	message := func(text string) []byte {
		return frame.AppendMaskedFrame(nil, frame.Text, [4]byte{}, []byte(text))
	}
	ofBytes := func(request []byte) float64 { return float64(len(request)) / rateBytes }
	// A message pays for 500 µs of work, 125 deliveries.
	ofDeliveries := func(n int) float64 { return float64(n) / 125 / rate }
	const members = 400
	var fields strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&fields, `"f%d":0,`, i)
	}
	long, fragments, json := message("A,"+strings.Repeat("x", 64<<10)), fragmented("who,groupNobody", 10_000), message("{"+fields.String()+`"op":"who","group":"groupNobody"}`)
	for _, row := range []struct {
		name     string
		protocol []string
		members  int
		requests []byte  // one answer each
		number   int     // of them
		price    float64 // of one, in seconds
	}{
		{"messages", nil, 0, message("who,groupNobody"), 1, 1. / rate},
		{"long messages", nil, 0, long, 1, ofBytes(long)},
		{"frames without bytes", nil, 0, fragments, 1, ofBytes(fragments)},
		{"JSON of many members", []string{"wschat.v1.json"}, 0, json, 1, ofBytes(json)},
		{"messages to many", nil, members, message("all,x"), 1, ofDeliveries(members)},
		{"joins heard by many", nil, members, append(message("join,groupX"), message("leave,groupX")...), 2, ofDeliveries(members)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "-presence", "none")
			s.audience(row.members)
			c, err := s.dial(handshake.Dialer{Protocols: row.protocol}, socket("A"))
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			go func() {
				for requests := bytes.Repeat(row.requests, 1+len(long)/len(row.requests)); ; {
					if c.Raw(requests) != nil {
						return
					}
				}
			}()
			c.Conn.SetReadDeadline(began.Add(3 * time.Second))
			answers := 0
			for ; err == nil; answers++ {
				_, err = c.NextMessage()
			}
			if timeout := (interface{ Timeout() bool })(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Fatal(err)
			}
			// Work is charged when it is done, which may be a burst of messages later.
			most := (1+time.Since(began).Seconds())/row.price + float64(row.number) + 1
			if row.members > 0 {
				most += rate
			}
			if float64(answers) > most || answers < 3 {
				t.Errorf("%d answers, want %.0f at most", answers, most)
			}
		})
	}
}

// PROTOCOL 6: logins of one address are rationed by what they cost the others.
func TestLoginsAreRationed(t *testing.T) {
	// A message, and here a second, pays for 500 µs of work. A login takes 100 µs, and 1 µs
	// for each who hears of it and of the exit. So a quarter of an hour's worth is used up
	// by some 850.
	s := start(t, "-rate", "1")
	var refused *handshake.StatusError
	logins := 0
	for ; refused == nil; logins++ {
		c, err := s.dial(handshake.Dialer{}, socket(fmt.Sprint("member", logins)))
		if err == nil {
			go io.Copy(io.Discard, c.Conn)
		} else if !errors.As(err, &refused) {
			t.Fatal(err)
		}
		if logins > 1200 {
			t.Fatal("nobody is refused")
		}
	}
	if refused.Status != 503 || refused.Header.Get("Retry-After") == "" {
		t.Errorf("got %v, want 503 with Retry-After", refused)
	}
	if logins < 800 {
		t.Errorf("refused after %d logins", logins)
	}
	t.Logf("refused after %d logins: %v, Retry-After %s", logins, refused, refused.Header.Get("Retry-After"))
}
