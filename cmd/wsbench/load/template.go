package load

import (
	"math/rand/v2"
	"strings"

	"wschat/frame"
)

// pattern fills payloads up. Its length is a prime, so that shifts show.
const pattern = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy"

// template is the masked frame of a sender, ready but for the mark.
//
// One masking key, drawn at the start, serves all frames: RFC 6455 §5.3 wants a
// fresh one each, which is for the safety of proxies and would make building a
// frame cost as much as masking it. A server cannot tell the difference.
type template struct {
	frame  []byte // header, key, masked payload
	header int    // bytes before the payload
	plain  []byte // the payload as it is, prefix and suffix included
	mark   int    // where the mark is in plain
	key    [4]byte
}

// newTemplates returns the templates for these connections. Those that do not
// differ are one.
func newTemplates(c *Config, conns []int) []*template {
	var key [4]byte
	for i := range key {
		key[i] = byte(rand.Uint32())
	}
	all := make([]*template, len(conns))
	differ := strings.Contains(c.Prefix+c.Suffix, "{")
	for i, conn := range conns {
		if i > 0 && !differ {
			all[i] = all[0]
			continue
		}
		all[i] = newTemplate(c, conn, key)
	}
	return all
}

func newTemplate(c *Config, conn int, key [4]byte) *template {
	prefix, suffix := numbered(c.Prefix, conn), numbered(c.Suffix, conn)
	fill := strings.Repeat(pattern, c.Size/len(pattern)+1)
	t := &template{key: key, mark: len(prefix)}
	t.plain = append(t.plain, prefix...)
	t.plain = append(t.plain, fill[:c.Size]...)
	t.plain = append(t.plain, suffix...)
	t.frame = frame.AppendMaskedFrame(nil, frame.Text, key, t.plain)
	t.header = len(t.frame) - len(t.plain)
	return t
}

// append appends the frame with this mark to dst.
func (t *template) append(dst []byte, m mark) []byte {
	start := len(dst) + t.header + t.mark
	dst = append(dst, t.frame...)
	at := dst[start : start+markLen]
	m.put(at)
	frame.Mask(at, t.key, t.mark)
	return dst
}
