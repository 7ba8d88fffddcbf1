package resp

import (
	"fmt"
	"strings"
	"testing"
)

func TestAppendCommand(t *testing.T) {
	script := NewScript("return 1")
	for _, row := range []struct {
		name string
		args []any
		want string
	}{
		{"name", []any{"PING"}, "PING"},
		{"string and bytes", []any{"SET", "", []byte("\r\n")}, "SET||\r\n"},
		{"numbers", []any{"X", -1, int64(-1 << 63), ^uint64(0), 0}, "X|-1|-9223372036854775808|18446744073709551615|0"},
		{"script", []any{script, "v"}, "EVALSHA|e0e1f9fabfc9d4800c877a703b823ac0578ff8db|1|k|v"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := fields(t, appendCommand(nil, "k", row.args)); got != row.want {
				t.Errorf("%q, not %q", got, row.want)
			}
		})
	}
}

func TestAppendEval(t *testing.T) {
	script := NewScript("return ARGV[1]")
	calling := appendCommand(nil, "k", []any{script, "v\r\n"})
	if got := fields(t, appendEval([]byte{}, calling, script)); got != "EVAL|return ARGV[1]|1|k|v\r\n" {
		t.Errorf("%q", got)
	}
}

// fields reads a command back, with | between its parts.
func fields(t testing.TB, command []byte) string {
	t.Helper()
	r, err := newReader(strings.NewReader(string(command))).read()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := r.Strings()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(parts, "|")
}

// FuzzCommand: what is written is read back, whatever is in it.
func FuzzCommand(f *testing.F) {
	f.Add("SET", []byte("k"), int64(1), uint64(1))
	f.Add("\r\n", []byte("$1\r\n"), int64(-1), uint64(0))
	f.Fuzz(func(t *testing.T, text string, b []byte, n int64, u uint64) {
		got := fields(t, appendCommand(nil, text, []any{text, b, n, u, int(n)}))
		if want := fmt.Sprintf("%s|%s|%d|%d|%d", text, b, n, u, n); got != want {
			t.Errorf("%q, not %q", got, want)
		}
		script := NewScript(text)
		got = fields(t, appendEval(nil, appendCommand(nil, text, []any{script, b}), script))
		if want := fmt.Sprintf("EVAL|%s|1|%s|%s", text, text, b); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	})
}
