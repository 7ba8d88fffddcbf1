package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/frame/leaktest"
	"wschat/handshake"
)

// asks checks an answer that has no error.
func (r *running) asks(method, path, body, want string) {
	r.t.Helper()
	response, got := r.ask(method, path, body)
	if response.StatusCode != http.StatusOK || got != want+"\n" || response.Header.Get("Content-Type") != "application/json" {
		r.t.Errorf("%s %s %s: got %s %s %q, want %s", method, path, body, response.Status, response.Header.Get("Content-Type"), got, want)
	}
}

// PROTOCOL 8, GET.
func TestAdminUsersAndGroups(t *testing.T) {
	r := runServer(t, "-presence", "none")
	r.asks("GET", "/api/users", "", `{"count":0,"users":[]}`)
	r.asks("GET", "/api/groups", "", `{"count":0,"groups":[]}`)
	b, a := r.login("B"), r.login("A")
	r.login("A")
	r.asks("GET", "/api/users", "", `{"count":2,"users":[{"user":"A","connections":2},{"user":"B","connections":1}]}`)
	a.say("join,groupX")
	a.hears("系统:已加入 groupX")
	b.say("join,groupX")
	b.hears("系统:已加入 groupX")
	b.say("join,groupA")
	b.hears("系统:已加入 groupA")
	b.leave()
	r.asks("GET", "/api/groups", "", `{"count":2,"groups":[{"group":"groupA","members":1,"online":0},{"group":"groupX","members":2,"online":1}]}`)
	r.asks("GET", "/api/users", "", `{"count":1,"users":[{"user":"A","connections":2}]}`)
}

// PROTOCOL 8, POST /api/publish.
func TestAdminPublish(t *testing.T) {
	r := runServer(t, "-presence", "none")
	a, b, c := r.login("A"), r.login("B"), r.login("C")
	a.say("join,groupX")
	a.hears("系统:已加入 groupX")
	for _, row := range []struct{ body, answer string }{
		{`{"from":"bot","to":"all","text":"1"}`, `{"seq":1}`},
		{`{"from":"bot","to":"all","text":"2"}`, `{"seq":2}`},
		{`{"from":"bot","to":"groupX","text":"3"}`, `{"seq":1}`},
		{`{"from":"bot","to":"groupNew","text":"nobody"}`, `{"seq":1}`},
		{`{"from":"bot","to":"A","text":"4"}`, `{"seq":1}`},
		{`{"from":"B","to":"A","text":"5, in the name of one who is online"}`, `{"seq":1}`},
		{` { "text" : "6 中\u6587" , "to" : "A", "from" : "A" } ` + "\n", `{"seq":1}`},
	} {
		r.asks("POST", "/api/publish", row.body, row.answer)
	}
	for _, line := range []string{
		"用户(bot=>A):1", "用户(bot=>A):2", "用户(bot=>A):3", "用户(bot=>A):4",
		"用户(B=>A):5, in the name of one who is online", "用户(A=>A):6 中文",
	} {
		a.hears(line)
	}
	for _, u := range []*user{b, c} {
		name := map[*user]string{b: "B", c: "C"}[u]
		u.hears("用户(bot=>" + name + "):1")
		u.hears("用户(bot=>" + name + "):2")
	}
	a.say("who,") // bot is not online, and in no group
	a.hears("系统:在线 3: A B C")
	r.asks("GET", "/api/groups", "", `{"count":1,"groups":[{"group":"groupX","members":1,"online":1}]}`)

	c.leave()
	r.asks("POST", "/api/publish", `{"from":"bot","to":"C","text":"for later"}`, `{"seq":1,"offline":true}`)
	r.connect("C").hears("用户(bot=>C):for later")
}

// PROTOCOL 5.1, POST /api/delete: of all, a group, or a pair in either order.
func TestAdminDelete(t *testing.T) {
	r := runServer(t, "-presence", "none")
	a := r.login("A")
	a.say("join,groupX")
	a.hears("系统:已加入 groupX")
	for _, row := range []struct {
		to, of        string
		seq, deletion int
	}{
		{"all", "all", 1, 2},
		{"groupX", "groupX", 1, 2},
		{"A", "A,bot", 1, 2},
		{"A", "bot,A", 3, 4},
	} {
		r.asks("POST", "/api/publish", fmt.Sprintf(`{"from":"bot","to":%q,"text":"secret"}`, row.to), fmt.Sprintf(`{"seq":%d}`, row.seq))
		a.hears("用户(bot=>A):secret")
		body := fmt.Sprintf(`{"of":%q,"seq":%d}`, row.of, row.seq)
		r.asks("POST", "/api/delete", body, fmt.Sprintf(`{"seq":%d}`, row.deletion))
		response, answer := r.ask("POST", "/api/delete", body) // it is gone
		isError(t, response, answer, http.StatusNotFound, "message")
	}
	for _, of := range []string{"all", "groupX", "bot"} {
		a.say("history," + of)
		a.hears("系统:没有历史消息")
	}
	if !strings.Contains(r.log.String(), "msg=deleted of=groupX seq=1") {
		t.Errorf("logged:\n%s", r.log.String())
	}
}

