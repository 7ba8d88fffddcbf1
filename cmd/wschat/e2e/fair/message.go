//go:build e2e || soak

package fair

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"wschat/frame"
	"wschat/handshake"
)

// large is the longest message that the server has not refused for want of room. Its number
// tells it from those that others say in the same name.
func (m *Mob) large(to string, n int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	line := fmt.Sprintf("%s,%d ", to, n)
	return line + strings.Repeat("x", max(m.size-len(line), 1))
}

// smaller halves large messages when one is refused, so that no room is left at all. In
// the end they are large again.
func (m *Mob) smaller(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if errors.Is(err, errRefused) {
		if m.size /= 2; m.size < 16 {
			m.size = mib
		}
	}
	return err
}

// echo is in what mallory reads of what mallory says.
func echo(n int) string { return fmt.Sprintf("=>mallory):%d ", n) }

// leaveBehind says 1 MiB in a group and leaves it (point 1). The leave comes on another
// connection, as this one is not read from for a while.
func leaveBehind(m *Mob, _, n int) error {
	group := fmt.Sprint("groupHeap", n)
	if err := m.mallory(m.large(group, n), echo(n)); err != nil {
		return err
	}
	return m.mallory("leave,"+group, "系统:已离开")
}

// talkToOneself says 1 MiB to oneself (point 2).
func talkToOneself(m *Mob, _, n int) error { return m.mallory(m.large("mallory", n), echo(n)) }

// talkToAll says 1 MiB to all (points 3 and 4).
func talkToAll(m *Mob, _, n int) error { return m.mallory(m.large("all", n), echo(n)) }

// chatterToAll says to all in short messages what one connection may say in a second (point 3).
func chatterToAll(m *Mob, _, n int) error {
	const messages, size = 60, 4 << 10
	c, err := m.hostile("mallory", handshake.Dialer{})
	if err != nil {
		return err
	}
	defer c.Reset()
	go func() { // while it hears what the others say
		for i := range messages {
			c.SendText(fmt.Sprintf("all,%d %s", n*messages+i, strings.Repeat("x", size))) // an error shows below
		}
	}()
	if _, err = await(c, echo((n+1)*messages-1)); err == nil {
		m.Count("said", messages)
	}
	return err
}

// controlsToAll says to all what is six times as long in JSON (point 3).
func controlsToAll(m *Mob, _, n int) error {
	return m.mallory(strings.ReplaceAll(m.large("all", n), "x", "\x01"), echo(n))
}

// mallory comes, says a line, and goes when answered.
func (m *Mob) mallory(line, want string) error {
	err := m.smaller(m.talks("mallory", handshake.Dialer{}, []string{line}, want))
	if err == nil {
		m.Count("said", 1)
	}
	return err
}

// manyKeys sends an object of 112,000 keys (point 5).
func manyKeys(m *Mob, worker, _ int) error {
	return m.talks(fmt.Sprint("mallory", worker), speaksJSON, []string{keys()}, `"event":"error"`)
}

var keys = sync.OnceValue(func() string {
	var object strings.Builder
	for i := range 112_000 {
		object.WriteString(`,"` + strconv.FormatInt(int64(i), 36) + `":0`)
	}
	return "{" + object.String()[1:] + "}"
})

// half sends the beginning of a message that has no end (point 4).
func (m *Mob) half(d handshake.Dialer, h frame.Header, payload []byte) error {
	c, err := m.hostile("mallory", d)
	if err != nil {
		return err
	}
	m.hold(c)
	h.Opcode, h.Masked = frame.Binary, true
	return c.Raw(append(frame.AppendHeader(nil, h), payload...))
}

// halfMessage leaves the last byte away.
func halfMessage(m *Mob, _, _ int) error {
	return m.half(handshake.Dialer{}, frame.Header{Fin: true, Length: mib}, zeros[:mib-1])
}

var zeros = make([]byte, mib)

// halfBomb is a first fragment that inflates to 1 MiB.
func halfBomb(m *Mob, _, _ int) error {
	bomb := bomb()
	return m.half(compresses, frame.Header{RSV: frame.RSV1, Length: int64(len(bomb))}, bomb)
}

var compresses = handshake.Dialer{Extensions: []string{"permessage-deflate"}}

var bomb = sync.OnceValue(func() []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression) // the one error is a wrong level
	w.Write(zeros)
	w.Flush()
	return out.Bytes()
})

// emptyBlocks sends 1 MiB of deflate blocks with nothing in them (point 5).
func emptyBlocks(m *Mob, worker, _ int) error {
	c, err := m.hostile(fmt.Sprint("mallory", worker), compresses)
	if err != nil {
		return err
	}
	defer c.Reset()
	blocks := blocks()
	h := frame.Header{Fin: true, RSV: frame.RSV1, Opcode: frame.Text, Masked: true, Length: int64(len(blocks))}
	if err := c.Raw(append(frame.AppendHeader(nil, h), blocks...)); err != nil {
		return err
	}
	_, err = await(c, ":")
	return err
}

// blocks is empty blocks with Huffman codes of their own, which cost most (RFC 1951 §3.2.7).
var blocks = sync.OnceValue(func() []byte {
	block := "001" + // not the last; dynamic
		"00000" + "00000" + "0111" + // 257 literals, 1 distance, 18 lengths of code lengths
		"000000100" + strings.Repeat("000", 14) + "100" + // of which 18 and 1 are used
		"0" + "11111111" + "10101011" + "0" + // literal 0, then 138 and 117 without a code, and 256
		"0" + "1" // the distance; the end
	var eight [91]byte // is as long as eight of 91 bits
	for i, bit := range strings.Repeat(block, 8) {
		eight[i/8] |= byte(bit-'0') << (i % 8)
	}
	return append(bytes.Repeat(eight[:], (mib-1)/len(eight)), 0) // and as a flush ends
})
