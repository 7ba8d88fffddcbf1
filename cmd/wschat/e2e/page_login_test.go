//go:build e2e && linux

package e2e

import (
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

// Behind a proxy that has the chat below a path, everything is found: the files, the socket,
// and what a program imports.
func TestPageBelowAPath(t *testing.T) {
	t.Parallel()
	nginx := proxies[0]
	edits := nginx.edits
	nginx.edits = func(w way) map[string]string {
		all := edits(w)
		all["location / {"] = "location /chat/ {"
		all["proxy_pass http://wschat;"] = "proxy_pass http://wschat/;"
		return all
	}
	s := nginx.start(t, way{})
	browser := startChromium(t)
	alice := browser.open(&server{&target.Server{Addr: s.Addr + "/chat"}, t}, "en-GB")
	bob := s.behind.login("bob")
	alice.connectAs("alice")
	alice.to("bob")
	alice.send("from below")
	bob.hears("用户(alice)登录了", "用户(alice=>bob):from below")
	alice.until("an address below the path", `location.pathname === "/chat/" && location.hash === "#/bob"`)
	var at string
	alice.eval(`import("/chat/chat.js").then(({Chat}) => new Promise((done) => {
		const chat = new Chat({user: "program"});
		chat.addEventListener("welcome", ({detail}) => done(detail.user));
		chat.connect();
	}))`, &at)
	if at != "program" {
		t.Errorf("a program is %q", at)
	}
	var elsewhere []string
	alice.eval(`performance.getEntriesByType("resource").map(({name}) => new URL(name).pathname).filter((path) => !path.startsWith("/chat/"))`, &elsewhere)
	if len(elsewhere) > 0 {
		t.Errorf("it asked for %q", elsewhere)
	}
	alice.noProblems()
}

// refuses waits until the page has given up, says why, and has the form.
func (p *page) refuses(why string) {
	p.t.Helper()
	p.says("#login-why", why)
	p.state("closed")
	p.sees("textbox", "Your name (optional)")
}

// PROTOCOL 9: a name and its password. What is refused for good is not tried again.
func TestPagePassword(t *testing.T) {
	t.Parallel()
	s := start(t, "-users", usersFile(t, "alice", "bob"), "-data", t.TempDir())
	browser := startChromium(t)
	alice := browser.open(s, "en-GB")
	alice.sees("textbox", "Password")
	alice.screenshot("login-password")
	alice.audit("login with a password")
	alice.fill("#name", "alice")
	alice.fill("#password", "wrong")
	alice.pressEnter()
	alice.says("#login-why", "The name and the password do not belong together.")
	browser.takeProblems(alice.session) // the console tells of the 401
	alice.fill("#password", "secret")
	alice.pressEnter()
	alice.connected("alice")
	var places string
	alice.eval(`location.href + JSON.stringify(localStorage) + document.cookie + document.documentElement.outerHTML + document.querySelector("#password").value`, &places)
	if strings.Contains(places, "eyJ") || strings.Contains(places, "secret") {
		t.Errorf("the token or the password is in %s", places)
	}
	alice.reload(s) // which keeps the login, in this tab alone
	alice.connected("alice")
	other := alice.tab(s)
	other.state("idle")
	other.sees("textbox", "Password")
	alice.noProblems()
	alice.chooseIn("#account", "#other-name")
	alice.state("idle")
	alice.reload(s)
	alice.state("idle")

	alice.fill("#name", "bob")
	alice.click("#enter")
	alice.refuses("The server does not let you in without a password or a link that is good.")
	browser.takeProblems(alice.session)
	alice.fill("#password", "secret")
	alice.pressEnter()
	alice.connected("bob")
}

// A token that is expired or broken says so, and the form is there.
func TestPageBadToken(t *testing.T) {
	t.Parallel()
	k := newTokens(t)
	browser := startChromium(t)
	for _, row := range []struct {
		name  string
		flags []string
	}{{"with files", []string{"-data", t.TempDir()}}, {"without", nil}} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, append(row.flags, "-auth-secret-file", k.file)...)
			p := browser.open(s, "en-GB")
			expired := k.token("alice", "-ttl", "1s")
			until(t, "it to expire", func() bool {
				c, err := s.dial(handshake.Dialer{}, "/socket?token="+expired)
				if err == nil {
					c.Conn.Close()
				}
				return err != nil
			})
			for _, bad := range []string{expired, "nonsense", "a.b.c"} {
				p.call("Page.navigate", params{"url": "about:blank"}, nil)
				p.navigate("http://" + s.Addr + "/#token=" + bad)
				p.refuses("Your link has expired or is broken; open a new one.")
				p.reload(s)
				p.state("idle")
			}
			p.screenshot("login-bad-token")
			p.audit("login with a bad token")
			browser.takeProblems(p.session)
			p.eval(`location.hash = "token=`+k.token("alice", "-groups", "groupA,groupp*")+`"`, nil)
			p.connected("alice")
			p.lists("all", "groupA") // the others are not for this token
			p.fill("#find", "paris")
			p.offers("paris", "groupparis")
			p.fill("#find", "london")
			p.offers("london")
			p.noProblems()
		})
	}
}

// A server that is full is tried again.
func TestPageFullServer(t *testing.T) {
	t.Parallel()
	s := start(t, "-max-conns", "1", "-data", t.TempDir())
	bob := s.login("bob")
	browser := startChromium(t)
	p := browser.open(s, "en-GB")
	p.fill("#name", "alice")
	p.click("#enter")
	p.until("why", `document.querySelector("#login-why").textContent.startsWith("The server does not let you in at the moment (it may be full). Trying again in")`)
	bob.leave()
	p.connected("alice")
	browser.takeProblems(p.session)
}
