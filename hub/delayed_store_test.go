package hub

import (
	"fmt"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/loop"
)

// What a hub does with a store that takes its time.

// PROTOCOL 6: a message is shown to nobody, and not acknowledged, before it is
// stored; then it is, in the order of its conversation.
func TestNothingBeforeItIsStored(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := NewDelayedStore(t)
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		all := s.programs("A", "B")
		a, b, l := all[0], all[1], s.client("L")
		s.away("C")
		store.hold()
		for i := 1; i <= 20; i++ {
			a.say(fmt.Sprintf(`{"op":"send","id":"%d","to":"all","text":"%d"}`, i, i))
			a.say(fmt.Sprintf(`{"op":"send","to":"B","text":"%d"}`, i))
		}
		calm(a, b)
		a.say(`{"op":"send","id":"c","to":"C","text":"x"}`, `{"op":"history","of":"all"}`)
		a.wants(`{"event":"history","of":"all","messages":[],"more":false}`)
		l.say("C,y", "history,all")
		l.want("系统:没有历史消息")
		if _, e := s.welcomed(Access{User: "A"}); fmt.Sprint(e["conversations"]) != "map[]" {
			t.Errorf("a welcome names %v", e["conversations"])
		}
		calm(a, b)
		quiet(l)
		store.release()
		for i := 1; i <= 20; i++ {
			text := fmt.Sprint(i)
			b.wants(messageText(i, "A", "all", text), messageText(i, "A", "B", text))
			a.wants(messageText(i, "A", "all", text), ackOf(text, i), messageText(i, "A", "B", text))
			l.want("用户(A=>L):" + text)
		}
		a.wants(messageText(1, "A", "C", "x"), `{"event":"ack","id":"c","seq":1,"offline":true}`)
		l.want(offline("C"))
		calm(a, b)
		quiet(l)
		c := s.client("C")
		c.sync()
		if len(c.pending) != 2 {
			t.Errorf("%d messages have waited", len(c.pending))
		}
	})
}

// PROTOCOL 6: what cannot be stored is unavailable, reaches nobody, and leaves no
// hole.
func TestNothingOfWhatIsNotStored(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := NewDelayedStore(t)
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		all := s.programs("A", "B")
		a, b, l := all[0], all[1], s.client("L")
		store.hold()
		a.say(`{"op":"send","id":"1","to":"B","text":"1"}`)
		calm(a)
		store.breaks(errFullDisk)
		a.say(`{"op":"send","id":"2","to":"B","text":"lost"}`, `{"op":"send","to":"all","text":"lost"}`)
		l.say("B,lost", "all,lost")
		calm(a)
		quiet(l)
		published := make(chan error, 1)
		go func() {
			_, _, err := s.Publish("A", "B", "lost")
			published <- err
		}()
		eventually(t, "the operator's message is under way", func() bool {
			store.mu.Lock()
			defer store.mu.Unlock()
			return len(store.jobs) == 6
		})
		store.release()
		a.wants(messageText(1, "A", "B", "1"), ackOf("1", 1), errorOf("2", "unavailable"), errorOf("", "unavailable"))
		l.want("错误:暂时无法发送", "错误:暂时无法发送")
		if err := <-published; err == nil {
			t.Error("the operator is not told")
		}
		store.breaks(nil)
		a.say(`{"op":"send","id":"2","to":"B","text":"2"}`) // its id is not used up
		a.wants(messageText(2, "A", "B", "2"), ackOf("2", 2))
		b.wants(messageText(1, "A", "B", "1"), messageText(2, "A", "B", "2"))
		l.say("all,now")
		l.want("用户(L=>L):now")
		a.wants(messageText(1, "L", "all", "now"))
		b.wants(messageText(1, "L", "all", "now"))
		calm(all...)
		quiet(l)
	})
}

// Who logs in while messages to it are on their way gets them once, behind those
// that wait.
func TestCatchUpWithWhatIsNotStoredYet(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := NewDelayedStore(t)
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		s.away("B")
		a := s.client("A")
		a.say("B,1", "B,2")
		a.want(offline("B"), offline("B"))
		store.hold()
		a.say("B,3", "B,4")
		quiet(a)
		b, p := s.client("B"), s.program("B")
		b.want("用户(A=>B):1", "用户(A=>B):2")
		quiet(b)
		calm(p)
		store.release()
		b.want("用户(A=>B):3", "用户(A=>B):4")
		p.wants(messageText(3, "A", "B", "3"), messageText(4, "A", "B", "4"))
		quiet(a, b) // B was there when they were delivered
		calm(p)
		other := s.client("B")
		quiet(other)
		other.conn.Close()

		// Sent while B is here, stored when it is gone: it waits, and A is told so.
		store.hold()
		a.say("B,5")
		quiet(a)
		b.conn.Close()
		p.conn.Close()
		s.gone("B")
		store.release()
		a.want(offline("B"))
		s.client("B").want("用户(A=>B):5")
	})
}

// PROTOCOL 6: a send that is repeated while the first is still under way gets the
// same ack, on whichever connection, and is delivered once.
func TestRepeatedWhileUnderWay(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := NewDelayedStore(t)
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		all := s.programs("A", "A", "B")
		one, two, b := all[0], all[1], all[2]
		send := `{"op":"send","id":"7","to":"B","text":"x"}`
		store.hold()
		one.say(send, send)
		one.sync()
		two.say(send)
		calm(all...)
		store.release()
		one.wants(messageText(1, "A", "B", "x"), ackOf("7", 1), ackOf("7", 1))
		two.wantsBoth(messageText(1, "A", "B", "x"), ackOf("7", 1))
		b.wants(messageText(1, "A", "B", "x"))
		two.say(send)
		two.wants(ackOf("7", 1))
		calm(all...)

		// If it fails, all are told, and it may be sent again.
		store.hold()
		store.breaks(errFullDisk)
		send = `{"op":"send","id":"8","to":"B","text":"y"}`
		one.say(send)
		one.sync()
		two.say(send, send)
		two.sync()
		store.breaks(nil)
		store.release()
		one.wants(errorOf("8", "unavailable"))
		two.wants(errorOf("8", "unavailable"), errorOf("8", "unavailable"))
		two.say(send)
		two.wantsBoth(messageText(2, "A", "B", "y"), ackOf("8", 2))
		one.wants(messageText(2, "A", "B", "y"))
		b.wants(messageText(2, "A", "B", "y"))
		calm(all...)
	})
}

// The client that lost its connection before the ack sends again on a new one;
// nothing is left of the old.
func TestRepeatedAfterALostConnection(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := NewDelayedStore(t)
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		b := s.program("B")
		store.hold()
		send := `{"op":"send","id":"7","to":"B","text":"x"}`
		for range 3 {
			lost := s.program("A")
			lost.say(send)
			lost.sync()
			lost.reset()
			s.gone("A")
		}
		store.release()
		b.wants(messageText(1, "A", "B", "x"))
		a := s.program("A")
		a.say(send)
		a.wants(ackOf("7", 1))
		calm(a, b)
		s.acks.mu.Lock()
		defer s.acks.mu.Unlock()
		if len(s.acks.underWay) != 0 || len(s.acks.answered) != 1 {
			t.Errorf("left: %v, %v", s.acks.underWay, s.acks.answered)
		}
	})
}
