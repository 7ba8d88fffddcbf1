package load

import "wschat/frame"

// piece is a part of what a server sends: of a text or binary message, or a
// whole control frame.
type piece struct {
	op   frame.Opcode // Text, Binary or a control opcode; Continuation: nothing came whole
	off  int64        // where in the message data begins
	data []byte       // a part of what was fed
	last bool         // the message ends with it
}

// whole reports whether the piece is all of its message.
func (p *piece) whole() bool { return p.last && p.off == 0 }

// skimmer cuts the bytes of a server into pieces. Unlike a frame.Decoder it
// neither keeps nor checks payloads, which makes it cheap, and long messages
// cost no copy. Headers are checked in full.
type skimmer struct {
	left       int64        // bytes of the current frame still to come
	off        int64        // of the current message, that have come
	start      []byte       // of a header or control frame that is incomplete
	op         frame.Opcode // of the current message
	inFrame    bool
	fin        bool // the current frame is its message's last
	assembling bool // a message has begun, and its last frame's header has not come
}

// next takes bytes from the front of b until they make a piece, and returns it
// and their number n, which is not 0 if b is not empty. As long as p.op is
// Continuation there is no piece yet: it takes b[n:], or more. An error is a
// *frame.Error. The piece is valid until the next call.
func (s *skimmer) next(b []byte) (p piece, n int, err error) {
	if len(s.start) > 0 {
		return s.resume(b)
	}
	if s.inFrame {
		return s.payload(b)
	}
	h, n, err := frame.ParseHeader(b)
	if err != nil {
		return piece{}, len(b), err
	}
	if n == 0 || (h.Opcode.IsControl() && h.Length > int64(len(b)-n)) {
		return s.keep(b)
	}
	if err := s.begin(&h); err != nil {
		return piece{}, len(b), err
	}
	if h.Opcode.IsControl() {
		end := n + int(h.Length)
		return piece{op: h.Opcode, data: b[n:end], last: true}, end, nil
	}
	p, m, err := s.payload(b[n:])
	return p, n + m, err
}

// quick finds a whole message in one frame of less than 64 KiB at the front of b,
// which is what nearly all frames are: its payload is b[start:end]. If there is
// something else, end is 0, and next finds out what.
func (s *skimmer) quick(b []byte) (start, end int) {
	const text, binary, length16 = 0x81, 0x82, 126 // final frames; unmasked, since their second byte is less than 128
	if len(b) < 4 || (b[0] != text && b[0] != binary) || s.inFrame || s.assembling || len(s.start) > 0 {
		return 0, 0
	}
	start, end = 2, 2+int(b[1])
	if b[1] >= length16 {
		length := int(b[2])<<8 | int(b[3])
		if b[1] > length16 || length < length16 {
			return 0, 0
		}
		start, end = 4, 4+length
	}
	if end > len(b) {
		return 0, 0
	}
	return start, end
}

// begin checks a header, and makes its frame the current one.
func (s *skimmer) begin(h *frame.Header) error {
	plain := h.Fin && !h.Masked && h.RSV == 0 && !s.assembling && (h.Opcode == frame.Text || h.Opcode == frame.Binary)
	if !plain {
		if err := frame.Check(*h, frame.State{Role: frame.Client, Assembling: s.assembling, Received: s.off}); err != nil {
			return err
		}
		if h.Opcode.IsControl() {
			return nil
		}
	}
	if h.Opcode != frame.Continuation {
		s.op = h.Opcode
	}
	s.assembling = !h.Fin
	s.fin = h.Fin
	s.left = h.Length
	s.inFrame = true
	return nil
}

// payload is next within a data frame.
func (s *skimmer) payload(b []byte) (piece, int, error) {
	n := int(min(s.left, int64(len(b))))
	p := piece{op: s.op, off: s.off, data: b[:n]}
	s.left -= int64(n)
	s.off += int64(n)
	if s.left == 0 {
		s.inFrame = false
		p.last = s.fin
		if s.fin {
			s.off = 0
		}
	}
	if n == 0 && !p.last {
		return piece{}, n, nil // a frame without payload that ends nothing, or nothing fed
	}
	return p, n, nil
}

// keep stores the beginning of a header or of a control frame. What is wrong
// with it is said as soon as it can be seen.
func (s *skimmer) keep(b []byte) (piece, int, error) {
	if len(b) >= 2 {
		h := frame.Header{Fin: b[0]&0x80 != 0, RSV: b[0] >> 4 & 7, Opcode: frame.Opcode(b[0] & 15), Masked: b[1]&0x80 != 0, Length: int64(b[1] & 0x7f)}
		if err := frame.Check(h, frame.State{Role: frame.Client, Assembling: s.assembling, Received: s.off}); err != nil {
			return piece{}, len(b), err
		}
	}
	s.start = append(s.start[:0], b...)
	return piece{}, len(b), nil
}

// resume is next with a kept beginning: it adds byte after byte until a header
// or control frame is whole. That is rare, and short.
func (s *skimmer) resume(b []byte) (piece, int, error) {
	kept := s.start
	s.start = nil
	for i := range b {
		kept = append(kept, b[i])
		p, n, err := s.next(kept)
		if err != nil {
			return piece{}, len(b), err
		}
		if n == len(kept) && len(s.start) == 0 {
			return p, i + 1, nil
		}
		s.start = nil
	}
	s.start = kept
	return piece{}, len(b), nil
}
