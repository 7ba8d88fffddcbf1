package chat

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// nameVectors are names by the rule of PROTOCOL section 2 that they keep, or break.
// The page's tests (static/page_test.mjs) read the same file.
func nameVectors(t testing.TB) (vectors []struct {
	Rule, Why string
	Good, Bad []string
}) {
	t.Helper()
	data, err := os.ReadFile("testdata/names.json")
	if err == nil {
		err = json.Unmarshal(data, &vectors)
	}
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

var nameErrors = map[string]error{
	"empty": ErrNameEmpty, "long": ErrNameLong, "reserved": ErrNameReserved, "group": ErrNameGroup,
	"letter": ErrNameLetter, "mark": ErrNameMark, "form": ErrNameForm, "compatibility": ErrNameCompatibility, "script": ErrNameScript,
}

func TestNames(t *testing.T) {
	for _, v := range nameVectors(t) {
		want := nameErrors[v.Why]
		if want == nil {
			t.Fatalf("%s: %q is no reason", v.Rule, v.Why)
		}
		// What a name is made of is the same for groups.
		forGroups := v.Why == "letter" || v.Why == "mark" || v.Why == "form" || v.Why == "script"
		for _, name := range v.Good {
			if err := CheckUser(name); err != nil || !ValidUser(name) {
				t.Errorf("%s: %q: %v", v.Rule, name, err)
			}
			if err := checkGroup("group" + name); forGroups && (err != nil || !ValidGroup("group"+name)) {
				t.Errorf("%s: %q: %v", v.Rule, "group"+name, err)
			}
		}
		for _, name := range v.Bad {
			if err := CheckUser(name); !errors.Is(err, want) || ValidUser(name) {
				t.Errorf("%s: %q: got %v, want %v", v.Rule, name, err, want)
			}
			if err := checkGroup("group" + name); forGroups && (!errors.Is(err, want) || ValidGroup("group"+name)) {
				t.Errorf("%s: %q: got %v, want %v", v.Rule, "group"+name, err, want)
			}
		}
	}
}

// What JSON cannot hold.
func TestNamesAreUTF8(t *testing.T) {
	for _, name := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc1\x81", "क\xff"} {
		if err := CheckUser(name); err != ErrNameLetter {
			t.Errorf("%q: got %v", name, err)
		}
		if err := checkGroup("group" + name); err != ErrNameLetter {
			t.Errorf("%q: got %v", "group"+name, err)
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
		{"groupПётр", true}, // the prefix is not mixed with the name
		{"groupहिन्दी", true},
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
		{"group\u0301", false}, // the prefix is no letter for a mark
		{"group😀", false},
		{"A", false},
		{"all", false},
	} {
		if got := ValidGroup(test.name); got != test.want {
			t.Errorf("ValidGroup(%q) = %v", test.name, got)
		}
	}
}

func TestNamesAllocateNothing(t *testing.T) {
	for _, name := range []string{"A", "a.b@example-host_1", "groupA", "张三", "Пётр", "हिन्दी", "ọ\u0301", "e\u0301", "hi\u017ftory"} {
		if n := testing.AllocsPerRun(100, func() { ValidUser(name); ValidGroup(name) }); n != 0 {
			t.Errorf("%q: %v allocations", name, n)
		}
	}
}

func BenchmarkValidUser(b *testing.B) {
	for _, name := range []string{"A", "history1", "a.b@example-host_1", "张三", "हिन्दी"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !ValidUser(name) {
					b.Fatal("refused")
				}
			}
		})
	}
}
