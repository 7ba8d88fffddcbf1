//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// PROTOCOL 9: the tokens of another library, jose, by each algorithm that -auth-jwks takes.
func TestTokensOfJose(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("node", "jose.mjs", "ann")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Keys               json.RawMessage
		Tokens             map[string]string
		Confused, Critical string
	}
	if err := json.Unmarshal(out, &made); err != nil || len(made.Tokens) != 10 {
		t.Fatalf("%v: %s", err, out)
	}
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, made.Keys, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "-auth-jwks", file, "-presence", "none")
	for algorithm, token := range made.Tokens {
		s.run(algorithm, func(t *testing.T) {
			d, target := withToken("Authorization", token)
			c, err := s.dial(d, target)
			if err != nil {
				t.Fatal(err)
			}
			c.say("join,groupA", "join,groupB")
			c.hears("系统:已加入 groupA", "错误:不能加入 groupB")
			c.leave()
		})
	}
	cut := made.Tokens["RS256"]
	for what, token := range map[string]string{"HS256 with the public key": made.Confused, "crit": made.Critical, "a part": cut[:len(cut)-4]} {
		if got := s.status(upgrade("/socket?token=" + token)); got != 401 {
			t.Errorf("%s: %d", what, got)
		}
	}
}
