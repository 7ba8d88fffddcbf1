package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/account"
	"wschat/cmd/wschat/token"
	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// usersFile is a users file with quick hashes. Each line is NAME PASSWORD [ROLE [GROUPS]].
func usersFile(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users")
	writeUsers(t, file, lines...)
	return file
}

func writeUsers(t *testing.T, file string, lines ...string) {
	t.Helper()
	os.Remove(file)
	for _, line := range lines {
		fields := append(strings.Fields(line), "", "")
		hash, err := account.NewHash(fields[1], 10)
		if err == nil {
			a := account.Account{Name: fields[0], Password: hash, Role: strings.Trim(fields[2], "-"), Groups: account.SplitGroups(fields[3])}
			err = account.Edit(file, func(t *account.Table) error { return t.Add(a) })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// post sends a request to /login; fields are "Name: value".
func (r *running) post(body string, fields ...string) (status int, answer map[string]string, header http.Header) {
	r.t.Helper()
	request, err := http.NewRequest("POST", "http://"+r.addr+"/login", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		request.Header.Add(name, value)
	}
	response, text := r.whole(request)
	if err := json.Unmarshal([]byte(text), &answer); err != nil && response.StatusCode != http.StatusNotFound {
		r.t.Errorf("%s: got %d %s", body, response.StatusCode, text)
	}
	return response.StatusCode, answer, response.Header
}

func passwordOf(name, password string) string {
	text, _ := json.Marshal(map[string]string{"user": name, "password": password})
	return string(text)
}

// tokenOf logs a user in.
func (r *running) tokenOf(name, password string) string {
	r.t.Helper()
	status, answer, _ := r.post(passwordOf(name, password))
	if status != http.StatusOK {
		r.t.Fatalf("%s: got %d, %v", name, status, answer)
	}
	return answer["token"]
}

// dial opens a connection; status is that of a refusal, else 0.
func (r *running) dial(query string, fields ...string) (u *user, status int, reason string) {
	r.t.Helper()
	d := new(handshake.Dialer)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Sec-WebSocket-Protocol" {
			d.Protocols = strings.Split(value, ", ")
			continue
		}
		d.Header = append(d.Header, handshake.Field{Name: name, Value: value})
	}
	conn, response, err := d.Dial(r.t.Context(), "ws://"+r.addr+"/socket?"+query)
	var refused *handshake.StatusError
	switch {
	case errors.As(err, &refused):
		return nil, refused.Status, refused.Body
	case err != nil:
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &user{frametest.NewPeer(conn, frame.Client, response.Early), r.t, conn}, 0, ""
}

func basic(name, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// PROTOCOL 9: who gets in with -users.
func TestUsers(t *testing.T) {
	file := usersFile(t, "A secret", "小林 p:w moderator groupA")
	for name, flags := range map[string][]string{
		"alone":      {"-users", file},
		"guests":     {"-users", file, "-guests"},
		"and tokens": {"-users", file, "-auth-secret-file", secretFile(t)},
		"kept":       {"-users", file, "-data", t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			r := runServer(t, flags...)
			operators, err := token.Sign([]byte(secret), token.Claims{User: "C", Expires: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			login := r.tokenOf("A", "secret")
			ifGuests, ifTokens := 401, 401
			if name == "guests" {
				ifGuests = 0
			}
			if name == "and tokens" {
				ifTokens = 0
			}
			for _, row := range []struct {
				query  string
				field  string
				status int
			}{
				{"", basic("A", "secret"), 0},
				{"userId=A", basic("A", "secret"), 0},
				{"", basic("小林", "p:w"), 0},
				{"", "authorization: bASIC  " + basic("A", "secret")[len("Authorization: Basic "):], 0},
				{"token=" + login, "", 0},
				{"userId=A&token=" + login, "", 0},
				{"", "Authorization: Bearer " + login, 0},
				{"", "Sec-WebSocket-Protocol: wschat.v1.line, bearer." + login, 0},

				{"userId=B", basic("A", "secret"), 401},
				{"", basic("A", "Secret"), 401},
				{"", basic("A", ""), 401},
				{"", basic("a", "secret"), 401},
				{"", basic("all", "secret"), 401},
				{"", basic("", ""), 401},
				{"", "Authorization: Basic", 401},
				{"", "Authorization: Basic !", 401},
				{"", "Authorization: Basic QQ==", 401},
				{"token=" + login, basic("A", "wrong"), 401},
				{"userId=小林&token=" + login, "", 401},
				{"token=" + login + "x", "", 401},
				{"userId=A", "", 401},
				{"userId=小林", "", 401},

				{"userId=B", "", ifGuests},
				{"", "", ifGuests},
				{"token=" + operators, "", ifTokens},
				{"userId=C&token=" + operators, "", ifTokens},
			} {
				var fields []string
				if row.field != "" {
					fields = append(fields, row.field)
				}
				u, status, reason := r.dial(row.query, fields...)
				if status != row.status {
					t.Errorf("%s %s: got %d %s, want %d", row.query, row.field, status, reason, row.status)
				}
				if u != nil {
					u.leave()
				}
			}
		})
	}
}

// PROTOCOL 9: POST /login.
func TestLogin(t *testing.T) {
	r := runServer(t, "-users", usersFile(t, "A secret", "B secret"), "-allow-origin", "https://other.example")
	before := time.Now()
	status, got, header := r.post(passwordOf("A", "secret"))
	expires, err := time.Parse(time.RFC3339, got["expires"])
	if status != 200 || err != nil || len(got) != 2 || expires.Sub(before) < loginTTL-2*time.Second || expires.Sub(before) > loginTTL+patience {
		t.Fatalf("got %d, %v, %v", status, got, err)
	}
	if header.Get("Cache-Control") != "no-store" || header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v", header)
	}
	for _, row := range []struct {
		name, body, field string
		status            int
	}{
		{"no JSON", "user=A&password=secret", "", 400},
		{"nothing", "", "", 400},
		{"no password", `{"user":"A"}`, "", 400},
		{"null", `{"user":"A","password":null}`, "", 400},
		{"no text", `{"user":"A","password":1}`, "", 400},
		{"more", passwordOf("A", "secret") + "{}", "", 400},
		{"too long", passwordOf("A", strings.Repeat("x", 9000)), "", 400},
		{"a long password", passwordOf("A", strings.Repeat("x", 1500)), "", 401},
		{"nobody", passwordOf("C", "secret"), "", 401},
		{"no id", passwordOf("groupA", "secret"), "", 401},
		{"our own page", passwordOf("A", "secret"), "Origin: http://" + r.addr, 200},
		{"a page behind TLS at a proxy", passwordOf("A", "secret"), "Origin: https://" + r.addr, 200},
		{"an allowed page", passwordOf("A", "secret"), "Origin: https://other.example", 200},
		{"a page of somebody else (login CSRF)", passwordOf("A", "secret"), "Origin: https://evil.example", 403},
		{"a page without an origin", passwordOf("A", "secret"), "Origin: null", 403},
	} {
		var fields []string
		if row.field != "" {
			fields = []string{row.field}
		}
		if status, got, _ := r.post(row.body, fields...); status != row.status || (got["token"] != "") != (status == 200) || (got["error"] != "") != (status != 200) {
			t.Errorf("%s: got %d, %v, want %d", row.name, status, got, row.status)
		}
	}
	for method, want := range map[string]int{"GET": 405, "PUT": 405, "OPTIONS": 405} {
		request, _ := http.NewRequest(method, "http://"+r.addr+"/login", nil)
		response, err := r.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want || response.Header.Get("Allow") != "POST" {
			t.Errorf("%s: got %d, %v", method, response.StatusCode, response.Header)
		}
	}
	if log := r.log.String(); strings.Contains(log, "secret") || strings.Contains(log, got["token"]) {
		t.Errorf("the log has a password or a token: %s", log)
	}
	if status, _, _ := runServer(t).post(passwordOf("A", "secret")); status != 404 {
		t.Errorf("without -users: got %d", status)
	}
}

// PROTOCOL 9: after 5 wrong ones for a name, 429 with Retry-After, for the right password too,
// and whichever way it comes.
func TestGuessing(t *testing.T) {
	r := runServer(t, "-users", usersFile(t, "A secret", "B secret"))
	for i := range 5 {
		if _, status, _ := r.dial("", basic("A", "wrong")); status != 401 {
			t.Fatalf("guess %d: got %d", i, status)
		}
	}
	if _, status, reason := r.dial("", basic("A", "secret")); status != 429 {
		t.Errorf("got %d %s", status, reason)
	}
	status, got, header := r.post(passwordOf("A", "secret"))
	if after := header.Get("Retry-After"); status != 429 || len(after) != 2 || got["error"] == "" {
		t.Errorf("got %d %v, Retry-After %q", status, got, after)
	}
	if status, _, _ := r.post(passwordOf("B", "secret")); status != 200 {
		t.Errorf("another name: got %d", status)
	}
	for i := range 15 {
		r.post(passwordOf("nobody"+string('a'+rune(i)), "x"))
	}
	if status, _, _ := r.post(passwordOf("B", "secret")); status != 429 {
		t.Errorf("after 20 from this address: got %d", status)
	}
	r.until("the log tells of it", func() bool {
		log := r.log.String()
		return strings.Contains(log, "reason=password") && strings.Contains(log, "reason=guessing")
	})
}

// PROTOCOL 9: a password that is changed, or a user who is removed, ends that user's
// connections with 4001 and makes the tokens of /login from before worthless, within 5 s.
func TestUsersChange(t *testing.T) {
	file := usersFile(t, "A secret", "B secret", "C secret")
	r := runServer(t, "-users", file, "-guests")
	var all []*user
	tokens := map[string]string{}
	for _, name := range []string{"A", "B", "C"} {
		tokens[name] = r.tokenOf(name, "secret")
		u, status, reason := r.dial("token=" + tokens[name])
		if status != 0 {
			t.Fatal(name, status, reason)
		}
		all = append(all, u)
	}
	guest, _, _ := r.dial("userId=D")
	changed := time.Now()
	if err := account.Edit(file, func(table *account.Table) error {
		hash, err := account.NewHash("other", 10)
		if err == nil {
			err = table.Replace(account.Account{Name: "A", Password: hash})
		}
		if err == nil {
			err = table.Remove("B")
		}
		if err == nil {
			err = table.Add(account.Account{Name: "D", Password: hash})
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	all[0].closedWith(frame.TokenExpired)
	all[1].closedWith(frame.TokenExpired)
	guest.closedWith(frame.TokenExpired)
	if took := time.Since(changed); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	for query, want := range map[string]int{
		"token=" + tokens["A"]: 401, "token=" + tokens["B"]: 401, "token=" + tokens["C"]: 0,
		"userId=A": 401, "userId=B": 0, "userId=D": 401,
	} {
		if _, status, reason := r.dial(query); status != want {
			t.Errorf("%s: got %d %s, want %d", query, status, reason, want)
		}
	}
	if status, _, _ := r.post(passwordOf("A", "secret")); status != 401 {
		t.Errorf("the old password: got %d", status)
	}
	r.tokenOf("A", "other")
	all[2].say("A,still here") // who has not changed, stays

	if err := os.WriteFile(file, []byte("half of a li"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.until("the log tells of the bad file", func() bool { return strings.Contains(r.log.String(), "the old one stays") })
	r.tokenOf("C", "secret")
	writeUsers(t, file, "C secret")
	r.until("the good one is read", func() bool { return strings.Count(r.log.String(), "users file read again") == 2 })
	all[2].closedWith(frame.TokenExpired) // its hash has another salt
}

// PROTOCOL 9: the key is kept in -data, or else made at the start.
func TestLoginKey(t *testing.T) {
	file, data := usersFile(t, "A secret"), t.TempDir()
	for name, row := range map[string]struct {
		flags []string
		want  int // with the token of another run
	}{
		"in memory": {[]string{"-users", file}, 401},
		"-data":     {[]string{"-users", file, "-data", data}, 0},
	} {
		var text string
		t.Run(name, func(t *testing.T) { text = runServer(t, row.flags...).tokenOf("A", "secret") })
		t.Run(name+" again", func(t *testing.T) {
			if _, status, reason := runServer(t, row.flags...).dial("token=" + text); status != row.want {
				t.Errorf("got %d %s, want %d", status, reason, row.want)
			}
		})
	}
	info, err := os.Stat(filepath.Join(data, "login.key"))
	if err != nil || info.Mode() != 0o600 || info.Size() != 32 {
		t.Errorf("got %v, %v", info, err)
	}
}

// PROTOCOL 9: GET /about.
func TestAbout(t *testing.T) {
	file := usersFile(t, "A secret")
	for _, row := range []struct {
		flags string
		want  string
	}{
		{"", `"login":false,"guests":true,"tokens":false,"maxMessage":1048576,"history":1000`},
		{"-users " + file + " -history 5", `"login":true,"guests":false,"tokens":true,"maxMessage":1048576,"history":5`},
		{"-guests -max-message 7 -users " + file, `"login":true,"guests":true,"tokens":true,"maxMessage":7,"history":1000`},
		{"-auth-secret-file " + secretFile(t), `"login":false,"guests":false,"tokens":true,"maxMessage":1048576,"history":1000`},
	} {
		r := runServer(t, strings.Fields(row.flags)...)
		response, err := r.http.Get("http://" + r.addr + "/about")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		want := `{"version":"` + versionText() + `",` + row.want + "}\n"
		if err != nil || response.StatusCode != 200 || string(text) != want {
			t.Errorf("%s: got %d %s, %v, want %s", row.flags, response.StatusCode, text, err, want)
		}
	}
}

// A page asks there why it is not let in.
func TestAboutWhoAsks(t *testing.T) {
	open := runServer(t)
	open.asks("POST", "/api/kick", `{"user":"Banned","for":"1h"}`, `{"connections":0}`)
	guests := runServer(t, "-users", usersFile(t, "A secret"), "-guests")
	closed := runServer(t, "-users", usersFile(t, "A secret"))
	token := closed.tokenOf("A", "secret")
	for _, row := range []struct {
		server *running
		query  string
		header string // Authorization
		want   int
	}{
		{open, "userId=A", "", 200}, {open, "userId=group", "", 400}, {open, "userId=Banned", "", 403}, {open, "x=1", "", 200},
		{guests, "userId=A", "", 401}, {guests, "userId=B", "", 200},
		{closed, "", "", 200}, {closed, "userId=A", "", 401}, {closed, "x=1", "", 200},
		{closed, "", "Bearer " + token, 200}, {closed, "token=" + token, "", 200}, {closed, "", "Bearer " + token + "x", 401},
		{closed, "userId=B", "Bearer " + token, 401},
		{closed, "", strings.TrimPrefix(basic("A", "secret"), "Authorization: "), 200},
		{closed, "", strings.TrimPrefix(basic("A", "wrong"), "Authorization: "), 401},
	} {
		request, err := http.NewRequest("GET", "http://"+row.server.addr+"/about?"+row.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if row.header != "" {
			request.Header.Set("Authorization", row.header)
		}
		if response, answer := row.server.whole(request); response.StatusCode != row.want {
			t.Errorf("%s %s: got %d %s, want %d", row.query, row.header, response.StatusCode, answer, row.want)
		}
	}
}

// PROTOCOL 9: the log says so once at the start when anybody may take any free name, and the
// address is not loopback.
func TestOpenServerSaysSo(t *testing.T) {
	for flags, want := range map[string]int{
		"": 0, "-addr 0.0.0.0:0": 1, "-addr 0.0.0.0:0 -users " + usersFile(t, "A secret"): 0,
		"-addr 0.0.0.0:0 -auth-secret-file " + secretFile(t): 0,
	} {
		if got := strings.Count(runServer(t, strings.Fields(flags)...).log.String(), "take any free name"); got != want {
			t.Errorf("%s: got %d lines, want %d", flags, got, want)
		}
	}
}
