package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"sync"
	"time"

	"wschat/handshake"
	"wschat/hub/chat"
)

// admin is the operator's listener: metrics, pprof, and a small API.
type admin struct {
	server  *server
	http    http.Server
	serving sync.WaitGroup // the listener and its connections
}

// startAdmin opens the operator's listener; close ends it and its requests.
func (s *server) startAdmin(o *options) (*admin, error) {
	ln, err := net.Listen("tcp", o.admin)
	if err != nil {
		return nil, err
	}
	a := &admin{server: s}
	a.http = http.Server{
		Handler:           notForBrowsers(operatorHostRule(o.host), a.routes()),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         a.track,
	}
	s.log.Info("admin listening", "admin", ln.Addr().String())
	a.serving.Go(func() { a.http.Serve(ln) }) // ends by close, and by nothing else
	return a, nil
}

func (a *admin) close() {
	a.http.Close()
	a.serving.Wait()
}

// track counts the connections, whose requests close waits for.
func (a *admin) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		a.serving.Add(1)
	case http.StateClosed:
		a.serving.Done()
	}
}

func (a *admin) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", a.server.metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/api/users", only(http.MethodGet, list("users", a.server.engine.Users)))
	mux.HandleFunc("/api/groups", only(http.MethodGet, list("groups", a.server.engine.Groups)))
	mux.HandleFunc("/api/publish", only(http.MethodPost, a.publish))
	mux.HandleFunc("/api/delete", only(http.MethodPost, a.delete))
	mux.HandleFunc("/api/kick", only(http.MethodPost, a.kick))
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound, "no such path") })
	return mux
}

// notForBrowsers keeps pages from using a browser on the operator's machine, to
// which the listener has no password: a name that rebinds to its address, and what
// a page asks for under the address itself. An operator's own browser may look.
func notForBrowsers(allowHost func(string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var rejection *handshake.Rejection
		err := handshake.CheckHost(&handshake.Request{Host: r.Host}, allowHost)
		switch {
		case errors.As(err, &rejection):
			fail(w, rejection.Status, rejection.Reason)
		case r.Header["Origin"] != nil || slices.Contains(r.Header["Sec-Fetch-Site"], "cross-site"):
			fail(w, http.StatusForbidden, "expected no Origin, and no Sec-Fetch-Site: cross-site: this is not for a browser's pages")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// only lets one method through. The mux could do that, but its errors are no
// JSON.
func only(method string, handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.Header().Set("Allow", method)
			fail(w, http.StatusMethodNotAllowed, "expected the method "+method)
			return
		}
		handle(w, r)
	}
}

// list answers with a list that the engine has.
func list[T any](name string, get func() (all []T, count int, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		all, count, err := get()
		if err != nil {
			failWith(w, err)
			return
		}
		answer(w, http.StatusOK, map[string]any{name: all, "count": count})
	}
}

func (a *admin) publish(w http.ResponseWriter, r *http.Request) {
	var request struct {
		From *string `json:"from"`
		To   *string `json:"to"`
		Text *string `json:"text"`
	}
	if !read(w, r, &request) {
		return
	}
	if request.From == nil || request.To == nil || request.Text == nil {
		fail(w, http.StatusBadRequest, "expected from, to and text")
		return
	}
	if err := chat.CheckUser(*request.From); err != nil {
		fail(w, http.StatusBadRequest, "expected from to be a user id: "+err.Error())
		return
	}
	seq, offline, err := a.server.hub.Publish(*request.From, *request.To, *request.Text)
	if err != nil {
		failWith(w, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Seq     uint64 `json:"seq"`
		Offline bool   `json:"offline,omitempty"`
	}{seq, offline})
}

func (a *admin) delete(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Of  *string `json:"of"`
		Seq *uint64 `json:"seq"`
	}
	if !read(w, r, &request) {
		return
	}
	if request.Of == nil || request.Seq == nil {
		fail(w, http.StatusBadRequest, "expected of and seq")
		return
	}
	seq, err := a.server.hub.Delete(*request.Of, *request.Seq)
	switch {
	case errors.Is(err, chat.ErrNotFound):
		fail(w, http.StatusNotFound, "there is no such message, or no more")
	case errors.Is(err, chat.ErrUnavailable):
		failWith(w, err)
	case err != nil:
		fail(w, http.StatusBadRequest, "expected of to be all, a group, or two user ids with a comma between them")
	default:
		a.server.log.Info("deleted", "of", *request.Of, "seq", *request.Seq)
		answer(w, http.StatusOK, map[string]uint64{"seq": seq})
	}
}

func (a *admin) kick(w http.ResponseWriter, r *http.Request) {
	var request struct {
		User *string `json:"user"`
		For  *string `json:"for"`
	}
	if !read(w, r, &request) {
		return
	}
	if request.User == nil || !chat.ValidUser(*request.User) {
		fail(w, http.StatusBadRequest, "expected user to be a user id")
		return
	}
	var ban time.Duration
	if request.For != nil {
		var err error
		if ban, err = time.ParseDuration(*request.For); err != nil || ban <= 0 {
			fail(w, http.StatusBadRequest, "expected for to be a duration above 0, such as 10m or 24h")
			return
		}
	}
	connections, err := a.server.engine.Kick(*request.User, ban)
	if err != nil {
		failWith(w, err)
		return
	}
	if connections == 0 && ban == 0 {
		fail(w, http.StatusNotFound, "user is not online")
		return
	}
	if ban > 0 {
		a.server.log.Info("banned", "user", *request.User, "for", ban, "connections", connections)
	} else {
		a.server.log.Info("kicked", "user", *request.User, "connections", connections)
	}
	answer(w, http.StatusOK, map[string]int{"connections": connections})
}

// failWith answers with what kept the hub from publishing.
func failWith(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, chat.ErrNotOnline):
		fail(w, http.StatusNotFound, "there is no such user, and was none lately")
	case errors.Is(err, chat.ErrUnavailable):
		fail(w, http.StatusServiceUnavailable, "the store is out of reach")
	case errors.Is(err, chat.ErrEmptyBody):
		fail(w, http.StatusBadRequest, "expected text not to be empty")
	case errors.Is(err, chat.ErrTooLong):
		fail(w, http.StatusBadRequest, "expected a text of at most -max-message bytes, control characters counted as they are escaped")
	default:
		fail(w, http.StatusBadRequest, "expected to to be all, a group or a user id")
	}
}

// read reads one JSON object, and nothing behind it. It answers itself where
// that fails.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	const most = 2 << 20
	if err := decode(http.MaxBytesReader(w, r.Body, most), into); err != nil {
		fail(w, http.StatusBadRequest, "expected one JSON object: "+err.Error())
		return false
	}
	return true
}

// decode reads one JSON value, and nothing behind it.
func decode(body io.Reader, into any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, end := decoder.Token(); end != io.EOF {
			err = errors.New("more than one value")
		}
	}
	return err
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // an error means that nobody listens any more
}

func fail(w http.ResponseWriter, status int, reason string) {
	answer(w, status, map[string]string{"error": reason})
}
