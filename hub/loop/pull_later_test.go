package loop

import (
	"testing"

	"wschat/frame"
)

// While an answer is awaited nothing is read from the client, and what others send
// goes out; the answer comes where it is ready, and the next request behind it.
func TestPullLater(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		begins := make(chan func(func() Item), 1)
		r := newRecord()
		r.onMessage = func(c *Conn, message string) {
			if message == "later" {
				begins <- c.PullLater()
				return
			}
			c.Write(frame.Text, []byte("answer to "+message))
		}
		c := s.dial(r)
		conn := r.conn(t)
		for range 3 {
			c.text("later")
			c.text("next")
			begin := <-begins
			conn.Send(text("live"))
			c.wantText("live")
			src := &source{name: "pulled", n: 2}
			go begin(src.next)
			for _, want := range []string{"pulled 0", "pulled 1", "answer to next"} {
				c.wantText(want)
			}
		}

		// One without an answer only delays.
		c.text("later")
		c.text("next")
		(<-begins)(func() Item { return nil })
		c.wantText("answer to next")

		// One that comes in parts is one answer.
		c.text("later")
		c.text("next")
		begin := <-begins
		for range 3 {
			src := &source{name: "part", n: 2}
			ended := make(chan struct{})
			begin(func() Item {
				if item := src.next(); item != nil {
					return item
				}
				close(ended)
				return Later
			})
			c.wantText("part 0")
			c.wantText("part 1")
			<-ended
			conn.Send(text("live"))
			c.wantText("live")
		}
		begin(func() Item { return nil })
		c.wantText("answer to next")

		// A connection that ends meanwhile takes no harm.
		c.text("later")
		begin = <-begins
		c.reset()
		begin((&source{name: "pulled", n: 1}).next)
		r.code(t)
	})
}
