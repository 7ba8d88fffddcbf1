//go:build e2e && linux

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// follow notes where the message in the middle of the window is, and returns, as
// often as it is asked, how far it has moved since the beginning, in px.
const follow = `(() => {
	const log = document.querySelector("#log"), {top, height} = log.getBoundingClientRect();
	const li = [...document.querySelectorAll("#messages li")].find((each) => each.getBoundingClientRect().bottom > top + height / 2);
	const at = li.getBoundingClientRect().top;
	window.moved_ = () => li.isConnected ? li.getBoundingClientRect().top - at : 1e6;
})()`

// talker fills a conversation with rows of many heights, none of them whole px.
func talker(bob *client, to string, from, count int) {
	for i := from; i < from+count; i++ {
		bob.say(fmt.Sprintf("%s,message %d%s", to, i, strings.Repeat(" of many words", i%7*9)))
	}
}

// Whoever has scrolled up reads on: what comes does not move what is there, at
// whatever height rows are, and wherever one is.
func TestPageStaysWhileReading(t *testing.T) {
	s := start(t, "-rate", "0")
	bob := s.login("bob")
	talker(bob, "all", 0, 130)
	came := 130
	for _, row := range []struct {
		scale float64 // device px to the px of CSS
		place string  // as a script
	}{
		{1, `log.scrollTop = log.scrollHeight / 2`}, {1, `log.scrollTop = 0`}, {1.25, `log.scrollTop = log.scrollHeight / 3`},
	} {
		t.Run(fmt.Sprint(row.scale, " ", row.place), func(t *testing.T) {
			alice := startChromium(t).open(s, "en-GB")
			alice.call("Emulation.setDeviceMetricsOverride", params{"width": 1001, "height": 711, "deviceScaleFactor": row.scale, "mobile": false}, nil)
			alice.connectAs(fmt.Sprint("reader", came)) // who has nothing unread, so it opens at the end
			alice.until("the newest", fmt.Sprintf(`document.querySelector("#messages li:last-child .body")?.textContent.startsWith("message %d")`, came-1))
			until(t, "the beginning", func() (ok bool) {
				alice.eval(`document.querySelector("#log").scrollTop = 0`, nil)
				alice.eval(`document.querySelector("#messages .body")?.textContent === "message 0"`, &ok)
				return ok
			})
			alice.eval(`document.querySelector("#log").scrollTop = 1e6`, nil)
			alice.until("the end", `document.querySelector("#newest").hidden`)
			const drawn = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))`
			alice.eval(`{ const log = document.querySelector("#log"); `+row.place+` } `+drawn, nil)
			alice.until("to have left the end", `!document.querySelector("#newest").hidden`)
			alice.eval(follow, nil)
			var most, last float64
			for n := 5; n <= 60; n += 5 {
				talker(bob, "all", came, 5)
				came += 5
				alice.says("#newest", fmt.Sprint(n, " new"))
				alice.eval(drawn+`.then(moved_)`, &last)
				most = max(most, last, -last)
			}
			t.Logf("moved by %.3f px at most, by %.3f in the end", most, last)
			if most >= 0.5 {
				t.Errorf("what is read moved by %.3f px", most)
			}
			alice.noProblems()
		})
	}
}
