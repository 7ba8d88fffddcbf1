//go:build e2e && linux

package e2e

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// The page is light, and there at once.
func TestPageWeightAndFirstPaint(t *testing.T) {
	s := start(t)
	p := startChromium(t).open(s, "en-GB")
	var loaded struct {
		Files, Bytes, Sent int
		Paint              float64
	}
	measure := func() {
		p.navigate("http://" + s.Addr + "/")
		p.until("the first paint", `performance.getEntriesByName("first-contentful-paint").length`)
		p.eval(`(() => {
			const all = [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")].filter(({name}) => !name.endsWith(".svg"));
			const sum = (of) => all.reduce((sum, each) => sum + each[of], 0);
			return {files: all.length, bytes: sum("decodedBodySize"), sent: sum("encodedBodySize"), paint: performance.getEntriesByName("first-contentful-paint")[0].startTime};
		})()`, &loaded)
	}
	p.call("Network.setCacheDisabled", params{"cacheDisabled": true}, nil)
	measure()
	t.Logf("%d files of %d bytes, %d compressed", loaded.Files, loaded.Bytes, loaded.Sent)
	if loaded.Sent > 60<<10 || loaded.Sent > loaded.Bytes/2 {
		t.Errorf("%d files of %d bytes, %d compressed", loaded.Files, loaded.Bytes, loaded.Sent)
	}
	best := loaded.Paint
	for tries := 0; tries < 5 || (best > 100 && tries < 60); tries++ { // others use this machine, too
		measure()
		best = min(best, loaded.Paint)
	}
	t.Logf("first contentful paint after %.0f ms", best)
	if best > 100 {
		t.Errorf("first contentful paint after %.0f ms", best)
	}
	p.noProblems()
}

// watchFrames notes in the page how long each frame takes, and how much there is
// in the document.
const watchFrames = `(() => {
	const frames = [], began = performance.now();
	let last = began, going = true, nodes = 0;
	const frame = (now) => {
		frames.push(now - last);
		last = now;
		nodes = Math.max(nodes, document.querySelectorAll("#messages *").length);
		if (going) requestAnimationFrame(frame);
	};
	requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame); });
	window.frames_ = () => {
		going = false;
		frames.sort((a, b) => a - b);
		const at = (part) => frames[Math.min(frames.length - 1, Math.floor(frames.length * part))];
		return {count: frames.length, median: at(0.5), most: at(0.95), longest: frames.at(-1), nodes};
	};
})()`

type frames struct {
	Count, Nodes          int
	Median, Most, Longest float64
}

func (f frames) String() string {
	return fmt.Sprintf("%d frames: median %.0f ms, 95%% below %.0f ms, the longest %.0f ms; at most %d elements", f.Count, f.Median, f.Most, f.Longest, f.Nodes)
}

// steady measures frames until most of them take no longer than limit, a few times at
// most, since others use this machine, too. What is in the document counts each time.
func steady(t *testing.T, what string, limit float64, measure func() frames) {
	t.Helper()
	best := math.Inf(1)
	for try := 0; try == 0 || best > limit && try < 5; try++ {
		f := measure()
		t.Logf("%s: %v", what, f)
		if f.Nodes > 1500 {
			t.Fatalf("%s: the page has grown", what)
		}
		best = min(best, f.Most)
	}
	if best > limit {
		t.Errorf("%s: 95%% of the frames below %.0f ms, want %.0f", what, best, limit)
	}
}

