package jwk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wschat/cmd/wschat/token"
)

// logged is what a source logs. Safe for concurrent use.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// issuer serves a key set.
type issuer struct {
	*httptest.Server
	asked  atomic.Int32
	answer atomic.Pointer[http.HandlerFunc]
}

func newIssuer(t *testing.T, answer http.HandlerFunc) *issuer {
	i := new(issuer)
	i.serve(answer)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		(*i.answer.Load())(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) serve(answer http.HandlerFunc) { i.answer.Store(&answer) }

// keys is an answer with keys.
func keys(all ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"keys":[%s]}`, strings.Join(all, ","))
	}
}

// signedBy is a token of RFC 8037's key, which goes by a name, but not its signature.
func signedBy(t *testing.T, id string) *token.Signed {
	return parsed(t, encode([]byte(`{"alg":"EdDSA","kid":"`+id+`"}`))+"."+joe+".AAAA")
}

func named(id string) string { return with(rfc8037, `"kid":"`+id+`"`) }

// knows reports whether a source has a key of that name.
func knows(t *testing.T, s *Source, id string) bool {
	t.Helper()
	err := s.Verify(signedBy(t, id))
	if !errors.Is(err, ErrSignature) && !errors.Is(err, ErrUnknownKey) {
		t.Errorf("%s: got %v", id, err)
	}
	return errors.Is(err, ErrSignature)
}

// PROTOCOL 9: https, or http of loopback.
func TestCheckURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://a.example/keys": true, "https://a.example:8443": true, "http://localhost/": true, "http://127.0.0.1:8080/k": true, "http://[::1]/k": true,
		"http://a.example/": false, "http://10.0.0.1/": false, "http://localhost.a.example/": false, "ftp://localhost/": false, "file:///etc/keys": false,
		"https://": false, "://": false, "https://user:password@a.example/": false, "http://127.0.0.1@a.example/": false, "https://a b/": false,
	} {
		if err := CheckURL(text); (err == nil) != ok {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// A set that cannot be had ends the start.
func TestFirstFetch(t *testing.T) {
	other := newIssuer(t, keys(named("a")))
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		ok     bool
	}{
		"keys":        {keys(named("a")), true},
		"no keys":     {keys(), false},
		"no set":      {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, false},
		"not there":   {http.NotFound, false},
		"another 2xx": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, false},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"keys":[%s]}`, named("a"))
			for range 1 << 10 {
				w.Write(bytes.Repeat([]byte(" "), 1<<10))
			}
		}, false},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprintf(w, `{"keys":[%s]}`, named("a"))
		}, false},
		"redirected here": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/here" {
				keys(named("a"))(w, r)
				return
			}
			http.Redirect(w, r, "/here", http.StatusFound)
		}, true},
		"redirected elsewhere":   {redirect(other.URL), false},
		"redirected to a file":   {redirect("file:///etc/passwd"), false},
		"redirected without end": {redirect("/"), false},
	} {
		s, err := Fetch(newIssuer(t, row.answer).URL, slog.New(slog.DiscardHandler))
		if (err == nil) != row.ok {
			t.Errorf("%s: got %v", name, err)
		}
		if err == nil {
			s.Close()
		}
	}
	if other.asked.Load() != 0 {
		t.Error("a redirect to elsewhere was followed")
	}
}

// PROTOCOL 9: when an unknown kid comes, at most once a minute; while it cannot be had the
// last keys hold.
func TestRotation(t *testing.T) {
	i, log := newIssuer(t, keys(named("a"))), new(logged)
	s, err := Fetch(i.URL, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	later := func() { s.fetched = s.fetched.Add(-fetchPause) }
	i.serve(keys(named("b"), named("c")))
	if !knows(t, s, "a") || knows(t, s, "b") || i.asked.Load() != 1 {
		t.Error("the keys were fetched again within the minute")
	}
	later()
	if !knows(t, s, "b") || knows(t, s, "a") || i.asked.Load() != 2 {
		t.Error("the keys were not fetched again")
	}
	for range 100 {
		knows(t, s, "x")
	}
	if i.asked.Load() != 2 {
		t.Errorf("they were asked for %d times", i.asked.Load())
	}
	for name, bad := range map[string]http.HandlerFunc{"gone": http.NotFound, "empty": keys(), "bad": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }} {
		i.serve(bad)
		later()
		if knows(t, s, "x") || !knows(t, s, "b") || !knows(t, s, "c") {
			t.Errorf("%s: the last keys do not hold", name)
		}
	}
	if text := log.String(); strings.Count(text, "the last keys hold") != 3 || strings.Count(text, "key set fetched") != 1 {
		t.Errorf("got %s", text)
	}
	// Without a kid there is nothing to look for.
	later()
	asked := i.asked.Load()
	s.Verify(signedBy(t, ""))
	if i.asked.Load() != asked {
		t.Error("the keys were fetched for a token without kid")
	}
}

// A fetch that takes long holds up tokens with unknown keys only, and not without bound.
func TestSlowFetch(t *testing.T) {
	slow := make(chan struct{})
	i := newIssuer(t, keys(named("a")))
	s, err := Fetch(i.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.fetched = time.Time{}
	i.serve(func(w http.ResponseWriter, r *http.Request) {
		<-slow
		keys(named("b"))(w, r)
	})
	var wait sync.WaitGroup
	var refused, known atomic.Int32
	const n = 2 * maxWaiting
	for range n {
		wait.Go(func() {
			switch err := s.Verify(signedBy(t, "b")); {
			case errors.Is(err, ErrBusy):
				if refused.Add(1) == n-1-maxWaiting {
					if !knows(t, s, "a") {
						t.Error("another key has to wait")
					}
					close(slow)
				}
			case errors.Is(err, ErrSignature):
				known.Add(1)
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	wait.Wait()
	if known.Load() != maxWaiting+1 || i.asked.Load() != 2 {
		t.Errorf("%d were refused, %d found their key, %d fetches", refused.Load(), known.Load(), i.asked.Load())
	}

	i.serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s.fetched = time.Time{}
	wait.Go(func() { knows(t, s, "x") })
	for i.asked.Load() != 3 {
		time.Sleep(time.Millisecond)
	}
	s.Close() // does not wait for the answer
	wait.Wait()
}

// PROTOCOL 9: every ten minutes.
func TestFetchEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		s := NewSource()
		s.url, s.log = "https://issuer.example/keys", slog.New(slog.DiscardHandler)
		s.ctx, s.cancel = context.WithCancel(context.Background())
		s.client = &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			asked++
			w := httptest.NewRecorder()
			keys(named(fmt.Sprint(asked)))(w, r)
			return w.Result(), nil
		})}
		stop := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			s.Run(stop)
			close(ended)
		}()
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		if asked != 3 || !knows(t, s, "3") {
			t.Errorf("asked %d times", asked)
		}
		close(stop)
		<-ended
		s.Close()
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
