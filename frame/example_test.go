package frame_test

import (
	"fmt"

	"wschat/frame"
)

func ExampleDecoder() {
	config := &frame.Config{Role: frame.Server, MaxMessage: 1 << 20}
	decoder := frame.NewDecoder(config)

	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	stream := frame.AppendMaskedFrame(nil, frame.Text, key, []byte("Hello"))
	stream = frame.AppendMaskedFrame(stream, frame.Ping, key, []byte("there?"))
	stream = frame.AppendFrame(stream, frame.Text, []byte("not masked"))

	for _, received := range [][]byte{stream[:7], stream[7:]} { // as the network cuts it
		for b := received; len(b) > 0; {
			m, n, err := decoder.Next(b)
			if err != nil {
				fmt.Println(err)
				return
			}
			b = b[n:]
			if m.Opcode != frame.Continuation {
				fmt.Printf("%v %s\n", m.Opcode, m.Payload)
			}
		}
	}
	// Output:
	// text Hello
	// ping there?
	// frame: frame from a client is not masked
}

func ExampleAppendClose() {
	payload := frame.AppendClose(nil, frame.GoingAway, "shutting down")
	fmt.Printf("%q\n", frame.AppendFrame(nil, frame.Close, payload))
	// Output: "\x88\x0f\x03\xe9shutting down"
}