// 1,000 messages a second do not stop the page: it goes on drawing, one can type,
// and all of it is there, in order.
// Then 10,000 messages are scrolled through: only few of them are in the document.
func TestPageManyMessages(t *testing.T) {
	const burst = 2000
	// What the page has not read yet may wait: it is not to come back and ask for it.
	s := start(t, "-rate", "0", "-history", "20000", "-queue", "8388608")
	bob := s.login("bob")
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	alice.to("groupA")
	alice.click("#join")
	alice.says("#about", "1 online: alice")
	said := 0
	say := func() {
		bob.say(fmt.Sprint("groupA,message ", said))
		said++
	}
	allShown := func() {
		alice.until("the newest", fmt.Sprintf(`document.querySelector("#messages li:last-child .body")?.textContent === "message %d"`, said-1))
	}
	for _, until := range []int{200, 2000, 8000} { // a browser that has just started is slow
		for said < until {
			say()
		}
		allShown()
	}

	typed := false
	steady(t, "a flood", 100, func() (f frames) {
		alice.eval(watchFrames, nil)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := range burst {
			say()
			if i%10 == 9 {
				<-tick.C
			}
			if i == burst/2 && !typed {
				alice.types("typed meanwhile")
				typed = true
			}
		}
		allShown()
		alice.eval(`frames_()`, &f)
		return f
	})
	alice.until("what was typed", `document.querySelector("#text").value === "typed meanwhile"`)

	steady(t, "scrolling", 60, func() frames { return alice.scrollsBackAndForth(said) })
	alice.until("fewer than 400 elements", `document.querySelectorAll("*").length < 400`)
	alice.screenshot("many-messages")
	alice.noProblems()
}

// scrollsBackAndForth has a conversation of that many messages scrolled through in every
// way, and looks for what is missing, out of order or jumps.
func (p *page) scrollsBackAndForth(count int) (f frames) {
	t := p.t
	t.Helper()
	until(t, "the beginning", func() (ok bool) {
		p.eval(`document.querySelector("#log").scrollTop = 0`, nil)
		p.eval(`document.querySelector("#messages li .body")?.textContent === "message 0"`, &ok)
		return ok
	})
	p.eval(`(async () => {
		`+watchFrames+`;
		const log = document.querySelector("#log"), wrong = [];
		const numbers = () => [...document.querySelectorAll("#messages [data-kind=message] .body")].map((each) => Number(each.textContent.slice(8)));
		const look = () => {
			const seen = numbers(), list = document.querySelector("#messages").getBoundingClientRect(), view = log.getBoundingClientRect();
			if (seen.some((n, i) => i && n !== seen[i - 1] + 1)) wrong.push(seen);
			const edge = [...document.querySelectorAll("#messages li")].map((each) => each.getBoundingClientRect());
			const [first, last] = [edge[0].top, edge.at(-1).bottom], begins = Math.max(view.top + 80, document.querySelector("#card").getBoundingClientRect().bottom + 1);
			if (first > begins || last < view.bottom - 1) wrong.push(["a hole at", log.scrollTop, "messages from", first, "to", last, "in", view.top, "to", view.bottom]);
		};
		const frame = () => new Promise(requestAnimationFrame);
		let first = 0, steps = 0;
		for (let last = -1; log.scrollTop > last && steps < 1000; steps++) {
			last = log.scrollTop;
			log.scrollTop += 4000;
			await frame();
			await frame();
			look();
		}
		window.atTheEnd = numbers().at(-1);
		for (let i = 0; i < 40; i++) { // as with the scroll bar
			log.scrollTop = log.scrollHeight * ((i * 27) % 40) / 40;
			await frame();
			await frame();
			look();
		}
		for (let i = 0; i < 40; i++) { // upwards, as with a wheel: what one sees moves by as much
			const li = [...document.querySelectorAll("#messages li")].find((each) => each.getBoundingClientRect().top > 150);
			const was = li.getBoundingClientRect().top;
			log.scrollTop -= 100;
			await frame();
			await frame();
			if (Math.abs(li.getBoundingClientRect().top - was - 100) > 2 && log.scrollTop > 0) wrong.push(["jumped by", li.getBoundingClientRect().top - was]);
		}
		window.wrong = wrong;
	})()`, nil)
	p.eval(`frames_()`, &f)
	var wrong []any
	p.eval(`wrong`, &wrong)
	if len(wrong) > 0 {
		t.Errorf("while scrolling: %.300s", fmt.Sprint(wrong...))
	}
	var end int
	p.eval(`atTheEnd`, &end)
	if end != count-1 {
		t.Errorf("the end is %d, want %d", end, count-1)
	}
	return f
}
