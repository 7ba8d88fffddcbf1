package frame

// maxRecycled bounds, in bytes, the memory of one message that is kept for the
// next.
const maxRecycled = 4 << 20

// Recycle gives back the memory of a message that was put together from several
// pieces, for the next such message of any decoder with the same Config. It is
// for owners of many connections: not to call it is no fault. The message, one
// that this decoder has returned, must not be used any more.
func (d *Decoder) Recycle(m Message) {
	if m.assembled && cap(m.Payload) <= maxRecycled {
		buf := m.Payload[:0]
		d.config.buffers.Put(&buf)
	}
}

// recycled returns empty memory that was given back, or nil.
func (c *Config) recycled() []byte {
	if buf, ok := c.buffers.Get().(*[]byte); ok {
		return *buf
	}
	return nil
}
