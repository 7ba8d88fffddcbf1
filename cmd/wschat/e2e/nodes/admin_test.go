//go:build e2e && linux

package nodes

import (
	"errors"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
	"wschat/hub/redis/redistest"
)

// PROTOCOL 8: the operator of any node sees and does the same; 503 while Redis is
// out of reach.
func TestNodesOperator(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	nodes := startNodes(t, 2, redis.URL())
	a, b := lineClient(t, nodes[0], "A"), lineClient(t, nodes[1], "B")
	lineClient(t, nodes[1], "A")
	a.until(t, "用户(B)登录了")
	b.say("join,groupX")
	b.until(t, "系统:已加入 groupX")

	do := func(s *target.Server, path, body string, status int, answer string) {
		t.Helper()
		got, text := s.Admin(path, body)
		if got != status || answer != "" && text != answer+"\n" {
			t.Errorf("%s %s: got %d %s, want %d %s", path, body, got, text, status, answer)
		}
	}
	for _, s := range nodes {
		do(s, "/api/users", "", 200, `{"count":2,"users":[{"user":"A","connections":2},{"user":"B","connections":1}]}`)
		do(s, "/api/groups", "", 200, `{"count":1,"groups":[{"group":"groupX","members":1,"online":1}]}`)
	}
	do(nodes[0], "/api/publish", `{"from":"bot","to":"groupX","text":"hi"}`, 200, `{"seq":1}`)
	b.until(t, "用户(bot=>B):hi")
	do(nodes[0], "/api/publish", `{"from":"bot","to":"B","text":"ho"}`, 200, `{"seq":1}`)
	b.until(t, "用户(bot=>B):ho")
	do(nodes[0], "/api/publish", `{"from":"bot","to":"nobody","text":"ho"}`, 404, "")
	do(nodes[1], "/api/kick", `{"user":"A"}`, 200, `{"connections":2}`)
	do(nodes[1], "/api/kick", `{"user":"nobody"}`, 404, "")
	b.until(t, "用户(A)退出了")
	for {
		m, err := a.NextMessage()
		if err != nil {
			t.Fatal(err)
		}
		if m.Opcode == frame.Close {
			if code, _, _ := frame.ParseClose(m.Payload); code != frame.PolicyViolation {
				t.Errorf("A is closed with %v", code)
			}
			break
		}
	}
	do(nodes[0], "/api/kick", `{"user":"A","for":"10m"}`, 200, `{"connections":0}`)
	for _, s := range nodes {
		_, err := s.OpenWith("/socket?userId=A", handshake.Dialer{})
		var refused *handshake.StatusError
		if !errors.As(err, &refused) || refused.Status != 403 {
			t.Errorf("A is banned, but got %v", err)
		}
	}
	for _, name := range []string{"up", "commands_total", "replies_total", "messages_total", "written_bytes_total", "read_bytes_total"} {
		if nodes[0].Metric("wschat_redis_"+name) == 0 {
			t.Errorf("there is no wschat_redis_%s", name)
		}
	}

	redis.Stop()
	if !target.Until(func() bool { return health(t, nodes[0]) == 503 }) {
		t.Fatal("it does not find out")
	}
	do(nodes[0], "/api/users", "", 503, "")
	do(nodes[0], "/api/groups", "", 503, "")
	do(nodes[0], "/api/publish", `{"from":"bot","to":"all","text":"hi"}`, 503, "")
	do(nodes[0], "/api/kick", `{"user":"B"}`, 503, "")
	b.say("who,", "history,all", "join,groupY", "A,x")
	for range 4 {
		b.until(t, "错误:暂时无法发送")
	}
	redis.Restart(false)
	if !target.Until(func() bool { return health(t, nodes[0]) == 200 && health(t, nodes[1]) == 200 }) {
		t.Fatal("it does not come back")
	}
	do(nodes[0], "/api/users", "", 200, `{"count":1,"users":[{"user":"B","connections":1}]}`)
	do(nodes[0], "/api/groups", "", 200, `{"count":1,"groups":[{"group":"groupX","members":1,"online":1}]}`)
}
