package frame

import (
	"sync"
	"unicode/utf8"
)

// Config is what decoders are set to. It must not change once a decoder has
// it; any number of decoders may share it, on any goroutines, and those with
// equal settings should. It must not be copied once used.
type Config struct {
	Role       Role     // the side that receives; the zero value is Server
	MaxMessage int64    // most bytes of payload in a message, all its frames together, inflated; 0: no limit
	Deflate    *Deflate // what was negotiated of permessage-deflate; nil: it is not in use

	inflaters sync.Pool // of *inflater
	buffers   sync.Pool // of *[]byte, see Recycle
}

// Message is a whole message (Text, Binary), its fragments put together, or a
// control frame (Close, Ping, Pong).
type Message struct {
	Opcode  Opcode
	Payload []byte
	Size    int64 // bytes of all its frames as they came, headers included

	assembled bool // Payload is the decoder's memory, taken for this message
}

// Decoder turns the bytes that one side of a connection receives into
// messages. It is 16 bytes long and holds nothing else while it is at the end
// of a message. While something is incomplete it holds that: at most a header,
// a control frame, and a message of at most MaxMessage bytes, for which memory
// is taken as the bytes arrive and not when they are announced. Of a compressed
// message it holds the inflated bytes and some 4 KiB; and where the peer keeps
// its context from message to message (see [Deflate]), from its first
// compressed message on up to 32 KiB of what that has inflated to.
//
// A Decoder is not safe for concurrent use, and must not be copied once used.
type Decoder struct {
	config  *Config
	partial *partial // nil: at the end of a message, or at the very start
}

// NewDecoder returns a decoder for the start of a connection. c must not be nil.
func NewDecoder(c *Config) Decoder { return Decoder{config: c} }

// Idle reports whether the decoder is at the end of a message, with nothing
// incomplete: a connection that ends here, or that stays silent, lacks nothing.
func (d *Decoder) Idle() bool {
	return d.partial == nil || d.partial.err == nil && d.partial.isEmpty()
}

// Held returns the bytes of memory that the decoder has taken for what is incomplete and
// for the peer's context.
func (d *Decoder) Held() int {
	if d.partial == nil {
		return 0
	}
	return d.partial.held()
}

// Next takes bytes from the front of b until they complete a message or a
// control frame, and returns it and the number n of bytes taken. Call it again
// with b[n:]. If b completes none, m.Opcode is Continuation and n is len(b);
// what is incomplete is kept.
//
// The payload is valid until the next call. One that lies whole in b is
// unmasked there and is a part of b; another is memory of the decoder. b is
// changed by the unmasking even where the payload is not in it.
//
// A compressed message (RFC 7692) is inflated as it arrives, and its payload
// is what it inflates to. It is subject to the same limit and the same checks.
//
// An error is an [*Error], and comes as soon as the first byte that is wrong is
// there, though the frame or even its header be incomplete; every later call
// returns it again. b is then of no more use, and n is len(b).
//
// A text message is checked to be UTF-8 (RFC 6455 §8.1), a close frame's
// payload to be valid for [ParseClose]. Frames that follow a close frame are
// decoded like all others: to ignore them is up to the caller.
func (d *Decoder) Next(b []byte) (m Message, n int, err error) {
	if d.Idle() {
		m, n, err = d.config.whole(b)
		if n > 0 {
			return m, n, nil
		}
		if err != nil {
			return d.fail(b, err)
		}
		if len(b) == 0 {
			return Message{}, 0, nil
		}
		if d.partial == nil {
			d.partial = new(partial)
		}
	}
	if d.partial.err != nil {
		return Message{}, len(b), d.partial.err
	}
	m, n, err = d.partial.next(b, d.config)
	if err != nil {
		return d.fail(b, err)
	}
	if d.partial.isEmpty() {
		d.rest()
	} else if z := d.partial.inflater; z != nil {
		z.keep()
	}
	return m, n, nil
}

// rest lets go of all that the decoder holds but the peer's context.
func (d *Decoder) rest() {
	if window := d.partial.window; window != nil {
		*d.partial = partial{window: window}
	} else {
		d.partial = nil
	}
}

// fail lets go of all that the decoder holds and makes err its last word.
func (d *Decoder) fail(b []byte, err error) (Message, int, error) {
	if p := d.partial; p != nil && p.inflater != nil {
		d.config.recycle(p.inflater.out)
		d.config.release(p.inflater)
	}
	d.partial = &partial{err: err}
	return Message{}, len(b), err
}

// whole is the short way, for the usual case: the decoder is idle, and b
// begins with an uncompressed message in one frame that is all there. If not, n is 0.
func (c *Config) whole(b []byte) (m Message, n int, err error) {
	var h Header
	start, err := readHeader(&h, b, &state{Role: c.Role, Deflate: c.Deflate != nil, Limit: c.MaxMessage})
	if start == 0 || !h.Fin || h.RSV != 0 || h.Length > int64(len(b)-start) {
		return Message{}, 0, err
	}
	end := start + int(h.Length)
	payload := b[start:end:end]
	if h.Masked {
		Mask(payload, h.Key, 0)
	}
	switch h.Opcode {
	case Text:
		if !utf8.Valid(payload) {
			return Message{}, 0, ErrInvalidUTF8
		}
	case Close:
		if _, _, err := ParseClose(payload); err != nil {
			return Message{}, 0, err
		}
	}
	return Message{Opcode: h.Opcode, Payload: payload, Size: int64(end)}, end, nil
}

// readHeader parses and checks into h the header at the front of b. Each check is
// made as soon as its bytes are there, since the rest may never come: the
// first two bytes, then the length, and only then the masking key. n is 0 if b
// ends within the header, or with an error.
func readHeader(h *Header, b []byte, s *state) (n int, err error) {
	if len(b) < 2 {
		return 0, nil
	}
	parseStart(h, b)
	if err = h.check(s); err != nil {
		return 0, err
	}
	n, err = parseLength(h, b)
	if n == 0 || err != nil {
		return 0, err
	}
	if n > 2 {
		if err = h.check(s); err != nil {
			return 0, err
		}
	}
	return parseKey(h, b, n), nil
}