// PROTOCOL 8, POST /api/kick.
func TestAdminKick(t *testing.T) {
	r := runServer(t)
	first, second, b := r.login("A"), r.login("A"), r.login("B")
	first.hears("用户(B)登录了")
	second.hears("用户(B)登录了")
	r.asks("POST", "/api/kick", `{"user":"A"}`, `{"connections":2}`)
	first.closedWith(frame.PolicyViolation)
	second.closedWith(frame.PolicyViolation)
	b.hears("用户(A)退出了")
	r.asks("GET", "/api/users", "", `{"count":1,"users":[{"user":"B","connections":1}]}`)
	r.login("A") // a kick is no ban
	b.hears("用户(A)登录了")
}

// PROTOCOL 8: "with for, the name gets 403 for so long".
func TestAdminBan(t *testing.T) {
	r := runServer(t)
	a := r.login("A")
	r.asks("POST", "/api/kick", `{"user":"A","for":"1h30m"}`, `{"connections":1}`)
	a.closedWith(frame.PolicyViolation)
	r.asks("POST", "/api/kick", `{"user":"Never","for":"10m"}`, `{"connections":0}`)
	for _, user := range []string{"A", "Never"} {
		_, _, err := new(handshake.Dialer).Dial(t.Context(), "ws://"+r.addr+"/socket?userId="+user)
		var refused *handshake.StatusError
		if !errors.As(err, &refused) || refused.Status != 403 || !strings.Contains(refused.Body, "banned") {
			t.Errorf("%s: got %v, want 403", user, err)
		}
	}
	r.login("B")
	r.asks("POST", "/api/kick", `{"user":"Never","for":"1ns"}`, `{"connections":0}`) // the last one counts
	r.login("Never")
}

