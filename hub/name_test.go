package hub

import (
	"strings"
	"testing"
)

func TestValidUser(t *testing.T) {
	for _, test := range []struct {
		name string
		want bool
	}{
		{"", false},
		{"A", true},
		{"123456", true},
		{"_-.@", true},
		{"a.b@example-host_1", true},
		{strings.Repeat("a", 64), true},
		{strings.Repeat("a", 65), false},
		{strings.Repeat("前", 21) + "a", true},   // 64 bytes
		{strings.Repeat("前", 21) + "aa", false}, // 65 bytes

		// Letters and digits of any script.
		{"张三", true},
		{"Ωμέγα", true}, // precomposed
		{"Łódź", true},
		{"Пётр", true},
		{"משה", true},
		{"日本ひらカタ", true},
		{"한국", true},
		{"٣", true}, // a digit
		{"１", true}, // a full-width digit
		{"ª", true}, // a letter of category Lo

		// What is neither.
		{"e\u0301", false},      // a combining mark
		{"\u0939\u093f", false}, // a spacing mark
		{"½", false},
		{"Ⅷ", false}, // a number, but no digit
		{"😀", false},
		{"a b", false},
		{" a", false},
		{"a\u00a0b", false},
		{"a,b", false},
		{"a(b)", false},
		{"a=>b", false},
		{"a:b", false},
		{"a/b", false},
		{"a\nb", false},
		{"a\x00b", false},
		{"\x00", false},
		{"a\u200db", false}, // joins, and is not seen
		{"a\u202eb", false}, // turns the direction of writing

		// No UTF-8.
		{"\xff", false},
		{"a\xc3", false},
		{"\xed\xa0\x80", false}, // a surrogate
		{"\ufffd", false},

		// Reserved words, only as they are written.
		{"login", false},
		{"all", false},
		{"join", false},
		{"leave", false},
		{"who", false},
		{"history", false},
		{"Login", true},
		{"ALL", true},
		{"all1", true},
		{"historyOf", true},

		// What begins with group is a group.
		{"group", false},
		{"groupA", false},
		{"groups", false},
		{"group-", false},
		{"Group", true},
		{"agroup", true},
		{"grou", true},
	} {
		if got := ValidUser(test.name); got != test.want {
			t.Errorf("ValidUser(%q) = %v", test.name, got)
		}
	}
}

func TestValidGroup(t *testing.T) {
	for _, test := range []struct {
		name string
		want bool
	}{
		{"", false},
		{"group", false},
		{"groupA", true},
		{"group1", true},
		{"group前端", true},
		{"group-_.@", true},
		{"groupgroup", true},
		{"groupall", true},
		{"group" + strings.Repeat("a", 58), true},
		{"group" + strings.Repeat("a", 59), false},
		{"group" + strings.Repeat("前", 19) + "a", true},   // 58 bytes
		{"group" + strings.Repeat("前", 19) + "aa", false}, // 59 bytes
		{"GroupA", false},
		{"groups A", false},
		{" groupA", false},
		{"groupA,groupB", false},
		{"groupA\x00", false},
		{"group\xff", false},
		{"group\ufffd", false},
		{"groupe\u0301", false},
		{"group😀", false},
		{"A", false},
		{"all", false},
	} {
		if got := ValidGroup(test.name); got != test.want {
			t.Errorf("ValidGroup(%q) = %v", test.name, got)
		}
	}
}
