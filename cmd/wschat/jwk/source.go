package jwk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wschat/cmd/wschat/token"
)

const (
	fetchEvery   = 10 * time.Minute
	fetchPause   = time.Minute // the least time between two fetches for unknown keys
	fetchTimeout = 5 * time.Second
	maxRedirects = 3
	// maxWaiting bounds the tokens with unknown keys that wait for a fetch.
	maxWaiting = 64
)

// ErrBusy is the error of a token for which there was no room to wait.
var ErrBusy = errors.New("jwk: too many tokens with unknown keys wait")

// ErrURL is a URL from which keys may not come.
var ErrURL = errors.New("jwk: expected a URL with https, or with http on this machine")

// Source is a key set that may change. The zero value is one that Use sets. Safe for
// concurrent use.
type Source struct {
	set   atomic.Pointer[Set]
	turns chan struct{} // has one for each signature that is being verified

	// Of a URL.
	url    string
	client *http.Client
	log    *slog.Logger
	ctx    context.Context // done when the Source closes
	cancel context.CancelFunc

	mu       sync.Mutex
	fetching chan struct{} // closed at the end of the fetch that is under way; nil: none is
	waiting  int
	fetched  time.Time // when the last fetch began
	text     []byte    // of the last set
	failure  string    // of the last fetch; logged once
}

// NewSource returns a Source that has no keys before Use.
func NewSource() *Source {
	// The other half of the processors is for the loops.
	return &Source{turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// Use sets the keys.
func (s *Source) Use(text []byte) error {
	set, err := Parse(text)
	if err == nil {
		s.set.Store(set)
	}
	return err
}

// IsURL reports whether the name of a source is a URL, and not a file.
func IsURL(name string) bool { return strings.Contains(name, "://") }

// CheckURL returns ErrURL for a URL from which anybody on the way could replace the keys.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return ErrURL
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && !(u.Scheme == "http" && (u.Hostname() == "localhost" || ip.Unmap().IsLoopback())) {
		return ErrURL
	}
	return nil
}

// Fetch returns a Source whose keys come from a URL. The error is that of the first fetch.
// The caller runs Run beside it, and calls Close.
func Fetch(address string, log *slog.Logger) (*Source, error) {
	if err := CheckURL(address); err != nil {
		return nil, err
	}
	s := NewSource()
	s.url, s.log = address, log
	s.ctx, s.cancel = context.WithCancel(context.Background())
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	transport.DisableKeepAlives = true // nothing stays open for ten minutes
	s.client = &http.Client{Timeout: fetchTimeout, Transport: transport, CheckRedirect: stayHere}
	s.fetched = time.Now()
	if _, err := s.fetch(); err != nil {
		s.cancel()
		return nil, err
	}
	return s, nil
}

// stayHere follows redirects within a host only: elsewhere may be inside of our own network.
func stayHere(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects || r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
		return errors.New("expected no redirect to elsewhere")
	}
	return nil
}

// Close ends the fetch that is under way. There is none afterwards.
func (s *Source) Close() {
	if s.cancel != nil {
		s.cancel()
	}
}

// Run fetches the keys of a URL every ten minutes, until stop is closed.
func (s *Source) Run(stop <-chan struct{}) {
	if s.url == "" {
		return
	}
	ticker := time.NewTicker(fetchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.refresh(0)
		case <-stop:
			return
		}
	}
}

// Verify verifies the signature of a token. It may block, for a fetch if the token names an
// unknown key. The error is one of the variables of the package.
func (s *Source) Verify(t *token.Signed) error {
	k, err := s.set.Load().find(t)
	if errors.Is(err, ErrUnknownKey) && t.Key != "" && s.url != "" {
		if err := s.refresh(fetchPause); err != nil {
			return err
		}
		k, err = s.set.Load().find(t)
	}
	if err != nil {
		return err
	}
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	return k.verify(t)
}

// refresh fetches the keys, unless that has been done within pause, or waits for the call that does.
func (s *Source) refresh(pause time.Duration) error {
	s.mu.Lock()
	if others := s.fetching; others != nil {
		defer s.mu.Unlock()
		if s.waiting >= maxWaiting {
			return ErrBusy
		}
		s.waiting++
		s.mu.Unlock()
		<-others
		s.mu.Lock()
		s.waiting--
		return nil
	}
	if time.Since(s.fetched) < pause || s.ctx.Err() != nil {
		s.mu.Unlock()
		return nil
	}
	s.fetched, s.fetching = time.Now(), make(chan struct{})
	s.mu.Unlock()
	changed, err := s.fetch()
	s.tell(changed, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.fetching)
	s.fetching = nil
	return nil
}

// tell logs what has become of a fetch. Only the one that fetches calls it.
func (s *Source) tell(changed bool, err error) {
	switch {
	case s.ctx.Err() != nil:
	case err != nil && s.failure != err.Error():
		s.failure = err.Error()
		s.log.Error("key set not fetched, the last keys hold", "error", err)
	case err == nil:
		s.failure = ""
	}
	if changed {
		s.log.Info("key set fetched", "url", s.url)
	}
}

// fetch gets the keys. Of all goroutines only one may call it.
func (s *Source) fetch() (changed bool, err error) {
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return false, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("jwk: %s: expected 200, got %d", s.url, response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxSet+1))
	if err != nil {
		return false, err
	}
	if bytes.Equal(text, s.text) {
		return false, nil
	}
	if err := s.Use(text); err != nil {
		return false, fmt.Errorf("%s: %w", s.url, err)
	}
	changed, s.text = s.text != nil, text
	return changed, nil
}
