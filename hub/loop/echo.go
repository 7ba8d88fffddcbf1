package loop

import "wschat/frame"

// Echo is the handler that sends each message back as it came, for conformance
// suites and benchmarks. One value serves any number of connections.
type Echo struct{}

// Open does nothing.
func (Echo) Open(*Conn) {}

// Message sends the message back.
func (Echo) Message(c *Conn, op frame.Opcode, payload []byte) { c.Write(op, payload) }

// Closed does nothing.
func (Echo) Closed(*Conn, frame.CloseCode) {}
