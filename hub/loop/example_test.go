package loop_test

import (
	"context"
	"fmt"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
	"wschat/hub/loop"
)

// echo sends each message back as it came. One value serves all connections.
type echo struct{}

func (echo) Open(*loop.Conn)                    {}
func (echo) Closed(*loop.Conn, frame.CloseCode) {}

func (echo) Message(c *loop.Conn, op frame.Opcode, payload []byte) { c.Write(op, payload) }

// An echo server on event loops. A connection is some hundred bytes and no goroutine
// from its first byte on.
func Example() {
	loops, err := loop.Start(loop.Config{MaxMessage: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer loops.Close()
	server := loop.Server{Loops: loops, Endpoints: map[string]loop.Endpoint{
		"/": func(r *handshake.Request) (loop.Acceptance, error) {
			return loop.Acceptance{Enter: func() (loop.Handler, error) { return echo{}, nil }}, nil
		},
	}}
	defer server.Close()
	ln, err := loop.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go server.Serve(ln)

	conn, _, err := new(handshake.Dialer).Dial(context.Background(), "ws://"+ln.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	client := frametest.NewPeer(conn, frame.Client, nil)
	client.SendText("hello")
	fmt.Println(client.NextText())
	// Output: hello <nil>
}
