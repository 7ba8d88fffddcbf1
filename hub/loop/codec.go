package loop

import (
	"sync"

	"wschat/frame"
)

// codecs holds a decoder's configuration for each set of parameters that was
// negotiated. There are few, and connections share them.
type codecs struct {
	maxMessage int64

	mu      sync.Mutex
	configs map[frame.Deflate]*frame.Config // under the zero value: without compression
}

// of returns the configuration for d, which is nil without compression.
func (k *codecs) of(d *frame.Deflate) *frame.Config {
	k.mu.Lock()
	defer k.mu.Unlock()
	var key frame.Deflate
	if d != nil {
		key = *d
	}
	config := k.configs[key]
	if config == nil {
		config = &frame.Config{Role: frame.Server, MaxMessage: k.maxMessage}
		if d != nil {
			config.Deflate = &key
		}
		k.configs[key] = config
	}
	return config
}

// WindowBits is the window, as a power of two, that compressed messages to this
// connection may refer back to; 0: it takes none. Safe for concurrent use.
func (c *Conn) WindowBits() int { return int(c.windowBits) }

// appendMessage appends a message's frame, compressed if that makes it shorter.
func (c *Conn) appendMessage(dst []byte, op frame.Opcode, payload []byte) []byte {
	deflater := c.loop.loops.config.Deflater
	if c.windowBits == 0 || deflater == nil || op.IsControl() || !frame.WorthDeflating(len(payload), int(c.windowBits)) {
		return frame.AppendFrame(dst, op, payload)
	}
	l := c.loop
	l.deflated = deflater.Append(l.deflated[:0], payload, int(c.windowBits))
	if len(l.deflated) >= len(payload) {
		return frame.AppendFrame(dst, op, payload)
	}
	dst = frame.AppendCompressed(dst, op, l.deflated)
	if cap(l.deflated) > maxSpareBytes {
		l.deflated = nil
	}
	return dst
}
