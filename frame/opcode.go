package frame

import "strconv"

// Opcode says what a frame carries (RFC 6455 §5.2). It fits in four bits.
type Opcode byte

// The opcodes of RFC 6455 §11.8. All others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// IsControl reports whether o is a control opcode, reserved ones included:
// those with the highest of the four bits set (RFC 6455 §5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// IsReserved reports whether RFC 6455 §5.2 gives o no meaning: 0x3-0x7 are
// kept for further data frames, 0xB-0xF for further control frames.
func (o Opcode) IsReserved() bool { return o&0x7 > 0x2 || o > 0xF }

// String returns the name that RFC 6455 §11.8 gives o, in lower case, and a
// number for a reserved opcode.
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return "reserved opcode " + strconv.Itoa(int(o))
}

// Role is the side of a connection on which frames are received. A server
// receives masked frames, a client unmasked ones (RFC 6455 §5.1).
type Role byte

// The two sides of a connection.
const (
	Server Role = iota
	Client
)

// String returns "server" or "client".
func (r Role) String() string {
	if r == Client {
		return "client"
	}
	return "server"
}
