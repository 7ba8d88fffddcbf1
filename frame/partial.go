package frame

import "unsafe"

// partial is what a decoder has received and not yet returned: a part of a
// header, of a frame, of a message. It exists only while there is such a part.
type partial struct {
	err error // the decoder has failed; all else is void

	head    [MaxHeaderLen]byte // the first headLen bytes of a header
	headLen int8

	inFrame bool   // header has been read
	header  Header // of the frame whose payload is being read
	got     int64  // bytes of that payload that have been read
	size    int64  // bytes of the frame, with its header

	control []byte // the payload of a partial control frame, which may come within a message

	opcode  Opcode    // of the message under assembly; Continuation: no message is
	message []byte    // its payload so far, over all its frames
	taken   int64     // bytes of these frames, with their headers
	text    textCheck // its UTF-8 so far, if it is text

	inflater *inflater // has the payload in the place of message; nil: it is not compressed
	window   []byte    // what the next compressed message may refer to; kept between messages
}

// isEmpty reports whether nothing is incomplete any more.
func (p *partial) isEmpty() bool {
	return !p.inFrame && p.headLen == 0 && p.opcode == Continuation
}

// held is [Decoder.Held].
func (p *partial) held() int {
	n := int(unsafe.Sizeof(*p)) + cap(p.control) + cap(p.message) + cap(p.window)
	if p.inflater != nil {
		n += int(unsafe.Sizeof(*p.inflater)) + cap(p.inflater.out)
	}
	return n
}

// next is [Decoder.Next] from where the last call has left off.
func (p *partial) next(b []byte, c *Config) (m Message, n int, err error) {
	for {
		if !p.inFrame {
			size, err := p.readHeader(b[n:], c)
			n += size
			if err != nil || !p.inFrame {
				return Message{}, n, err
			}
		}
		end := n + int(min(p.header.Length-p.got, int64(len(b)-n)))
		m, err = p.readPayload(b[n:end:end], c)
		n = end
		if err != nil || p.inFrame || m.Opcode != Continuation {
			return m, n, err
		}
	}
}

// readHeader adds bytes of b to the header, and returns how many belong to it.
// p.inFrame tells whether it is whole.
func (p *partial) readHeader(b []byte, c *Config) (n int, err error) {
	have := p.headLen
	p.headLen += int8(copy(p.head[have:], b))
	s := &state{
		Role:       c.Role,
		Deflate:    c.Deflate != nil,
		Assembling: p.opcode != Continuation,
		Received:   int64(len(p.message)),
		Limit:      c.MaxMessage,
	}
	if p.inflater != nil {
		s.Compressed, s.Received = true, p.inflater.read
	}
	size, err := readHeader(&p.header, p.head[:p.headLen], s)
	if err != nil || size == 0 {
		return len(b), err
	}
	p.headLen = 0
	p.inFrame, p.got = true, 0
	p.size = int64(size) + p.header.Length
	if !p.header.Opcode.IsControl() {
		p.taken += p.size
	}
	if op := p.header.Opcode; op == Text || op == Binary {
		p.opcode = op
		if p.header.RSV != 0 {
			p.inflater = c.newInflater(p.window)
		}
	}
	return size - int(have), nil
}

// readPayload adds a piece to the payload of the frame, and returns the
// message or control frame that it completes, if it does.
func (p *partial) readPayload(piece []byte, c *Config) (m Message, err error) {
	if p.header.Masked {
		Mask(piece, p.header.Key, int(p.got&3))
	}
	p.got += int64(len(piece))
	p.inFrame = p.got < p.header.Length
	if p.header.Opcode.IsControl() {
		return p.addControl(piece)
	}
	if p.inflater != nil {
		return p.addCompressed(piece, c)
	}
	return p.addData(piece, c)
}

// addControl adds a piece of a control frame's payload, already unmasked.
func (p *partial) addControl(piece []byte) (m Message, err error) {
	if p.inFrame || len(p.control) > 0 {
		p.control = append(p.control, piece...)
		piece = p.control
	}
	if p.inFrame {
		return Message{}, nil
	}
	p.control = nil
	if p.header.Opcode == Close {
		if _, _, err := ParseClose(piece); err != nil {
			return Message{}, err
		}
	}
	return Message{Opcode: p.header.Opcode, Payload: piece, Size: p.size}, nil
}

// addData adds a piece of the message under assembly, already unmasked.
func (p *partial) addData(piece []byte, c *Config) (m Message, err error) {
	last := p.header.Fin && !p.inFrame
	if p.opcode == Text && (!p.text.write(piece) || last && !p.text.done()) {
		return Message{}, ErrInvalidUTF8
	}
	if !last || len(p.message) > 0 {
		p.message = append(p.grow(len(piece), c), piece...)
		piece = p.message
	}
	if !last {
		return Message{}, nil
	}
	m = Message{Opcode: p.opcode, Payload: piece, Size: p.taken, assembled: len(p.message) > 0}
	p.opcode = Continuation // which empties p: the decoder now lets go of it
	return m, nil
}

// minGrow spares a message that comes byte by byte its first few copies.
const minGrow = 256

// grow returns p.message with room for n more bytes. It doubles, so that each
// byte is copied a constant number of times on average, but never goes beyond
// what can still come: the rest of a final frame, or up to the limit.
func (p *partial) grow(n int, c *Config) []byte {
	need := len(p.message) + n
	if need <= cap(p.message) {
		return p.message
	}
	if spare := c.recycled(need); spare != nil {
		return append(spare, p.message...)
	}
	size := int64(max(need, 2*cap(p.message), minGrow))
	if p.header.Fin {
		size = min(size, int64(need)+p.header.Length-p.got)
	} else if c.MaxMessage > 0 {
		size = min(size, c.MaxMessage)
	}
	return append(make([]byte, 0, size), p.message...)
}
