//go:build e2e

package crash

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// PROTOCOL 5: an acknowledged join or leave is as safe as an acknowledged message,
// from the first of a new directory on.
func TestKillAfterAJoinOrLeave(t *testing.T) {
	flags := []string{"-data", filepath.Join(t.TempDir(), "new", "data")}
	want := []string{}
	for round, request := range []string{
		`{"op":"join","id":"x","group":"groupA"}`,
		`{"op":"leave","id":"x","group":"groupA"}`,
		`{"op":"send","id":"x","to":"groupB","text":"x"}`,
		`{"op":"join","id":"x","group":"groupA"}`,
		`{"op":"leave","id":"x","group":"groupB"}`,
	} {
		s := target.Start(t, flags...)
		c := open(t, s, "user")
		if got := groups(t, c); !slices.Equal(got, want) {
			t.Fatalf("before round %d: in %q, want %q", round, got, want)
		}
		if err := c.SendText(request); err != nil {
			t.Fatal(err)
		}
		next(t, c, "ack")
		s.Kill()
		want = [][]string{{"groupA"}, {}, {"groupB"}, {"groupA", "groupB"}, {"groupA"}}[round]
	}
	if got := groups(t, open(t, target.Start(t, flags...), "user")); !slices.Equal(got, want) {
		t.Errorf("in the end in %q, want %q", got, want)
	}
}

// groups reads the welcome, and returns the groups in it.
func groups(t *testing.T, c *target.Client) []string {
	t.Helper()
	text, err := c.NextText()
	if err != nil {
		t.Fatal(err)
	}
	var welcome struct{ Groups []string }
	if err := json.Unmarshal([]byte(text), &welcome); err != nil || welcome.Groups == nil {
		t.Fatalf("%q: %v", text, err)
	}
	return welcome.Groups
}