// PROTOCOL 8: "400 for a bad request, 404 for a user who is not there [...];
// errors are {"error":"…"}. A POST with an Origin header gets 403".
func TestAdminErrors(t *testing.T) {
	r := runServer(t)
	gone := r.login("Gone")
	gone.leave()
	const publish, remove, kick = "/api/publish", "/api/delete", "/api/kick"
	good := `{"from":"bot","to":"all","text":"x"}`
	for _, row := range []struct {
		name         string
		method, path string
		body         string
		status       int
		names        string // what the error must name
	}{
		{"empty", "POST", publish, "", 400, "JSON"},
		{"no JSON", "POST", publish, "from=bot&to=all&text=x", 400, "JSON"},
		{"cut", "POST", publish, good[:10], 400, "JSON"},
		{"a list", "POST", publish, "[" + good + "]", 400, "JSON"},
		{"null", "POST", publish, "null", 400, "from"},
		{"a string", "POST", publish, `"x"`, 400, "JSON"},
		{"two values", "POST", publish, good + good, 400, "more than one"},
		{"something behind it", "POST", publish, good + "x", 400, "more than one"},
		{"unknown field", "POST", publish, `{"from":"bot","to":"all","text":"x","loud":true}`, 400, "loud"},
		{"from missing", "POST", publish, `{"to":"all","text":"x"}`, 400, "from"},
		{"to missing", "POST", publish, `{"from":"bot","text":"x"}`, 400, "to"},
		{"text missing", "POST", publish, `{"from":"bot","to":"all"}`, 400, "text"},
		{"text null", "POST", publish, `{"from":"bot","to":"all","text":null}`, 400, "text"},
		{"text a number", "POST", publish, `{"from":"bot","to":"all","text":7}`, 400, "text"},
		{"to a list", "POST", publish, `{"from":"bot","to":["A","B"],"text":"x"}`, 400, "to"},
		{"text empty", "POST", publish, `{"from":"bot","to":"all","text":""}`, 400, "text"},
		{"from is no user", "POST", publish, `{"from":"all","to":"all","text":"x"}`, 400, "from"},
		{"from is empty", "POST", publish, `{"from":"","to":"all","text":"x"}`, 400, "from"},
		{"from is a group", "POST", publish, `{"from":"groupA","to":"all","text":"x"}`, 400, "from"},
		{"to is no user", "POST", publish, `{"from":"bot","to":"a b","text":"x"}`, 400, "to"},
		{"to is empty", "POST", publish, `{"from":"bot","to":"","text":"x"}`, 400, "to"},
		{"to is a bad group", "POST", publish, `{"from":"bot","to":"group","text":"x"}`, 400, "to"},
		{"to was never here", "POST", publish, `{"from":"bot","to":"Nobody","text":"x"}`, 404, "user"},
		{"too long once it is escaped", "POST", publish, `{"from":"bot","to":"all","text":"` + strings.Repeat(`\u0001`, 200_000) + `"}`, 400, "-max-message"},
		{"too large", "POST", publish, `{"from":"bot","to":"all","text":"` + strings.Repeat("x", 3<<20) + `"}`, 400, "large"},
		{"delete nothing", "POST", remove, `{}`, 400, "of and seq"},
		{"delete without seq", "POST", remove, `{"of":"all"}`, 400, "of and seq"},
		{"delete without of", "POST", remove, `{"seq":1}`, 400, "of and seq"},
		{"delete a text", "POST", remove, `{"of":"all","seq":"1"}`, 400, "seq"},
		{"delete below 0", "POST", remove, `{"of":"all","seq":-1}`, 400, "seq"},
		{"delete a part", "POST", remove, `{"of":"all","seq":1.5}`, 400, "seq"},
		{"delete of one user", "POST", remove, `{"of":"A","seq":1}`, 400, "two user ids"},
		{"delete of three users", "POST", remove, `{"of":"A,B,C","seq":1}`, 400, "two user ids"},
		{"delete of half a pair", "POST", remove, `{"of":"A,","seq":1}`, 400, "two user ids"},
		{"delete of a bad group", "POST", remove, `{"of":"group","seq":1}`, 400, "group"},
		{"delete more", "POST", remove, `{"of":"all","seq":1,"from":"A"}`, 400, "from"},
		{"delete what was never sent", "POST", remove, `{"of":"all","seq":1}`, 404, "message"},
		{"delete number 0", "POST", remove, `{"of":"all","seq":0}`, 404, "message"},
		{"delete in a silent group", "POST", remove, `{"of":"groupX","seq":1}`, 404, "message"},
		{"delete between strangers", "POST", remove, `{"of":"A,B","seq":1}`, 404, "message"},
		{"nobody to kick", "POST", kick, `{"user":"Nobody"}`, 404, "online"},
		{"gone before the kick", "POST", kick, `{"user":"Gone"}`, 404, "online"},
		{"kick without user", "POST", kick, `{}`, 400, "user"},
		{"kick a group", "POST", kick, `{"user":"groupA"}`, 400, "user"},
		{"kick a number", "POST", kick, `{"user":7}`, 400, "user"},
		{"ban for no time", "POST", kick, `{"user":"A","for":"0s"}`, 400, "for"},
		{"ban for less", "POST", kick, `{"user":"A","for":"-10m"}`, 400, "for"},
		{"ban for nothing", "POST", kick, `{"user":"A","for":""}`, 400, "for"},
		{"ban for a number", "POST", kick, `{"user":"A","for":600}`, 400, "for"},
		{"ban without a unit", "POST", kick, `{"user":"A","for":"600"}`, 400, "for"},
		{"ban for ever", "POST", kick, `{"user":"A","for":"ever"}`, 400, "for"},
		{"ban for too long", "POST", kick, `{"user":"A","for":"9999999h"}`, 400, "for"},
		{"ban nobody", "POST", kick, `{"for":"10m"}`, 400, "user"},
		{"ban a group", "POST", kick, `{"user":"groupA","for":"10m"}`, 400, "user"},
		{"kick several", "POST", kick, `{"user":["A"]}`, 400, "user"},
		{"unknown path", "GET", "/api/nope", "", 404, "path"},
		{"the API itself", "GET", "/api/", "", 404, "path"},
		{"a path with more", "POST", kick + "/A", `{"user":"A"}`, 404, "path"},
		{"GET what is for POST", "GET", kick, "", 405, "POST"},
		{"GET a deletion", "GET", remove, "", 405, "POST"},
		{"PUT", "PUT", publish, good, 405, "POST"},
		{"POST what is for GET", "POST", "/api/users", "", 405, "GET"},
		{"DELETE", "DELETE", "/api/groups", "", 405, "GET"},
	} {
		t.Run(row.name, func(t *testing.T) {
			response, body := r.ask(row.method, row.path, row.body)
			isError(t, response, body, row.status, row.names)
			if allow := response.Header.Get("Allow"); (row.status == 405) != (allow == row.names && allow != "") {
				t.Errorf("got Allow %q", allow)
			}
		})
	}
	for _, origin := range []string{"http://" + r.admin, "https://evil.example", "null"} {
		for _, path := range []string{publish, remove, kick, "/api/users"} {
			response, body := r.ask("POST", path, good, "Origin: "+origin)
			isError(t, response, body, http.StatusForbidden, "Origin")
		}
	}
	r.asks("POST", publish, good, `{"seq":1}`) // nothing of all that was carried out
}

