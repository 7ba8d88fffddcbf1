package hub

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

func TestJoinAndLeave(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b := s.client("A"), s.client("B")
		a.say("join,groupX", "join,groupX") // twice does no harm
		a.want("系统:已加入 groupX", "系统:已加入 groupX")
		b.say("join,group前端", "groupX,1")
		b.want("系统:已加入 group前端", "用户(B=>B):1")
		a.want("用户(B=>A):1")
		quiet(a, b) // a line client hears nothing of who joins

		a.say("leave,groupX")
		a.want("系统:已离开 groupX")
		b.say("groupX,2")
		b.want("用户(B=>B):2")
		quiet(b, a)
		a.say("leave,groupX")
		a.want("错误:你不在 groupX 中")

		// The last one to leave leaves nothing behind but the history.
		b.say("leave,groupX", "who,groupX", "join,groupX", "history,groupX")
		b.want("系统:已离开 groupX", "系统:在线 0:", "系统:已加入 groupX", "用户(B=>B):1", "用户(B=>B):2")
		b.say("leave,groupX", "leave,group前端")
		b.want("系统:已离开 groupX", "系统:已离开 group前端")
		quiet(a, b)
		if groups, n, err := s.engine.Groups(); len(groups) > 0 || n > 0 || err != nil {
			t.Errorf("groups without members are left: %v, %v", groups, err)
		}
	})
}

// A user may be in a thousand groups; what goes beyond is refused.
func TestTooManyGroups(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.client("A")
	for i := range chat.MaxGroups {
		a.say(fmt.Sprintf("join,group%d", i))
		a.want(fmt.Sprintf("系统:已加入 group%d", i))
	}
	tooMany := fmt.Sprintf("错误:最多同时在 %d 个群组中", chat.MaxGroups)
	a.say("join,groupX", "groupX,text", "join,group7", "group7,text")
	a.want(tooMany, tooMany, "系统:已加入 group7", "用户(A=>A):text")
	a.say("leave,group7", "join,groupX", "join,group7")
	a.want("系统:已离开 group7", "系统:已加入 groupX", tooMany)
	quiet(a)
	b := s.client("B") // the limit is each user's own
	b.say("join,groupY")
	b.want("系统:已加入 groupY")
}

func TestWho(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b, c := s.client("A"), s.client("张三"), s.client("B")
		s.away("Away")
		a.say("who,")
		a.want("系统:在线 3: A B 张三")
		b.say("join,groupX")
		b.want("系统:已加入 groupX")
		c.say("join,groupX")
		c.want("系统:已加入 groupX")
		a.say("who,groupX", "who,groupY") // also for who is not in it
		a.want("系统:在线 2: B 张三", "系统:在线 0:")
		b.conn.Close()
		s.gone("张三")
		a.say("who,groupX", "who,")
		a.want("系统:在线 1: B", "系统:在线 2: A B")
		quiet(a, c)
	})
}

// PROTOCOL 3: the count is the whole, the list ends after 1,000 ids.
func TestWhoManyUsers(t *testing.T) {
	s := start(t, loop.Config{Goroutines: true}, silent)
	var names []string
	for i := range chat.MaxNames {
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close() })
		names = append(names, fmt.Sprintf("u%04d", i))
		if err := s.loops.Add(loop.Arrival{Conn: far, Handler: s.handler(Access{User: names[i]})}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all are online", func() bool {
		_, count, _ := s.engine.Who("")
		return count == chat.MaxNames
	})
	list, count, _ := s.engine.Who("")
	if count != chat.MaxNames || string(wire.Line{}.Members(wire.Request{}, list, count, nil)) != "系统:在线 1000: "+strings.Join(names, " ") {
		t.Errorf("%d are online: %v", count, list)
	}
	z := s.client("z")
	z.say("who,")
	z.want("系统:在线 1001: " + strings.Join(names, " ") + " …")
	a := s.client("a")
	a.say("who,")
	a.want("系统:在线 1002: a " + strings.Join(names[:chat.MaxNames-1], " ") + " …")
}

func TestHistory(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b := s.client("A"), s.client("B")
		none := "系统:没有历史消息"
		a.say("history,all", "history,B", "history,Nobody", "join,groupX", "history,groupX")
		a.want(none, none, none, "系统:已加入 groupX", none)

		// all and a group: R is the asker, also for what it did not hear itself.
		a.say("all,to all")
		a.want("用户(A=>A):to all")
		a.say("groupX,to the group")
		a.want("用户(A=>A):to the group")
		b.want("用户(A=>B):to all")
		b.say("history,all", "join,groupX", "history,groupX")
		b.want("用户(A=>B):to all", "系统:已加入 groupX", "用户(A=>B):to the group")

		// A pair of users: R is the one to whom it went, whoever asks.
		a.say("B,1, one")
		b.want("用户(A=>B):1, one")
		b.say("A,2")
		a.want("用户(B=>A):2")
		a.Send(frame.Binary, []byte("B,\x00\xff"))
		binary := []byte("用户(A=>B):\x00\xff")
		b.wantMessage(frame.Binary, binary)
		b.say("history,A")
		a.say("history,B")
		for _, c := range []*client{a, b} {
			c.want("用户(A=>B):1, one", "用户(B=>A):2")
			c.wantMessage(frame.Binary, binary)
		}
		a.say("A,note", "history,A")
		a.want("用户(A=>A):note", "用户(A=>A):note")

		// Nobody else sees it.
		c := s.client("C")
		c.say("history,A", "history,B", "history,groupX")
		c.want(none, none, "错误:你不在 groupX 中")
		quiet(a, b, c)
	})
}

// PROTOCOL 3: the last 50, oldest first.
func TestHistoryLimit(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a := s.client("A")
		long := strings.Repeat("x", 50<<10) // in all more than the sockets take
		var all []string
		for i := range 60 {
			text := fmt.Sprintf("%d %s", i, long)
			a.say("groupX," + text)
			all = append(all, "用户(A=>A):"+text)
			a.want(all[i])
			if i == 49 {
				a.say("history,groupX")
				a.want(all...)
			}
		}
		// What is asked for at once is answered in turn.
		a.say("history,groupX", "who,", "history,groupX", "all,next")
		a.want(all[10:]...)
		a.want("系统:在线 1: A")
		a.want(all[10:]...)
		a.want("用户(A=>A):next")
		quiet(a)
	})
}

// Clients that ask for much and read little make the server hold little: bodies
// are shared, and further questions wait.
func TestPipelinedQuestions(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		driver.Queue = 256 << 10
		s := start(t, driver, silent)
		a := s.client("A")
		body := strings.Repeat("x", 64<<10)
		for range wire.LineHistory {
			a.say("all," + body)
			a.want("用户(A=>A):" + body)
		}
		var pipelined earlyFrames
		for range 250 {
			pipelined.text("history,all")
			pipelined.text("who,groupX")
		}
		before := heap()
		var all []*client
		for range 10 {
			b := s.raw("B")
			all = append(all, b)
			if err := b.Raw(pipelined); err != nil {
				t.Fatal(err)
			}
			b.want("用户(A=>B):" + body)
		}
		if held := heap() - before; held > 12<<20 { // the answers of one round are 32 MiB
			t.Errorf("10 clients make the server hold %d bytes", held)
		}
		for range wire.LineHistory - 1 {
			all[0].want("用户(A=>B):" + body)
		}
		all[0].want(answer)
		a.say("who,")
		a.want("系统:在线 2: A B")
		for _, b := range all { // their other questions are never answered
			b.reset()
		}
		s.gone("B")
		quiet(a)
	})
}

// heap tells how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
