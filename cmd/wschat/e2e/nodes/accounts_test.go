//go:build e2e && linux

package nodes

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
	"wschat/hub/redis/redistest"
)

// PROTOCOL 9, with a copy of the users file on each of three nodes: a token of one is good at all; one
// connection of a user replaces those at other nodes (-single); a new password ends the user's
// connections, and the tokens from before, at all of them.
func TestNodesAccounts(t *testing.T) {
	t.Parallel()
	redis, secret := redistest.Start(t), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(strings.Repeat("secret", 8)), 0o600); err != nil {
		t.Fatal(err)
	}
	var nodes []*target.Server
	var files []string
	first := filepath.Join(t.TempDir(), "users")
	user(t, "old\n", first, "add", "A")
	user(t, "other\n", first, "add", "B")
	for range 3 {
		file := filepath.Join(t.TempDir(), "users")
		copyFile(t, first, file)
		files = append(files, file)
		nodes = append(nodes, startNode(t, redis.URL(), "-users", file, "-auth-secret-file", secret, "-single"))
	}
	tokenOfA, tokenOfB := login(t, nodes[0], "A", "old"), login(t, nodes[1], "B", "other")
	var a *target.Client
	for i, s := range nodes {
		next := withToken(t, s, tokenOfA)
		if a != nil {
			closedWith(t, a, frame.Replaced)
		}
		if a = next; i == 0 {
			b := withToken(t, nodes[2], tokenOfB)
			defer b.Conn.Close()
		}
	}
	for i, s := range nodes {
		if status := refused(t, s, "?userId=A"); status != http.StatusUnauthorized {
			t.Errorf("without a password, node %d answers %d", i, status)
		}
	}

	user(t, "new\n", first, "passwd", "A")
	for _, file := range files {
		copyFile(t, first, file)
	}
	closedWith(t, a, frame.TokenExpired)
	for i, s := range nodes {
		var status int
		if !target.Until(func() bool {
			status = refused(t, s, "?token="+tokenOfA)
			return status == http.StatusUnauthorized
		}) {
			t.Errorf("with the token from before, node %d answers %d", i, status)
		}
		withToken(t, s, tokenOfB).Conn.Close()
	}
	basic := handshake.Header{{Name: "Authorization", Value: "Basic " + base64.StdEncoding.EncodeToString([]byte("A:new"))}}
	c, err := nodes[1].OpenWith("/socket", handshake.Dialer{Header: basic})
	if err != nil {
		t.Fatal(err)
	}
	c.Conn.Close()
	withToken(t, nodes[2], login(t, nodes[0], "A", "new")).Conn.Close()
}

// user runs wschat user, which reads a password.
func user(t *testing.T, password string, args ...string) {
	t.Helper()
	command := exec.Command(target.Program(), append([]string{"user"}, args...)...)
	command.Stdin = strings.NewReader(password)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("wschat user %v: %v\n%s", args, err, out)
	}
}

// copyFile brings the users file to a node, in one step.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to+".new", text, 0o600)
	}
	if err = errors.Join(err, os.Rename(to+".new", to)); err != nil {
		t.Fatal(err)
	}
}

// login asks a node for a token.
func login(t *testing.T, s *target.Server, user, password string) (token string) {
	t.Helper()
	response, err := http.Post("http://"+s.Addr+"/login", "application/json", strings.NewReader(fmt.Sprintf(`{"user":%q,"password":%q}`, user, password)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Token, Error string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("login of %s: %d %s, %v", user, response.StatusCode, answer.Error, err)
	}
	return answer.Token
}

func withToken(t *testing.T, s *target.Server, token string) *target.Client {
	t.Helper()
	c, err := s.OpenWith("/socket?token="+token, handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refused returns the status with which an upgrade is refused; 0: it is not.
func refused(t *testing.T, s *target.Server, query string) (status int) {
	t.Helper()
	c, err := s.OpenWith("/socket"+query, handshake.Dialer{})
	if err == nil {
		c.Conn.Close()
		return 0
	}
	var answer *handshake.StatusError
	if !errors.As(err, &answer) {
		t.Fatal(err)
	}
	return answer.Status
}
