//go:build e2e || soak

package fair

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

// The variables by which a process of its own is told what to do.
const (
	mobAttack = "FAIR_ATTACK"
	mobTo     = "FAIR_TO"
)

// Mob is who attacks, in the process of its own.
type Mob struct {
	*Tally
	Server  *target.Server // its address only
	attack  *Attack
	giveUp  time.Time // when the worst is done in any case
	working sync.WaitGroup
	victims sync.WaitGroup // who read slowly

	exhausted atomic.Bool // all deeds are done

	mu   sync.Mutex
	next int // number of a deed
	size int // bytes of the next large message
	held []*target.Client
}

// IsMob reports whether this process is a mob's, and has been one. Whoever starts an
// attack calls it first in its TestMain. The mob prints its tally when it has done its
// worst, and the process ends with its standard input.
func IsMob() bool {
	name := os.Getenv(mobAttack)
	if name == "" {
		return false
	}
	m := &Mob{Tally: NewTally(), Server: &target.Server{Addr: os.Getenv(mobTo)}, attack: &Everything, size: mib}
	for i := range Attacks {
		if Attacks[i].Name == name {
			m.attack = &Attacks[i]
		}
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		m.rage()
	}()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		io.Copy(io.Discard, os.Stdin)
	}()
	select {
	case <-over:
	case <-ended:
	}
	m.Tally.mu.Lock()
	json.NewEncoder(os.Stdout).Encode(m.Tally)
	m.Tally.mu.Unlock()
	<-ended
	return true
}

// rage returns when the worst is done. The connections stay until the process ends.
func (m *Mob) rage() {
	a := m.attack
	if a.Crowd != nil {
		if err := a.Crowd(m); err != nil {
			m.Fault("the crowd: %v", err)
			return
		}
	}
	m.giveUp = time.Now().Add(a.lasts.now())
	for worker := range a.workers.now() {
		m.working.Go(func() {
			for n, ok := m.turn(); ok; n, ok = m.turn() {
				m.note(a.deed(m, worker, n))
			}
		})
	}
	m.working.Wait()
	m.exhausted.Store(true)
	m.victims.Wait()
}

// turn is the number of the next deed, if there is to be one more.
func (m *Mob) turn() (n int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.next++; m.attack.times != (size{}) && m.next > m.attack.times.now() || time.Now().After(m.giveUp) {
		return 0, false
	}
	return m.next, true
}

// note counts a deed by how it ended.
func (m *Mob) note(err error) {
	what := "done"
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		what = strings.Map(func(r rune) rune { // one kind, whatever the ports are
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, err.Error())
	}
	m.Count(what, 1)
}

// hold keeps a connection until everything ends, or there are too many.
func (m *Mob) hold(c *target.Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held = append(m.held, c); m.attack.holds > 0 && len(m.held) > m.attack.holds {
		m.held[0].Reset()
		m.held = m.held[1:]
	}
}

// deedLasts is how long an attacker does one thing at most.
const deedLasts = 5 * time.Second

// hostile connects a user from the address of the attackers, or from one of their many.
func (m *Mob) hostile(user string, d handshake.Dialer) (*target.Client, error) {
	addr := "127.0.0.2"
	if m.attack.manyAddresses {
		addr = fmt.Sprintf("127.0.%d.%d", 2+rand.IntN(100), 1+rand.IntN(250))
	}
	c, err := m.from(addr, user, d)
	if err == nil {
		c.Conn.SetDeadline(time.Now().Add(min(time.Until(m.giveUp)+tick, deedLasts)))
	}
	return c, err
}

// innocent connects number i of the crowd, who come from eight addresses.
func (m *Mob) innocent(i int, d handshake.Dialer) (*target.Client, error) {
	return m.from(fmt.Sprint("127.0.1.", 1+i%8), fmt.Sprint("innocent", i), d)
}

func (m *Mob) from(addr, user string, d handshake.Dialer) (*target.Client, error) {
	d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(addr)}
	return m.Server.OpenWith("/socket?userId="+user, d)
}

// Begin starts the attack in a process that leaves the processor to others.
func (a *Attack) Begin(t testing.TB, s *target.Server) *Running {
	t.Helper()
	cmd := exec.Command("nice", "-n", "10", os.Args[0])
	cmd.Env = append(os.Environ(), mobAttack+"="+a.Name, mobTo+"="+s.Addr)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &Running{t, cmd, stdin, bufio.NewReader(stdout)}
	t.Cleanup(r.End)
	return r
}

// Running is an attack that goes on.
type Running struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
}

// Wait waits until the worst is done, and judges what happened to the crowd.
func (r *Running) Wait() {
	r.t.Helper()
	told := NewTally()
	if err := json.NewDecoder(r.stdout).Decode(told); err != nil {
		r.t.Fatalf("the attackers: %v", err)
	}
	r.t.Logf("attackers: %v", told)
	for _, fault := range told.Faults[:min(len(told.Faults), 5)] {
		r.t.Error(fault)
	}
	if len(told.Counts) == 0 {
		r.t.Error("nobody attacked")
	}
}

// Stop is Wait for an attack that would go on.
func (r *Running) Stop() {
	r.t.Helper()
	r.stdin.Close()
	r.Wait()
}

// End ends the process, and so all its connections.
func (r *Running) End() {
	r.stdin.Close()
	r.cmd.Wait() // its status is that of a process that is told to end
}
