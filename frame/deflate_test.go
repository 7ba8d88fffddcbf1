package frame

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNegotiateDeflate(t *testing.T) {
	const (
		pmd    = "permessage-deflate"
		answer = "permessage-deflate; server_no_context_takeover"
	)
	full := Deflate{ServerNoContext: true, ServerWindowBits: 15, ClientWindowBits: 15}
	noContext := Deflate{ServerNoContext: true, ClientNoContext: true, ServerWindowBits: 15, ClientWindowBits: 15}
	window := func(bits int) Deflate {
		return Deflate{ServerNoContext: true, ServerWindowBits: bits, ClientWindowBits: 15}
	}
	const declined, malformed = "declined", "malformed" // in the place of a response

	for _, tt := range []struct {
		name     string
		fields   []string
		response string
		want     Deflate
	}{
		{"no field", nil, declined, Deflate{}},
		{"another extension", []string{"x-webkit-deflate-frame"}, declined, Deflate{}},
		{"§7 plain offer", []string{pmd}, answer, full},
		{"§7.1.3 as Chrome has it", []string{pmd + "; client_max_window_bits"}, answer, full},
		{"§5.1 the first acceptable offer wins", []string{pmd + "; server_max_window_bits=10, " + pmd}, answer + "; server_max_window_bits=10", window(10)},
		{"§7.1.3 a fallback after a declined offer", []string{pmd + "; use_y, " + pmd}, answer, full},
		{"a fallback in another field", []string{pmd + "; use_y", pmd + "; server_max_window_bits=9"}, answer + "; server_max_window_bits=9", window(9)},
		{"behind another extension", []string{"foo; a=1; b=\"2\", " + pmd}, answer, full},
		{"behind another extension in another field", []string{"foo, bar", pmd}, answer, full},
		{"before another extension", []string{pmd + ", foo"}, answer, full},

		{"§7.1.1.1 server_no_context_takeover", []string{pmd + "; server_no_context_takeover"}, answer, full},
		{"§7.1.1.1 with a value", []string{pmd + "; server_no_context_takeover=1"}, declined, Deflate{}},
		{"§7.1.1.1 with an equals sign only", []string{pmd + "; server_no_context_takeover="}, malformed, Deflate{}},
		{"§7.1.1.2 client_no_context_takeover", []string{pmd + "; client_no_context_takeover"}, answer + "; client_no_context_takeover", noContext},
		{"§7.1.1.2 with a value", []string{pmd + "; client_no_context_takeover=true"}, declined, Deflate{}},
		{"§7.1.1.2 with a quoted value", []string{pmd + `; client_no_context_takeover="true"`}, declined, Deflate{}},

		{"§7.1.2.1 server_max_window_bits=7", []string{pmd + "; server_max_window_bits=7"}, declined, Deflate{}},
		{"§7.1.2.1 server_max_window_bits=8", []string{pmd + "; server_max_window_bits=8"}, answer + "; server_max_window_bits=8", window(8)},
		{"§7.1.2.1 server_max_window_bits=15", []string{pmd + "; server_max_window_bits=15"}, answer + "; server_max_window_bits=15", full},
		{"§7.1.2.1 server_max_window_bits=16", []string{pmd + "; server_max_window_bits=16"}, declined, Deflate{}},
		{"§7.1.2.1 leading zero", []string{pmd + "; server_max_window_bits=08"}, declined, Deflate{}},
		{"§7.1.2.1 leading zero, two digits", []string{pmd + "; server_max_window_bits=010"}, declined, Deflate{}},
		{"§7.1.2.1 without a value", []string{pmd + "; server_max_window_bits"}, declined, Deflate{}},
		{"§7.1.2.1 sign", []string{pmd + "; server_max_window_bits=+10"}, declined, Deflate{}},
		{"§7.1.2.1 zero", []string{pmd + "; server_max_window_bits=0"}, declined, Deflate{}},
		{"§7.1.2.1 not a number", []string{pmd + "; server_max_window_bits=ten"}, declined, Deflate{}},
		{"§7.1.2.1 too long for a number", []string{pmd + "; server_max_window_bits=18446744073709551626"}, declined, Deflate{}},
		{"§7.1.2.1 quoted", []string{pmd + `; server_max_window_bits="12"`}, answer + "; server_max_window_bits=12", window(12)},
		{"§7.1.2.1 quoted, escaped", []string{pmd + `; server_max_window_bits="1\2"`}, answer + "; server_max_window_bits=12", window(12)},

		{"§7.1.2.2 client_max_window_bits=8", []string{pmd + "; client_max_window_bits=8"}, answer, full},
		{"§7.1.2.2 client_max_window_bits=15", []string{pmd + "; client_max_window_bits=15"}, answer, full},
		{"§7.1.2.2 client_max_window_bits=7", []string{pmd + "; client_max_window_bits=7"}, declined, Deflate{}},
		{"§7.1.2.2 client_max_window_bits=16", []string{pmd + "; client_max_window_bits=16"}, declined, Deflate{}},
		{"§7.1.2.2 client_max_window_bits=09", []string{pmd + "; client_max_window_bits=09"}, declined, Deflate{}},
		{"§7.1.2.2 empty quotes", []string{pmd + `; client_max_window_bits=""`}, malformed, Deflate{}},

		{"§7.1 unknown parameter", []string{pmd + "; foo"}, declined, Deflate{}},
		{"§7.1 names are as they are written", []string{pmd + "; Server_No_Context_Takeover"}, declined, Deflate{}},
		{"§7.1 parameter twice", []string{pmd + "; client_no_context_takeover; client_no_context_takeover"}, declined, Deflate{}},
		{"§7.1 parameter twice with other values", []string{pmd + "; server_max_window_bits=10; server_max_window_bits=11"}, declined, Deflate{}},
		{"§7.1 parameter twice, once without a value", []string{pmd + "; client_max_window_bits; client_max_window_bits=10"}, declined, Deflate{}},
		{"§7.1 all four", []string{pmd + "; client_max_window_bits=12; server_max_window_bits=11; client_no_context_takeover; server_no_context_takeover"},
			answer + "; client_no_context_takeover; server_max_window_bits=11", Deflate{true, true, 11, 15}},
		{"§7.1 three declined, the fourth taken", []string{pmd + "; a, " + pmd + "; server_max_window_bits=16", pmd + "; client_no_context_takeover=1, " + pmd + "; client_no_context_takeover"},
			answer + "; client_no_context_takeover", noContext},

		{"RFC 6455 §9.1 no blanks", []string{"foo;a=1," + pmd + ";server_max_window_bits=9"}, answer + "; server_max_window_bits=9", window(9)},
		{"RFC 6455 §9.1 many blanks", []string{" \t foo ; a = \"1\" , " + pmd + "\t;\tserver_max_window_bits = 9 "}, answer + "; server_max_window_bits=9", window(9)},
		{"RFC 6455 §9.1 empty elements", []string{", ,," + pmd + ", ,"}, answer, full},
		{"RFC 6455 §9.1 an empty field beside another", []string{"", pmd}, answer, full},
		{"RFC 9110 §5.6.1 an empty field is as none", []string{""}, declined, Deflate{}},
		{"RFC 9110 §5.6.1 commas only", []string{" , ,", ","}, declined, Deflate{}},
		{"RFC 6455 §9.1 semicolon at the end", []string{pmd + ";"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 two semicolons", []string{pmd + ";; client_max_window_bits"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 parameters only", []string{"; client_max_window_bits"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 blank in a name", []string{"permessage deflate"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 name that is no token", []string{"permessage/deflate"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 value without a name", []string{pmd + "; =10"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 two values", []string{pmd + "; server_max_window_bits=10=11"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 open quote", []string{pmd + `; server_max_window_bits="10`}, malformed, Deflate{}},
		{"RFC 6455 §9.1 open quote, escaped", []string{pmd + `; server_max_window_bits="10\`}, malformed, Deflate{}},
		{"RFC 6455 §9.1 quoted value that is no token", []string{`foo; a="b c", ` + pmd}, malformed, Deflate{}},
		{"RFC 6455 §9.1 quoted comma", []string{`foo; a="b,c", ` + pmd}, malformed, Deflate{}},
		{"RFC 6455 §9.1 something behind quotes", []string{pmd + `; server_max_window_bits="1"0`}, malformed, Deflate{}},
		{"RFC 6455 §9.1 quoted name", []string{`"permessage-deflate"`}, malformed, Deflate{}},
		{"RFC 6455 §9.1 not ASCII", []string{"permessage-défläte"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 NUL", []string{"foo\x00"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 malformed behind an acceptable offer", []string{pmd + ", foo bar"}, malformed, Deflate{}},
		{"RFC 6455 §9.1 malformed in a later field", []string{pmd, "foo;"}, malformed, Deflate{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, response, ok, err := NegotiateDeflate(slices.Values(tt.fields))
			switch tt.response {
			case malformed:
				if d != (Deflate{}) || response != "" || ok || err != ErrExtensions {
					t.Errorf("got %+v, %q, %v, %v; want %v", d, response, ok, err, ErrExtensions)
				}
			case declined:
				if d != (Deflate{}) || response != "" || ok || err != nil {
					t.Errorf("got %+v, %q, %v, %v; want it declined", d, response, ok, err)
				}
			default:
				if d != tt.want || response != tt.response || !ok || err != nil {
					t.Errorf("got %+v, %q, %v, %v; want %+v, %q", d, response, ok, err, tt.want, tt.response)
				}
			}
			// §11.3.2: several fields are "logically the same as a single" one.
			joined := slices.Values([]string{strings.Join(tt.fields, ",")})
			if d2, response2, ok2, err2 := NegotiateDeflate(joined); len(tt.fields) > 1 && (d2 != d || response2 != response || ok2 != ok || err2 != err) {
				t.Errorf("in one field: %+v, %q, %v, %v; in several: %+v, %q, %v, %v", d2, response2, ok2, err2, d, response, ok, err)
			}
		})
	}
}

func TestParseDeflateResponse(t *testing.T) {
	const pmd = "permessage-deflate"
	all := Deflate{ServerWindowBits: 15, ClientWindowBits: 15}
	strict := Deflate{true, true, 11, 10}
	for _, tt := range []struct {
		name  string
		offer Deflate
		field string // "-": no field
		want  Deflate
		ok    bool
		err   error
	}{
		{"§5.1 declined", all, "-", Deflate{}, false, nil},
		{"§5.1 accepted", all, pmd, all, true, nil},
		{"§7.1.1.1 server_no_context_takeover unasked", all, pmd + "; server_no_context_takeover", Deflate{true, false, 15, 15}, true, nil},
		{"§7.1.1.2 client_no_context_takeover unasked", all, pmd + "; client_no_context_takeover", Deflate{false, true, 15, 15}, true, nil},
		{"§7.1.2.1 server_max_window_bits unasked", all, pmd + "; server_max_window_bits=9", Deflate{false, false, 9, 15}, true, nil},
		{"§7.1.2.2 client_max_window_bits", all, pmd + "; client_max_window_bits=8", Deflate{false, false, 15, 8}, true, nil},
		{"§7.1.2.2 quoted", all, pmd + `; client_max_window_bits="8"`, Deflate{false, false, 15, 8}, true, nil},
		{"§7.1 all that was asked", strict, pmd + "; server_no_context_takeover; server_max_window_bits=11", strict, true, nil},
		{"§7.1 more than was asked", strict, pmd + "; server_no_context_takeover; server_max_window_bits=8; client_max_window_bits=9; client_no_context_takeover", Deflate{true, true, 8, 9}, true, nil},

		{"§7.1.1.1 server_no_context_takeover not accepted", strict, pmd + "; server_max_window_bits=11", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.2.1 server_max_window_bits not accepted", strict, pmd + "; server_no_context_takeover", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.2.1 server_max_window_bits over the offer", strict, pmd + "; server_no_context_takeover; server_max_window_bits=12", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.2.2 client_max_window_bits over the offer", strict, pmd + "; server_no_context_takeover; server_max_window_bits=11; client_max_window_bits=11", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.2.2 client_max_window_bits without a value", all, pmd + "; client_max_window_bits", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.2.1 server_max_window_bits without a value", all, pmd + "; server_max_window_bits", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.2.1 server_max_window_bits=16", all, pmd + "; server_max_window_bits=16", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.2.2 client_max_window_bits=08", all, pmd + "; client_max_window_bits=08", Deflate{}, false, ErrDeflateResponse},
		{"§7.1.1.2 value where none belongs", all, pmd + "; client_no_context_takeover=1", Deflate{}, false, ErrDeflateResponse},
		{"§7.1 unknown parameter", all, pmd + "; foo", Deflate{}, false, ErrDeflateResponse},
		{"§7.1 parameter twice", all, pmd + "; server_no_context_takeover; server_no_context_takeover", Deflate{}, false, ErrDeflateResponse},
		{"RFC 6455 §9.1 extension that was not offered", all, "foo", Deflate{}, false, ErrDeflateResponse},
		{"RFC 6455 §9.1 another one, too", all, pmd + ", foo", Deflate{}, false, ErrDeflateResponse},
		{"RFC 6455 §9.1 the same twice", all, pmd + ", " + pmd, Deflate{}, false, ErrDeflateResponse},
		{"RFC 6455 §9.1 empty field", all, "", Deflate{}, false, ErrExtensions},
		{"RFC 6455 §9.1 malformed", all, pmd + ";", Deflate{}, false, ErrExtensions},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fields := []string{tt.field}
			if tt.field == "-" {
				fields = nil
			}
			d, ok, err := tt.offer.ParseDeflateResponse(slices.Values(fields))
			if d != tt.want || ok != tt.ok || !errors.Is(err, tt.err) {
				t.Errorf("got %+v, %v, %v; want %+v, %v, %v", d, ok, err, tt.want, tt.ok, tt.err)
			}
		})
	}
}

// Our client and our server agree on every offer there can be.
func TestOfferIsAnswered(t *testing.T) {
	for i := range 2 * 2 * 8 * 8 {
		offer := Deflate{i&1 != 0, i&2 != 0, 8 + i>>2&7, 8 + i>>5}
		d, response, ok, err := NegotiateDeflate(slices.Values([]string{offer.Offer()}))
		if !ok || err != nil {
			t.Fatalf("%q: %v, %v", offer.Offer(), ok, err)
		}
		agreed, ok, err := offer.ParseDeflateResponse(slices.Values([]string{response}))
		if !ok || err != nil {
			t.Fatalf("%q answered by %q: %v, %v", offer.Offer(), response, ok, err)
		}
		want := Deflate{true, offer.ClientNoContext, offer.ServerWindowBits, offer.ClientWindowBits}
		if agreed != want {
			t.Errorf("%q answered by %q: the client has %+v, want %+v", offer.Offer(), response, agreed, want)
		}
		// The server must be ready for whatever the client may do.
		agreed.ClientWindowBits = d.ClientWindowBits
		if d != agreed || d.ClientWindowBits < offer.ClientWindowBits {
			t.Errorf("%q answered by %q: the server has %+v, the client %+v", offer.Offer(), response, d, agreed)
		}
	}
}

func FuzzNegotiateDeflate(f *testing.F) {
	for _, field := range []string{
		"permessage-deflate; client_max_window_bits",
		"permessage-deflate; server_max_window_bits=10, permessage-deflate",
		`foo; a="b\c" , permessage-deflate;server_no_context_takeover ; client_no_context_takeover`,
		"permessage-deflate;", `x; a="`, ",,", "a b", "\x00",
	} {
		f.Add(field)
	}
	f.Fuzz(func(t *testing.T, field string) {
		one := slices.Values([]string{field})
		d, response, ok, err := NegotiateDeflate(one)
		var list []string
		for e, err := range extensions(field) {
			if err == nil {
				list = append(list, e.String())
			}
		}
		if err != nil {
			if err != ErrExtensions || ok || response != "" {
				t.Fatalf("%q, %v, %v", response, ok, err)
			}
			return
		}
		// What was understood, written out anew, is understood alike.
		if d2, response2, ok2, err := NegotiateDeflate(slices.Values(list)); d2 != d || response2 != response || ok2 != ok || err != nil {
			t.Errorf("%q: %+v, %q, %v; as %q: %+v, %q, %v, %v", field, d, response, ok, list, d2, response2, ok2, err)
		}
		if !ok {
			return
		}
		offer := Deflate{ServerWindowBits: d.ServerWindowBits, ClientWindowBits: 15}
		if agreed, ok, err := offer.ParseDeflateResponse(slices.Values([]string{response})); agreed != d || !ok || err != nil {
			t.Errorf("%q answered by %q: %+v, %v, %v; the server has %+v", field, response, agreed, ok, err, d)
		}
	})
}

func (e extension) String() string {
	s := e.name
	for _, p := range e.params {
		s += ";" + p.name
		if p.hasValue {
			s += fmt.Sprintf("=%q", p.value)
		}
	}
	return s
}
