package handshake

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"

	"wschat/handshake/handshaketest"
)

// answer decides on a request as a server does, and returns its response.
func answer(r *Request, err error) ([]byte, *Rejection) {
	var key, protocol string
	if err == nil {
		key, err = Verify(r)
	}
	if err == nil {
		err = CheckOrigin(r, nil)
	}
	if err == nil {
		protocol, err = SelectProtocol(r, "chat")
	}
	if err == nil {
		return AppendResponse(nil, key, protocol, nil), nil
	}
	rejection := &Rejection{Status: -1, Reason: "the error is no *Rejection"}
	errors.As(err, &rejection)
	return nil, rejection
}

func TestUpgrade(t *testing.T) {
	for _, row := range handshaketest.Rows {
		for name, size := range map[string]int{"whole": len(row.Raw), "byte by byte": 1, "in pieces": 7} {
			t.Run(row.Name+", "+name, func(t *testing.T) {
				r, _, err := decode([]byte(row.Raw), size)
				response, rejection := answer(r, err)
				if rejection != nil {
					header := http.Header{}
					for _, f := range rejection.Header {
						header.Add(f.Name, f.Value)
					}
					row.Check(t, rejection.Status, header, rejection.Reason)
					return
				}
				got, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(response))), nil)
				if err != nil {
					t.Fatal(err)
				}
				row.Check(t, got.StatusCode, got.Header, "")
			})
		}
	}
}

// decode feeds raw to a Decoder, size bytes at a time, until it has decided. It
// returns how many bytes it took.
func decode(raw []byte, size int) (r *Request, taken int, err error) {
	var d Decoder
	for r == nil && err == nil && taken < len(raw) {
		var n int
		r, n, err = d.Next(raw[taken:min(len(raw), taken+size)])
		taken += n
	}
	return r, taken, err
}
