package frame_test

import (
	"fmt"
	"slices"

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

// A server agrees on compression, and sends one body to two receivers, each
// with a name of his own in front.
func ExampleDeflater() {
	offer := slices.Values([]string{"permessage-deflate; server_max_window_bits=12; client_max_window_bits"})
	agreed, response, ok, err := frame.NegotiateDeflate(offer)
	if !ok || err != nil {
		return // without compression, or 400
	}
	fmt.Println(response)

	deflater := frame.NewDeflater()
	body := deflater.Append(nil, []byte("to all who are here"), agreed.ServerWindowBits)
	for _, name := range []string{"A: ", "B: "} {
		front := frame.AppendStored(nil, []byte(name))
		sent := frame.AppendCompressed(nil, frame.Text, front, body)

		decoder := frame.NewDecoder(&frame.Config{Role: frame.Client, Deflate: &agreed})
		m, _, err := decoder.Next(sent)
		fmt.Printf("%s %v\n", m.Payload, err)
	}
	// Output:
	// permessage-deflate; server_no_context_takeover; server_max_window_bits=12
	// A: to all who are here <nil>
	// B: to all who are here <nil>
}

func ExampleAppendClose() {
	payload := frame.AppendClose(nil, frame.GoingAway, "shutting down")
	fmt.Printf("%q\n", frame.AppendFrame(nil, frame.Close, payload))
	// Output: "\x88\x0f\x03\xe9shutting down"
}
