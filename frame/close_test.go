package frame

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCloseCodeIsValid(t *testing.T) {
	for _, tt := range []struct {
		name        string
		first, last CloseCode
		want        bool
	}{
		{"§7.4.2 0-999 are not used", 0, 999, false},
		{"§7.4.1 1000-1003", 1000, 1003, true},
		{"§7.4.1 1004 has no meaning, 1005 and 1006 are never sent", 1004, 1006, false},
		{"§7.4.1 1007-1011", 1007, 1011, true},
		{"§11.7 1012-1014 registered later", 1012, 1014, true},
		{"§7.4.1 1015 is never sent", 1015, 1015, false},
		{"§7.4.2 1016-2999 are kept for the protocol", 1016, 2999, false},
		{"§7.4.2 3000-3999 libraries", 3000, 3999, true},
		{"§7.4.2 4000-4999 private use", 4000, 4999, true},
		{"§7.4 5000 and up", 5000, 65535, false},
	} {
		for c := int(tt.first); c <= int(tt.last); c++ {
			if got := CloseCode(c).IsValid(); got != tt.want {
				t.Errorf("%s: CloseCode(%d).IsValid() = %v", tt.name, c, got)
			}
		}
	}
}

func TestCloseCodeString(t *testing.T) {
	for c, want := range map[CloseCode]string{
		1000: "1000 normal closure", 1001: "1001 going away", 1002: "1002 protocol error",
		1003: "1003 unsupported data", 1005: "1005 no status", 1006: "1006 abnormal closure",
		1007: "1007 invalid payload", 1008: "1008 policy violation", 1009: "1009 message too big",
		1010: "1010 mandatory extension", 1011: "1011 internal error", 1015: "1015 tls handshake",
		4000: "4000 replaced", 4001: "4001 token expired", 4100: "4100 too slow",
		1012: "1012", 0: "0", 4999: "4999",
	} {
		if c.String() != want {
			t.Errorf("CloseCode(%d).String() = %q, want %q", uint16(c), c, want)
		}
	}
}

func TestParseClose(t *testing.T) {
	long := strings.Repeat("x", 123)
	for _, tt := range []struct {
		name    string
		payload string
		code    CloseCode
		reason  string
		err     error
	}{
		{"§7.1.5 no payload", "", NoStatus, "", nil},
		{"§5.5.1 one byte", "\x03", 0, "", ErrCloseLength},
		{"§5.5.1 code alone", "\x03\xe8", NormalClosure, "", nil},
		{"§5.5.1 code and reason", "\x03\xe9bye", GoingAway, "bye", nil},
		{"§5.5.1 longest reason", "\x03\xe8" + long, NormalClosure, long, nil},
		{"§5.5.1 reason of several bytes a character", "\x03\xe8再见", NormalClosure, "再见", nil},
		{"§5.5.1 reason is not UTF-8", "\x03\xe8\xff", 0, "", ErrInvalidUTF8},
		{"§5.5.1 reason ends within a character", "\x03\xe8\xe5\x86", 0, "", ErrInvalidUTF8},
		{"§7.4.2 code 0", "\x00\x00", 0, "", ErrCloseCode},
		{"§7.4.2 code 999", "\x03\xe7", 0, "", ErrCloseCode},
		{"§7.4.1 code 1004", "\x03\xec", 0, "", ErrCloseCode},
		{"§7.4.1 code 1005", "\x03\xed", 0, "", ErrCloseCode},
		{"§7.4.1 code 1006", "\x03\xee", 0, "", ErrCloseCode},
		{"§7.4.1 code 1015", "\x03\xf7", 0, "", ErrCloseCode},
		{"§7.4.2 code 2999", "\x0b\xb7", 0, "", ErrCloseCode},
		{"§7.4.2 code 3000", "\x0b\xb8", 3000, "", nil},
		{"§7.4.2 code 4999", "\x13\x87", 4999, "", nil},
		{"§7.4 code 5000", "\x13\x88", 0, "", ErrCloseCode},
		{"§7.4 code 65535 before a bad reason", "\xff\xff\xff", 0, "", ErrCloseCode},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, reason, err := ParseClose([]byte(tt.payload))
			if code != tt.code || reason != tt.reason || !errors.Is(err, tt.err) {
				t.Errorf("ParseClose(%q) = %v, %q, %v; want %v, %q, %v", tt.payload, code, reason, err, tt.code, tt.reason, tt.err)
			}
		})
	}
}

func TestAppendClose(t *testing.T) {
	x := strings.Repeat("x", 123)
	for _, tt := range []struct {
		name   string
		code   CloseCode
		reason string
		want   string
	}{
		{"§5.5.1 code alone", NormalClosure, "", "\x03\xe8"},
		{"§5.5.1 code and reason", TooSlow, "slow", "\x10\x04slow"},
		{"§5.5 reason of 123 bytes", NormalClosure, x, "\x03\xe8" + x},
		{"§5.5 reason of 124 bytes", NormalClosure, x + "x", "\x03\xe8" + x},
		{"§5.5 reason cut before a character of 2 bytes", NormalClosure, x[:122] + "éé", "\x03\xe8" + x[:122]},
		{"§5.5 reason cut before a character of 4 bytes", NormalClosure, x[:120] + "😀", "\x03\xe8" + x[:120]},
		{"§5.5 reason cut behind a character", NormalClosure, x[:119] + "😀😀", "\x03\xe8" + x[:119] + "😀"},
		{"§5.5.1 reason that is not UTF-8", NormalClosure, "a\xffb", "\x03\xe8a\uFFFDb"},
		{"§7.4.1 no status is no payload", NoStatus, "", ""},
		{"§7.4.1 code that is never sent", AbnormalClosure, "gone", ""},
		{"§7.4.2 code of no range", 2000, "what", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := AppendClose([]byte("before"), tt.code, tt.reason)
			if string(got) != "before"+tt.want {
				t.Errorf("AppendClose(%v, %q) = %q, want %q", tt.code, tt.reason, got[6:], tt.want)
			}
		})
	}
}

func FuzzParseClose(f *testing.F) {
	for _, s := range []string{"", "\x03", "\x03\xe8", "\x03\xe9bye", "\x03\xe8\xff", "\x03\xed", "\x13\x87再见"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		code, reason, err := ParseClose(p)
		if err != nil {
			if code != 0 || reason != "" {
				t.Errorf("ParseClose(%q) = %v, %q with error %v", p, code, reason, err)
			}
			// Whatever came, what is made of it may be sent.
			if len(p) >= 2 {
				again := AppendClose(nil, CloseCode(p[0])<<8|CloseCode(p[1]), string(p[2:]))
				if _, _, err := ParseClose(again); err != nil || len(again) > maxControl {
					t.Errorf("AppendClose made %q of %q: %v", again, p, err)
				}
			}
			return
		}
		if !utf8.ValidString(reason) {
			t.Errorf("ParseClose(%q) let %q pass", p, reason)
		}
		if again := AppendClose(nil, code, reason); len(p) <= maxControl && !bytes.Equal(again, p) {
			t.Errorf("%q was parsed as %v %q, which is written %q", p, code, reason, again)
		}
	})
}
