//go:build e2e && linux

package e2e

import (
	"syscall"
	"testing"
	"time"
)

// An edit takes the place of the text, what is deleted is no longer there, and a reaction is
// no message: as it comes, and out of the history.
func TestPageMessagesThatChange(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	alice, other := browser.open(s, "en-GB"), browser.open(s, "en-GB")
	alice.connectAs("alice")
	other.eval(`(async () => {
		const {Chat} = await import("/chat.js");
		const bob = window.bob = new Chat({user: "bob"});
		bob.connect();
		await new Promise((welcome) => bob.addEventListener("welcome", welcome, {once: true}));
		for (const text of ["first", "second", "third", "fourth"]) await bob.send("all", text);
	})()`, nil)
	alice.showsExactly("first", "second", "third", "fourth")
	other.eval(`(async () => {
		await bob.edit("all", 1, "first, edited");
		await bob.react("all", 2, "👍");
		await bob.react("all", 2);
		await bob.remove("all", 4);
		await bob.reply("all", 1, "an answer");
	})()`, nil)
	want := []string{"first, edited", "second", "third", "an answer"}
	alice.showsExactly(want...)
	alice.says("#conversations [data-open=all] .last", "bob: an answer")
	other.eval(`bob.remove("all", 9).then(() => bob.react("all", 3, "👍")).then(() => bob.disconnect())`, nil)
	alice.showsExactly(want[:3]...)
	alice.says("#conversations [data-open=all] .last", "bob: third")
	alice.noProblems()
	alice.navigate("http://" + s.Addr + "/") // what was there before comes out of the history
	alice.connected("alice")
	alice.showsExactly(want[:3]...)
	alice.says("#conversations [data-open=all] .badge", "")
	alice.noProblems()
}

// A page that wakes in a dead connection comes back within some 3 s.
func TestPageWakes(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	s.Freeze() // nobody answers, and nothing is closed
	defer s.Signal(syscall.SIGCONT)
	began := time.Now()
	alice.eval(`window.dispatchEvent(new Event("focus"))`, nil)
	alice.state("connecting")
	if took := time.Since(began); took < 2*time.Second || took > 4*time.Second {
		t.Errorf("gave up after %v, want 3 s", took)
	}
	s.Signal(syscall.SIGCONT)
	alice.connected("alice")
	alice.noProblems()
}
