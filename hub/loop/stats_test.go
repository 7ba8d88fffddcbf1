package loop

import (
	"maps"
	"testing"

	"wschat/frame"
)

func TestStats(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 2, MaxMessage: 100})
		list := s.NewList()
		var clients []*client
		var records []*record
		for range 4 { // on both loops
			r := newRecord()
			clients = append(clients, s.dial(r))
			records = append(records, r)
			list.Join(r.conn(t))
		}
		list.Publish(text("1"))
		list.Publish(text("2"))
		for _, c := range clients {
			c.wantText("1")
			c.wantText("2")
		}
		clients[0].text("x")
		clients[0].Send(frame.Binary, []byte("x"))
		clients[0].Fragment(frame.Text, []byte("x"), []byte("y"))
		clients[0].Send(frame.Ping, nil)
		clients[0].next()
		clients[0].Close(frame.NormalClosure, "")
		clients[0].wantClose(frame.NormalClosure, "")
		clients[1].Raw([]byte{0x80 | 3, 0x80, 0, 0, 0, 0})
		clients[1].wantClose(frame.ProtocolError, frame.ErrReservedOpcode.Reason)
		clients[2].Close(4999, "")
		clients[2].wantClose(4999, "")
		for _, c := range clients[:3] {
			c.conn.Close()
		}
		eventually(t, "one is left", func() bool { return s.Len() == 1 })

		got := s.Stats()
		if got.Conns != 1 || got.Queued != 0 || got.Opened != 4 || got.Text != 2 || got.Binary != 1 || got.Sent != 8 {
			t.Errorf("got %+v", got)
		}
		// A code that a peer has made up is counted as 0.
		if want := map[frame.CloseCode]uint64{frame.NormalClosure: 1, frame.ProtocolError: 1, 0: 1}; !maps.Equal(got.Closed, want) {
			t.Errorf("closed %v, want %v", got.Closed, want)
		}
		if want := map[string]uint64{frame.ErrReservedOpcode.Kind: 1}; !maps.Equal(got.Malformed, want) {
			t.Errorf("malformed %v, want %v", got.Malformed, want)
		}
		if got.Delivery.Count() != 8 || got.ReadBytes == 0 || got.WrittenBytes == 0 {
			t.Errorf("%d delivered, %d bytes read, %d written", got.Delivery.Count(), got.ReadBytes, got.WrittenBytes)
		}
		clients[3].conn.Close()
		eventually(t, "none is left", func() bool { return s.Len() == 0 })
		if got := s.Stats(); got.Conns != 0 || got.Closed[frame.AbnormalClosure] != 1 {
			t.Errorf("in the end %+v", got)
		}
	})
}

// What waits for readers is counted, and no longer when they are gone.
func TestStatsQueued(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		r := newRecord()
		c := s.dialNarrow(r)
		conn := r.conn(t)
		const size, n = 64 << 10, 100
		for range n {
			conn.Send(text(make([]byte, size)))
		}
		eventually(t, "much waits", func() bool { q := s.Stats().Queued; return q > n*size/2 && q < n*(size+16) })
		c.conn.Close()
		eventually(t, "nothing waits", func() bool { return s.Stats().Queued == 0 })
	})
}

// After the end there is nothing to count, and nobody to wait for.
func TestStatsAfterClose(t *testing.T) {
	s := drivers[0].serve(t, Config{})
	s.Close()
	if got := s.Stats(); got.Conns != 0 || got.Closed == nil {
		t.Errorf("got %+v", got)
	}
}
