package frame

import "slices"

// addCompressed adds a piece of the compressed message under assembly, already
// unmasked (RFC 7692 §6.2, §7.2.2).
func (p *partial) addCompressed(piece []byte, c *Config) (m Message, err error) {
	z := p.inflater
	checked := len(z.out)
	err = z.write(piece)
	// What came before a fault is judged first: byte by byte, it would be, too.
	if p.opcode == Text && !p.text.write(z.out[checked:]) {
		return Message{}, ErrInvalidUTF8
	}
	last := p.header.Fin && !p.inFrame
	if err != nil || !last {
		return Message{}, err
	}
	if !z.ended() {
		return Message{}, ErrDeflateEnd
	}
	if p.opcode == Text && !p.text.done() {
		return Message{}, ErrInvalidUTF8
	}
	m = Message{Opcode: p.opcode, Payload: z.out, Size: p.taken, assembled: cap(z.out) >= recycleFrom}
	if !m.assembled {
		m.Payload = slices.Clip(m.Payload)
	}
	if size, kept := c.context(); kept {
		p.window = slide(p.window, z.out, size)
	}
	p.opcode, p.inflater = Continuation, nil
	c.release(z)
	return m, nil
}

// context returns the size in bytes of the window that the peer compresses
// with, and whether it keeps what is in it from one message to the next.
func (c *Config) context() (size int, kept bool) {
	if c.Role == Server {
		return 1 << c.Deflate.ClientWindowBits, !c.Deflate.ClientNoContext
	}
	return 1 << c.Deflate.ServerWindowBits, !c.Deflate.ServerNoContext
}

// newInflater returns an inflater for a message that may refer to window.
func (c *Config) newInflater(window []byte) *inflater {
	z, _ := c.inflaters.Get().(*inflater)
	if z == nil {
		z = new(inflater)
	}
	z.reset(c, window)
	return z
}

// release takes an inflater back. One that is not given back, with a decoder
// that is dropped in the middle of a message, is the garbage collector's.
func (c *Config) release(z *inflater) {
	z.out, z.window, z.config = nil, nil, nil
	c.inflaters.Put(z)
}

// slide returns the last bytes, size at most, of window with p behind it. It
// uses window's memory, and never takes more than size.
func slide(window, p []byte, size int) []byte {
	if len(p) > size {
		p = p[len(p)-size:]
	}
	if len(p) == 0 {
		return window
	}
	keep := min(len(window), size-len(p))
	old := window[len(window)-keep:]
	if keep+len(p) > cap(window) {
		window = make([]byte, 0, min(size, max(keep+len(p), 2*cap(window))))
	}
	window = window[:keep]
	copy(window, old)
	return append(window, p...)
}
