package frame_test

import (
	"context"
	"fmt"
	"net"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// serve is a whole echo server for one connection.
func serve(conn net.Conn) error {
	defer conn.Close()
	var request *handshake.Request
	var heads handshake.Decoder
	frames := frame.NewDecoder(&frame.Config{Role: frame.Server, MaxMessage: 1 << 20})
	for buf := make([]byte, 4<<10); ; {
		got, err := conn.Read(buf)
		for b := buf[:got]; len(b) > 0 && err == nil; {
			var n int
			var answer []byte
			if request == nil {
				if request, n, err = heads.Next(b); request != nil {
					answer, err = accept(request)
				}
			} else {
				var m frame.Message
				if m, n, err = frames.Next(b); m.Opcode == frame.Text || m.Opcode == frame.Binary {
					answer = frame.AppendFrame(nil, m.Opcode, m.Payload)
				}
			}
			conn.Write(answer) // Read meets its error
			b = b[n:]
		}
		if err != nil { // a *handshake.Rejection or *frame.Error holds what to tell the client
			return err
		}
	}
}

func accept(r *handshake.Request) ([]byte, error) {
	key, err := handshake.Verify(r)
	return handshake.AppendResponse(nil, key, "", nil), err
}

// An echo server on a net.Conn.
func Example_echo() {
	ln, _ := net.Listen("tcp", "127.0.0.1:0")
	served := make(chan error)
	go func() {
		conn, _ := ln.Accept()
		served <- serve(conn)
	}()
	conn, _, _ := new(handshake.Dialer).Dial(context.Background(), "ws://"+ln.Addr().String())
	client := frametest.NewPeer(conn, frame.Client, nil)
	client.SendText("hello")
	fmt.Println(client.NextText())
	conn.Close()
	fmt.Println(<-served)
	// Output:
	// hello <nil>
	// EOF
}
