//go:build e2e && linux

package fair

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

func TestMain(m *testing.M) {
	if IsMob() {
		return
	}
	os.Exit(target.Main(m))
}

// engine starts a server that keeps messages in one of the three ways; again starts
// another one that takes over, nil if none can.
type engine struct {
	name  string
	start func(t *testing.T, flags []string) (s *target.Server, again func() *target.Server)
}

var engines = []engine{
	{"memory", func(t *testing.T, flags []string) (*target.Server, func() *target.Server) {
		return target.Start(t, flags...), nil
	}},
	{"journal", func(t *testing.T, flags []string) (*target.Server, func() *target.Server) {
		flags = append(flags, "-data", t.TempDir())
		s := target.Start(t, flags...)
		return s, func() *target.Server {
			s.Stop()
			return target.Start(t, flags...)
		}
	}},
	{"redis", func(t *testing.T, flags []string) (*target.Server, func() *target.Server) {
		redis := redistest.Start(t, "maxmemory 100mb", "maxmemory-policy noeviction")
		flags = append(flags, "-redis", redis.URL())
		start := func() *target.Server {
			s := target.Start(t, flags...)
			if !target.Until(func() bool { return letsIn(s) }) {
				t.Fatal("the node never finds Redis")
			}
			return s
		}
		return start(), start
	}},
}

// letsIn reports whether somebody can log in.
func letsIn(s *target.Server) bool {
	c, err := s.Open("/socket?userId=elder0")
	if err == nil {
		c.Reset()
	}
	return err == nil
}

// Whatever one user does, the others lose nothing, are refused nothing, and wait no
// longer than Prompt.
func TestFair(t *testing.T) {
	calm := NewPair(t, target.Start(t))
	for i := range Attacks {
		a := &Attacks[i]
		t.Run(a.Name, func(t *testing.T) {
			for _, e := range engines {
				if a.OnDisk && e.name != "journal" {
					continue
				}
				if a.Engines || a.OnDisk || e.name == "memory" || full {
					t.Run(e.name, func(t *testing.T) { withstand(t, a, e, calm) })
				}
			}
		})
	}
}

func withstand(t *testing.T, a *Attack, e engine, calm *Pair) {
	t.Helper()
	s, again := e.start(t, a.Flags)
	b := Arrive(t, s, calm)
	before, _ := s.Memory()
	s.ResetPeak()
	attack := a.Begin(t, s)
	attack.Wait()
	b.Check()
	rss, peak := s.Memory()
	t.Logf("%d MiB before, %d at most, %d in the end", before/mib, peak/mib, rss/mib)
	attack.End()
	if a.Budget > 0 {
		if peak > a.Budget {
			t.Errorf("the server had %d MiB, want %d at most", peak/mib, a.Budget/mib)
		}
		if !target.Until(func() bool { rss, _ = s.Memory(); return rss < before+32*mib }) {
			t.Errorf("the server keeps %d MiB", rss/mib)
		}
	}
	if again != nil {
		b.CheckAgain(again())
	}
}

// While nobody's message has room the server says so to whoever watches over it.
func TestNoRoomIsTold(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s, _ := e.start(t, []string{"-history-bytes", "1"})
			c, err := s.Open("/socket?userId=ann")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Reset()
			if text, err := ask(c, "all,x", "错误:"); err != nil || !strings.Contains(text, "暂时无法发送") {
				t.Errorf("a send is answered with %q, %v", text, err)
			}
			response, err := http.Get("http://" + s.Addr + "/healthz")
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("healthz says %s", response.Status)
			}
		})
	}
}
