//go:build e2e && linux

package e2e

import (
	"bufio"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

//go:embed swarm.js
var swarm string

// participant is a user in whatever program. begin is called once, when all
// are there; finish waits for the outcome.
type participant interface {
	begin()
	finish() outcome
}

// limit is how long the whole may take.
const limit = 90 * time.Second

// pageUser is chat.js in a page that the broken network has brought.
type pageUser struct{ *page }

func (b *chromium) join(n *brokenNetwork, p *plan) *pageUser {
	b.t.Helper()
	u := &pageUser{b.open(&server{&target.Server{Addr: n.listener.Addr().String()}, b.t}, "en-GB")}
	u.eval(fmt.Sprintf(`(async () => {
		const {Chat} = await import("/chat.js");
		window.begin = await (%s)(Chat, undefined, %s);
	})()`, swarm, literal(p)), nil)
	return u
}

func (u *pageUser) begin() {
	u.eval(`void begin().then((outcome) => { window.outcome = outcome; })`, nil)
}

func (u *pageUser) finish() (o outcome) {
	end := time.Now().Add(limit)
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for ready := false; !ready; <-poll.C {
		if time.Now().After(end) {
			u.t.Fatal("the page does not come to an end")
		}
		u.eval(`"outcome" in window`, &ready)
	}
	u.eval(`outcome`, &o)
	return o
}

func literal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // none of ours does that
	}
	return string(text)
}

// nodeUser is chat.js in Node.
type nodeUser struct {
	t      *testing.T
	user   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	errs   target.Output
}

func joinFromNode(t *testing.T, n *brokenNetwork, p *plan) *nodeUser {
	t.Helper()
	module, err := filepath.Abs("../../../static/chat.js")
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`
		import {Chat} from %s;
		const begin = await (%s)(Chat, %s, %s);
		console.log("ready");
		process.stdin.once("data", async () => process.stdout.write(JSON.stringify(await begin()) + "\n", () => process.exit()));
	`, quoted("file://"+module), swarm, quoted("ws://"+n.listener.Addr().String()+"/socket"), literal(p))
	u := &nodeUser{t: t, user: p.User}
	u.cmd = exec.Command("node", "--experimental-websocket", "--no-warnings", "--input-type=module", "--eval", script)
	u.cmd.Stderr = &u.errs
	u.stdin, err = u.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := u.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	u.stdout = bufio.NewReader(out)
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(limit, func() { u.cmd.Process.Kill() })
	t.Cleanup(func() {
		late.Stop()
		u.cmd.Process.Kill()
		u.cmd.Wait() // how it ends is not of interest
	})
	if line := u.line(); line != "ready" {
		t.Fatalf("%s: %q", p.User, line)
	}
	return u
}

func (u *nodeUser) line() string {
	line, err := u.stdout.ReadString('\n')
	if err != nil {
		u.t.Fatalf("%s: %v: %s", u.user, err, u.errs.String())
	}
	return strings.TrimSuffix(line, "\n")
}

func (u *nodeUser) begin() {
	if _, err := io.WriteString(u.stdin, "begin\n"); err != nil {
		u.t.Fatal(err)
	}
}

func (u *nodeUser) finish() (o outcome) {
	if err := json.Unmarshal([]byte(u.line()), &o); err != nil {
		u.t.Fatalf("%s: %v", u.user, err)
	}
	return o
}

// directUser is a client of our own with a network that holds.
type directUser struct {
	*client
	plan   *plan
	window chan struct{} // a place for each message on its way
	ended  sync.WaitGroup
	o      outcome // once ended
	err    error
}

func (s *server) join(p *plan) *directUser {
	s.t.Helper()
	c, err := s.dial(handshake.Dialer{Protocols: []string{"wschat.v1.json"}}, socket(p.User))
	if err != nil {
		s.t.Fatal(err)
	}
	c.name = p.User
	c.Conn.SetDeadline(time.Now().Add(limit))
	u := &directUser{client: c, plan: p, window: make(chan struct{}, 20)}
	for _, group := range p.Groups {
		c.say(literal(map[string]string{"op": "join", "group": group, "id": group}))
		for joined := false; !joined; {
			line, err := c.NextText()
			if err != nil {
				s.t.Fatal(err)
			}
			joined = strings.HasPrefix(line, `{"event":"ack"`)
		}
	}
	u.o.Received = make(map[string][]received)
	return u
}

func (u *directUser) begin() {
	u.ended.Go(func() { u.err = cmp.Or(u.err, u.read()) })
	go u.send() // ends with the connection at the latest
}

func (u *directUser) send() {
	for i := range u.plan.Count {
		u.window <- struct{}{}
		request := map[string]string{
			"op": "send", "id": strconv.Itoa(i), "to": u.destination(i), "text": u.text(i),
		}
		if u.SendText(literal(request)) != nil {
			return // read fails, too
		}
	}
}

func (u *directUser) destination(i int) string {
	return u.plan.Destinations[i%len(u.plan.Destinations)]
}

func (u *directUser) text(i int) string { return fmt.Sprint(u.plan.User, " ", i) }

func (u *directUser) read() error {
	missing := u.plan.Count
	for _, count := range u.plan.Expect {
		missing += count
	}
	for missing > 0 {
		m, err := u.NextMessage()
		if err != nil {
			return err
		}
		if m.Opcode != frame.Text {
			return fmt.Errorf("got %v %q", m.Opcode, m.Payload)
		}
		var e struct {
			Event, ID, From, To, Text string
			Seq                       uint64
		}
		if err := json.Unmarshal(m.Payload, &e); err != nil {
			return err
		}
		switch e.Event {
		case "ack":
			i, err := strconv.Atoi(e.ID)
			if err != nil {
				return err
			}
			u.o.Acked = append(u.o.Acked, acked{u.destination(i), e.Seq, u.text(i)})
			<-u.window
			missing--
		case "message":
			conversation := e.To
			if e.To == u.plan.User {
				conversation = e.From
			}
			u.o.Received[conversation] = append(u.o.Received[conversation], received{e.Seq, e.Text})
			missing--
		case "error":
			return fmt.Errorf("%s", m.Payload)
		}
	}
	return nil
}

func (u *directUser) finish() outcome {
	u.ended.Wait()
	if u.err != nil {
		u.server.t.Fatalf("%s: %v", u.plan.User, u.err)
	}
	u.o.Connections = 1
	return u.o
}
