package frame

const (
	// recycleFrom is from how many bytes on a message gets memory that was given back,
	// whatever its size: a few bytes must not hold what was made for a long message.
	recycleFrom = 16 << 10
	// maxRecycled bounds, in bytes, the memory of one message that is kept for the
	// next.
	maxRecycled = 4 << 20
)

// Recycle gives back the memory of a message that was put together from several
// pieces, for the next such message of any decoder with the same Config. It is
// for owners of many connections: not to call it is no fault. The message, one
// that this decoder has returned, must not be used any more.
func (d *Decoder) Recycle(m Message) {
	if m.assembled {
		d.config.recycle(m.Payload)
	}
}

// recycle keeps memory for another message.
func (c *Config) recycle(buf []byte) {
	if cap(buf) >= recycleFrom && cap(buf) <= maxRecycled {
		buf = buf[:0]
		c.buffers.Put(&buf)
	}
}

// recycled returns empty memory that was given back, with room for n bytes, or nil.
func (c *Config) recycled(n int) []byte {
	if n < recycleFrom {
		return nil
	}
	if buf, ok := c.buffers.Get().(*[]byte); ok && cap(*buf) >= n {
		return *buf
	}
	return nil
}