func isError(t *testing.T, response *http.Response, body string, status int, names string) {
	t.Helper()
	var e struct {
		Error string `json:"error"`
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&e)
	if response.StatusCode != status || err != nil || !strings.Contains(e.Error, names) || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s %q, want %d and an error that names %q", response.Status, body, status, names)
	}
}

// "503 while the store is out of reach": nothing happens then, and afterwards it can.
func TestAdminUnavailable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	r := runServer(t, "-data", dir)
	publish, remove := `{"from":"bot","to":"all","text":"x"}`, `{"of":"all","seq":1}`
	r.asks("POST", "/api/publish", publish, `{"seq":1}`)
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(dir, dir+".away")
	for path, body := range map[string]string{"/api/publish": publish, "/api/delete": remove} {
		response, answer := r.ask("POST", path, body)
		isError(t, response, answer, http.StatusServiceUnavailable, "store")
	}
	move(dir+".away", dir)
	r.until("it goes on", func() bool {
		response, _ := r.ask("POST", "/api/delete", remove)
		return response.StatusCode == http.StatusOK
	})
	r.asks("POST", "/api/publish", publish, `{"seq":3}`)
}

func TestAdminPprof(t *testing.T) {
	r := runServer(t)
	for path, holds := range map[string]string{
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/goroutine?debug=1": "goroutine profile: total",
		"/debug/pprof/heap?debug=1":      "heap profile",
		"/debug/pprof/cmdline":           "",
	} {
		if response, body := r.ask("GET", path, ""); response.StatusCode != http.StatusOK || !strings.Contains(body, holds) {
			t.Errorf("%s: got %s %.100q", path, response.Status, body)
		}
	}
	if response, _ := r.ask("GET", "/nope", ""); response.StatusCode != http.StatusNotFound {
		t.Errorf("got %s", response.Status)
	}
}

// The operator can look on while the server drains; when it has ended, no
// request is left, a profile under way included.
func TestAdminWhileDraining(t *testing.T) {
	r := runServer(t, "-drain", "30s")
	a := r.login("A")               // does not answer the close frame yet
	profile := make(chan string, 1) // how it ended
	go func() {
		response, err := r.http.Get("http://" + r.admin + "/debug/pprof/trace?seconds=15")
		if err != nil {
			profile <- err.Error()
			return
		}
		io.Copy(io.Discard, response.Body) // up to its end, however it comes
		response.Body.Close()
		profile <- response.Status
	}()
	tracing := func() bool {
		return strings.Contains(strings.Join(leaktest.Stacks(), "\n"), "net/http/pprof.Trace")
	}
	r.until("the trace is under way", func() bool {
		if len(profile) > 0 {
			t.Fatalf("the trace has ended: %s", <-profile)
		}
		return tracing()
	})
	r.stop()
	a.closedWith(frame.GoingAway)
	if response, body := r.ask("GET", "/metrics", ""); response.StatusCode != http.StatusOK || !strings.Contains(body, "wschat_connections 0") {
		t.Errorf("got %s %.100q", response.Status, body)
	}
	a.conn.Close()
	err := <-r.ended
	if tracing() {
		t.Error("a request is left")
	}
	r.ended <- err
	if _, err := r.http.Get("http://" + r.admin + "/metrics"); err == nil {
		t.Error("it still answers")
	}
	<-profile // in whatever way it ended
}

// PROTOCOL 7: what cannot be carried out ends the start with status 1.
func TestAdminAddressInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var stderr strings.Builder
	status := run([]string{"-addr", "127.0.0.1:0", "-admin", ln.Addr().String()}, environment(), nil, &stderr)
	if status != exitFailed || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "in use") {
		t.Errorf("got %d, %q", status, stderr.String())
	}
}
