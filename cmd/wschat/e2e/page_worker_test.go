//go:build e2e

package e2e

import (
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// Without the network the page opens all the same, says so, and goes on when that is back. What
// is no file of the page is not kept.
func TestPageOpensWithoutNetwork(t *testing.T) {
	t.Parallel()
	s := start(t)
	network := breakNetwork(t, s, nil)
	far := &server{&target.Server{Addr: network.listener.Addr().String()}, t}
	alice := startChromium(t).open(far, "en-GB")
	alice.connectAs("alice")
	alice.send("before")
	alice.shows("alice", "before")
	alice.until("the files to be kept", `navigator.serviceWorker.controller`)
	alice.eval(`fetch("about?x=1").then(() => fetch("healthz"))`, nil)
	alice.noProblems()

	network.hold()
	alice.navigate("http://" + far.Addr + "/?x=1")
	alice.state("waiting")
	alice.until("what is wrong", `/^The server cannot be reached/.test(document.querySelector("#why").textContent)`)
	alice.screenshot("no-network")
	var kept []string
	alice.eval(`caches.open(new URL("./", location).href).then((cache) => cache.keys()).then((all) => all.map(({url}) => new URL(url).pathname))`, &kept)
	for _, path := range kept {
		if path == "/about" || path == "/healthz" {
			t.Errorf("%s is kept", path)
		}
	}
	if len(kept) < 25 {
		t.Errorf("only %v are kept", kept)
	}
	network.release()
	alice.comesBack()
	alice.shows("alice", "before")
}

// Where pages may not notify, as on Android, the service worker does.
func TestPageNotifiesByItsWorker(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	alice := browser.open(s, "en-GB")
	alice.must(browser.tools.call("", "Browser.grantPermissions", params{"permissions": []string{"notifications"}, "browserContextId": alice.context}, nil))
	alice.call("Page.addScriptToEvaluateOnNewDocument", params{"source": `
		window.told = [];
		const granted = () => Promise.resolve("granted");
		window.Notification = class { constructor() { throw new TypeError("Illegal constructor"); } static permission = "granted"; static requestPermission = granted; };
		ServiceWorkerRegistration.prototype.showNotification = async (title, {body, data}) => { told.push([title, body, data].join(": ")); };`}, nil)
	alice.navigate("http://" + s.Addr + "/")
	alice.connectAs("alice")
	alice.click("#settings")
	alice.click("#notify")
	alice.until("it is on", `document.querySelector("#notify").checked`)
	alice.click("#options .main")
	s.login("bob").say("alice,private")
	alice.until("the notification", `told.join() === "bob: private: bob"`)
	alice.eval(`navigator.serviceWorker.dispatchEvent(new MessageEvent("message", {data: {open: "bob"}}))`, nil)
	alice.until("it to open the conversation", `document.querySelector("#title").textContent === "bob"`)
	alice.noProblems()
}
