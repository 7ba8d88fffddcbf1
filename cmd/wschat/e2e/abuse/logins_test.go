//go:build e2e

package abuse

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/account"
	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

const (
	guessers  = 50   // addresses
	guessRate = 1000 // a second, of all of them together
)

// PROTOCOL 9: passwords are checked beside the chat, whoever sends how many. A thousand
// guesses a second, half of them as upgrades, leave the 99th percentile of messages below a
// second, and with SIEGE=full, which needs a machine of its own, below twice that of a server that
// nobody attacks, at the same time; and who knows the password gets in.
func TestManyLogins(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	hash, err := account.NewHash("secret", account.Iterations)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"ann", "bob", "late"}
	if err := account.Edit(file, func(table *account.Table) error {
		for _, name := range names {
			if err := table.Add(account.Account{Name: name, Password: hash}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s, calm := start(t, "-users", file, "-trust-proxy", "127.0.0.1"), start(t, "-users", file)
	pair := [2]*target.Client{enter(t, s, "ann"), enter(t, s, "bob")}
	other := [2]*target.Client{enter(t, calm, "ann"), enter(t, calm, "bob")}
	tries := 1
	if full {
		tries = 3 // what else runs on the machine comes and goes: one is enough
	}
	var flooded, quiet time.Duration
	for range tries {
		end := beginGuessing(t, s)
		var both sync.WaitGroup
		var failed error
		both.Go(func() { quiet, failed = talk(other) })
		flooded, err = talk(pair)
		both.Wait()
		if err := errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		enter(t, s, "late").Conn.Close() // behind one guess from each address that has none yet
		took := time.Since(began)
		t.Logf("99 of 100 messages took %v at most, and %v on a server that nobody attacks; guesses: %v; a login took %v",
			flooded, quiet, end(), took)
		if flooded < 2*quiet || !full && flooded < time.Second {
			return
		}
	}
	t.Errorf("99 of 100 messages took up to %v, and %v on a server that nobody attacks", flooded, quiet)
}

// guessTo is the variable by which a process of its own is told whom to attack.
const guessTo = "GUESS_TO"

// beginGuessing has a process guess that leaves the processor to others. end ends it, and
// returns how many got which answer.
func beginGuessing(t *testing.T, s *target.Server) (end func() string) {
	t.Helper()
	cmd := exec.Command("nice", "-n", "10", os.Args[0])
	cmd.Env = append(os.Environ(), guessTo+"="+s.Addr)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &told, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end = func() string {
		stdin.Close()
		cmd.Wait() // its status is that of a process that is told to end
		return strings.TrimSpace(told.String())
	}
	t.Cleanup(func() { end() })
	return end
}

// guessed reports whether this process is one that guesses, and has done so.
func guessed() bool {
	addr := os.Getenv(guessTo)
	if addr == "" {
		return false
	}
	g := guess(&target.Server{Addr: addr})
	io.Copy(io.Discard, os.Stdin)
	fmt.Println(g.stop())
	return true
}

func withPassword(name, password, from string) handshake.Dialer {
	text := "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
	return handshake.Dialer{Header: handshake.Header{{Name: "Authorization", Value: text}, {Name: "X-Forwarded-For", Value: from}}}
}

// enter lets a user in from an address from which nobody guesses.
func enter(t *testing.T, s *target.Server, name string) *target.Client {
	t.Helper()
	c, err := s.OpenWith("/socket", withPassword(name, "secret", "192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Conn.Close() })
	return c
}

// talk has one user write to another for a while, and returns the 99th percentile of the
// times that the messages took.
func talk(pair [2]*target.Client) (time.Duration, error) {
	const pause = 5 * time.Millisecond
	n := int(time.Duration(size(2, 5)) * time.Second / pause)
	failed := make(chan error, 1)
	go func() {
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		var err error
		for i := 0; i < n && err == nil; i++ {
			<-ticker.C
			err = pair[0].SendText("bob," + strconv.FormatInt(time.Now().UnixNano(), 10))
		}
		failed <- err
	}()
	took := make([]time.Duration, n)
	for i := range took {
		text, err := pair[1].NextText()
		if err != nil {
			return 0, err
		}
		_, at, _ := strings.Cut(text, ":")
		sent, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return 0, err
		}
		took[i] = time.Since(time.Unix(0, sent))
	}
	slices.Sort(took)
	return took[n*99/100], <-failed
}

// guesses are under way.
type guesses struct {
	end   chan struct{}
	ended sync.WaitGroup

	mu      sync.Mutex
	answers map[int]int // by status
}

// guess has many addresses guess passwords until stop.
func guess(s *target.Server) *guesses {
	g := &guesses{end: make(chan struct{}), answers: make(map[int]int)}
	web := &http.Client{Timeout: target.Patience, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * guessers}}
	for i := range guessers {
		address := fmt.Sprintf("198.51.100.%d", i)
		g.ended.Go(func() {
			ticker := time.NewTicker(time.Second * guessers / guessRate)
			defer ticker.Stop()
			for n := 0; ; n++ {
				select {
				case <-ticker.C:
				case <-g.end:
					return
				}
				name := fmt.Sprintf("u%d-%d", i, n)
				g.ended.Go(func() {
					if i%2 == 0 {
						g.note(upgrade(s, name, address))
					} else {
						g.note(login(web, s, name, address))
					}
				})
			}
		})
	}
	return g
}

func (g *guesses) note(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers[status]++
}

// stop ends the guesses, and returns the answers to them.
func (g *guesses) stop() map[int]int {
	close(g.end)
	g.ended.Wait()
	return g.answers
}

// upgrade returns the status of the answer; 0: there was none.
func upgrade(s *target.Server, name, from string) int {
	c, err := s.OpenWith("/socket", withPassword(name, "wrong", from))
	var refused *handshake.StatusError
	switch {
	case errors.As(err, &refused):
		return refused.Status
	case err != nil:
		return 0
	}
	c.Conn.Close()
	return http.StatusSwitchingProtocols
}

func login(web *http.Client, s *target.Server, name, from string) int {
	request, err := http.NewRequest(http.MethodPost, "http://"+s.Addr+"/login", strings.NewReader(`{"user":"`+name+`","password":"wrong"}`))
	if err != nil {
		return 0
	}
	request.Header.Set("X-Forwarded-For", from)
	response, err := web.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}
