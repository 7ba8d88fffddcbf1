package account

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const quick = 10 // iterations

// hashOf is the hash of a password, written without this package.
func hashOf(password string) string {
	salt := "0123456789abcdef"
	sum, err := pbkdf2.Key(sha256.New, password, []byte(salt), quick, 32)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", quick,
		base64.RawStdEncoding.EncodeToString([]byte(salt)), base64.RawStdEncoding.EncodeToString(sum))
}

// PROTOCOL 9: NAME:pbkdf2-sha256$ITERATIONS$SALT$HASH:ROLE:GROUPS.
func TestLine(t *testing.T) {
	hash := hashOf("secret")
	for _, row := range []struct {
		line string
		ok   bool
	}{
		{"A:" + hash + "::", true},
		{"小林:" + hash + ":moderator:groupA,groupB*,*", true},
		{"", true}, // an empty line
		{"A:" + hash + ":", false},
		{"A:" + hash + ":::", false},
		{":" + hash + "::", false},
		{"all:" + hash + "::", false},
		{"groupA:" + hash + "::", false},
		{"A B:" + hash + "::", false},
		{" A:" + hash + "::", false},
		{"A:" + hash + ":admin:", false},
		{"A:" + hash + ":Moderator:", false},
		{"A:" + hash + "::A", false},
		{"A:" + hash + "::groupA,", false},
		{"A:" + hash + "::groupA, groupB", false},
		{"A:" + hash + "::\r", false},
		{"A:secret::", false},
		{"A:::", false},
		{"A:" + strings.Replace(hash, "sha256", "sha1", 1) + "::", false},
		{"A:" + strings.Replace(hash, "$10$", "$0$", 1) + "::", false},
		{"A:" + strings.Replace(hash, "$10$", "$010$", 1) + "::", false},
		{"A:" + strings.Replace(hash, "$10$", "$-1$", 1) + "::", false},
		{"A:" + strings.Replace(hash, "$10$", "$10000001$", 1) + "::", false},
		{"A:" + strings.Replace(hash, "$10$", "$$", 1) + "::", false},
		{"A:" + hash + "=::", false},
		{"A:" + hash[:len(hash)-2] + "::", false},
		{"A:pbkdf2-sha256$10$c2hvcnQ$" + hash[strings.LastIndex(hash, "$")+1:] + "::", false},
	} {
		table, err := Parse([]byte(row.line + "\n"))
		switch {
		case row.ok != (err == nil):
			t.Errorf("%q: got %v", row.line, err)
		case err != nil && (!strings.HasPrefix(err.Error(), "line 1: ") || strings.Contains(err.Error(), hash[20:30])):
			t.Errorf("%q: got %v", row.line, err)
		case err == nil && row.line != "":
			name, _, _ := strings.Cut(row.line, ":")
			if got := table.Find(name); got.String() != row.line || !got.Password.Matches("secret") || got.Password.Matches("Secret") {
				t.Errorf("got %v, want %s", got, row.line)
			}
		}
	}
	if _, err := Parse([]byte("A:" + hash + "::\n\nA:" + hash + "::\n")); err == nil || !strings.HasPrefix(err.Error(), "line 3: ") {
		t.Errorf("twice: got %v", err)
	}
}

// PROTOCOL 9: 600,000 iterations by default, standard base64 without padding.
func TestNewHash(t *testing.T) {
	one, err := NewHash("secret", Iterations)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := NewHash("secret", quick)
	other, _ := NewHash("secret", quick)
	if !again.Matches("secret") || again == other {
		t.Errorf("got %v, %v and %v", one, again, other)
	}
	if text := one.String(); !strings.HasPrefix(text, "pbkdf2-sha256$600000$") || strings.Contains(text, "=") {
		t.Errorf("got %s", text)
	}
	for _, bad := range []string{"", "a\nb", "a\x00b", strings.Repeat("x", 1025)} {
		if _, err := NewHash(bad, quick); err == nil {
			t.Errorf("%.10q is taken", bad)
		}
	}
}

// The hash is PBKDF2's: RFC 7914 §11, and crypto/pbkdf2.
func TestDerive(t *testing.T) {
	for _, row := range []struct {
		password, salt string
		iterations     int
		want           string // its first 32 bytes
	}{
		{"passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
		{"Password", "NaCl", 80_000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
	} {
		if got := (Hash{iterations: row.iterations, salt: row.salt}).derive(row.password); hex.EncodeToString([]byte(got)) != row.want {
			t.Errorf("%s: got %x", row.password, got)
		}
	}
	for _, password := range []string{"", "小林", strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("x", 1024)} {
		want, err := pbkdf2.Key(sha256.New, password, []byte("0123456789abcdef"), 5000, sumSize)
		if got := (Hash{iterations: 5000, salt: "0123456789abcdef"}).derive(password); err != nil || got != string(want) {
			t.Errorf("%.10q: got %x, want %x, %v", password, got, want, err)
		}
	}
}

// PROTOCOL 9: the answer does not tell whether the name exists.
func TestCheck(t *testing.T) {
	table, err := Parse([]byte("A:" + hashOf("secret") + "::\nB:" + hashOf("other") + ":moderator:groupA\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, password string
		ok             bool
	}{
		{"A", "secret", true}, {"B", "other", true},
		{"A", "other", false}, {"A", "", false}, {"A", strings.Repeat("x", 2000), false},
		{"C", "secret", false}, {"", "secret", false}, {"a", "secret", false},
	} {
		if got := table.Check(row.name, row.password); (got != nil) != row.ok || got != nil && got.Name != row.name {
			t.Errorf("%s %.10s: got %v", row.name, row.password, got)
		}
	}
	if got := new(Table).Check("A", "secret"); got != nil {
		t.Errorf("nobody is there: got %v", got)
	}
}

// Whoever's line changes has to log in again.
func TestChanged(t *testing.T) {
	before, err := Parse([]byte("A:" + hashOf("a") + "::\nB:" + hashOf("b") + "::\nC:" + hashOf("c") + "::\nD:" + hashOf("d") + "::\n"))
	if err != nil {
		t.Fatal(err)
	}
	after, err := Parse([]byte("E:" + hashOf("e") + "::\nD:" + hashOf("d") + ":moderator:\nB:" + hashOf("x") + "::\nA:" + hashOf("a") + "::\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := before.Changed(after)
	slices.Sort(got)
	if want := []string{"B", "C", "D", "E"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := before.Changed(before); got != nil {
		t.Errorf("unchanged: got %v", got)
	}
}

// What is read is written as it was, and is never read as something else.
func FuzzParse(f *testing.F) {
	f.Add("A:" + hashOf("secret") + "::\n")
	f.Add("A:" + hashOf("secret") + ":moderator:groupA,groupB*\n\nB:" + hashOf("") + "::*")
	f.Add("A:pbkdf2-sha256$1$$::")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := Parse([]byte(text))
		if err != nil {
			return
		}
		if got := table.text(); got != text && got != text+"\n" {
			t.Errorf("got %q, want %q", got, text)
		}
		for _, name := range table.Names() {
			a := table.Find(name)
			if a == nil || a.check() != nil {
				t.Errorf("%q of %q: got %v", name, text, a)
			}
		}
	})
}
