package resp

import (
	"errors"
	"testing"
)

// Each helper against each kind: what it returns, or that it fails.
func TestReplyHelpers(t *testing.T) {
	replies := map[string]Reply{
		"null":    {},
		"status":  {kind: status, bytes: []byte("OK")},
		"number":  {kind: integer, n: 7},
		"digits":  {kind: bulk, bytes: []byte("7")},
		"array":   {kind: array, list: []Reply{{kind: bulk, bytes: []byte("a")}, {kind: integer, n: 1}, {}}},
		"failure": {kind: failure, bytes: []byte("WRONGTYPE no")},
	}
	for _, row := range []struct {
		name  string
		fails map[string]bool
		ask   func(Reply) error
	}{
		{"Int", map[string]bool{"null": true, "status": true, "array": true}, func(r Reply) error {
			n, err := r.Int()
			if err == nil && n != 7 {
				t.Error("Int:", n)
			}
			return err
		}},
		{"Bytes", map[string]bool{"number": true, "array": true}, func(r Reply) error {
			_, err := r.Bytes()
			return err
		}},
		{"Text", map[string]bool{"array": true}, func(r Reply) error {
			text, err := r.Text()
			if err == nil && text != "7" && text != "OK" && !r.IsNil() {
				t.Error("Text:", text)
			}
			return err
		}},
		{"Array", map[string]bool{"status": true, "number": true, "digits": true}, func(r Reply) error {
			_, err := r.Array()
			return err
		}},
		{"Strings", map[string]bool{"status": true, "number": true, "digits": true}, func(r Reply) error {
			texts, err := r.Strings()
			if len(texts) == 3 && (texts[0] != "a" || texts[1] != "1" || texts[2] != "") {
				t.Error("Strings:", texts)
			}
			return err
		}},
		{"Scan", map[string]bool{"null": true, "status": true, "number": true, "digits": true}, func(r Reply) error {
			var text string
			var n uint64
			var b []byte
			err := r.Scan(&text, &n, &b)
			if err == nil && (text != "a" || n != 1 || b != nil) {
				t.Error("Scan:", text, n, b)
			}
			return err
		}},
		{"Scan of fewer", map[string]bool{"null": true, "status": true, "number": true, "digits": true, "array": true}, func(r Reply) error {
			return r.Scan(new(string), new(Reply))
		}},
		{"Scan of others", map[string]bool{"null": true, "status": true, "number": true, "digits": true, "array": true}, func(r Reply) error {
			return r.Scan(new(int64), new(bool), new([]string))
		}},
	} {
		for name, r := range replies {
			err := row.ask(r)
			var server *ServerError
			switch {
			case name == "failure":
				if !errors.As(err, &server) || server.Code() != "WRONGTYPE" {
					t.Errorf("%s of an error: %v", row.name, err)
				}
			case row.fails[name]:
				if !errors.Is(err, ErrReply) {
					t.Errorf("%s of %s: %v", row.name, name, err)
				}
			case err != nil:
				t.Errorf("%s of %s: %v", row.name, name, err)
			}
		}
	}
}
