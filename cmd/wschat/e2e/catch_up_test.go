//go:build e2e && linux

package e2e

import (
	"fmt"
	"slices"
	"testing"
)

// What was said while the network was away appears in its place, once; what was
// written meanwhile is sent.
func TestPageCatchesUp(t *testing.T) {
	s := start(t)
	network := breakNetwork(t, s, nil)
	browser := startChromium(t)
	far := &server{t: t, addr: network.listener.Addr().String()}
	alice := browser.open(far, "en-GB")
	alice.connectAs("alice")
	alice.to("groupA")
	alice.send("before")
	alice.shows(item{"own", "alice", "groupA", "before"})
	alice.until("the message to be sent", `document.querySelector("[data-kind=own]").dataset.state === "sent"`)
	bob := s.login("bob")
	bob.say("groupA,between 1", "who,groupA")
	alice.shows(item{"message", "bob", "groupA", "between 1"})

	network.hold()
	alice.until("that the network is away", `document.querySelector("#state").dataset.state === "waiting"`)
	alice.send("after")
	alice.shows(item{"own", "alice", "groupA", "after"})
	alice.until("the message to wait", `document.querySelector("[data-state=sending]")`)
	for i := range 100 {
		bob.say(fmt.Sprint("groupA,missed ", i), fmt.Sprint("alice,private ", i))
	}
	bob.say("history,Z")
	for line := ""; line != "系统:没有历史消息"; {
		var err error
		if line, err = bob.line(); err != nil {
			t.Fatal(err)
		}
	}
	alice.screenshot("desktop-sending")
	network.release()
	alice.click("#connect")
	alice.until("the message to be sent", `document.querySelectorAll("[data-state=sent]").length === 2`)
	for _, to := range []string{"groupA", "alice"} {
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint(map[string]string{"groupA": "missed ", "alice": "private "}[to], i))
		}
		if to == "groupA" {
			want = append(append([]string{"before", "between 1"}, want...), "after")
		}
		var got []string
		until(t, "all messages to "+to, func() bool {
			got = nil
			for _, i := range alice.items() {
				if i.To == to {
					got = append(got, i.Body)
				}
			}
			return slices.Equal(got, want)
		})
	}

	network.hold()
	alice.send("too late")
	alice.click("#disconnect")
	alice.until("the message not to be sent", `document.querySelector("[data-state=failed] .why")?.textContent === "Not sent: not connected"`)
	alice.screenshot("desktop-not-sent")
}

// Two pages of one user, the history, and a message that cannot be sent.
func TestPageTwice(t *testing.T) {
	s := start(t)
	browser := startChromium(t)
	first := browser.open(s, "en-GB")
	first.connectAs("alice")
	first.to("all")
	for i := range 60 {
		first.send(fmt.Sprint("message ", i))
	}
	second := browser.open(s, "en-GB")
	second.connectAs("alice")
	second.until("the newest messages", `document.querySelectorAll("[data-kind=own]").length === 50`)
	second.click("#history")
	second.until("all messages, in order", `[...document.querySelectorAll("[data-kind=own] .body")].every((each, i) => each.textContent === "message " + i)
		&& document.querySelectorAll("[data-kind=own]").length === 60`)
	second.send("from the second")
	first.shows(item{"own", "alice", "all", "from the second"})
	second.shows(item{"own", "alice", "all", "from the second"})

	bob := s.login("bob")
	first.to("bob")
	bob.leave()
	first.send("waits")
	first.shows(item{"notice", "", "", "bob is offline and gets it on return"})
	first.noProblems()
	second.noProblems()
}
