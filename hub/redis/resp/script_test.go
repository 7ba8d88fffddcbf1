//go:build redis

package resp

import (
	"fmt"
	"strings"
	"testing"

	"wschat/hub/redis/redistest"
)

var increase = NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")

func TestScriptIsLoadedFirst(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, Config{URL: server.URL(), Scripts: []*Script{increase}})
	var a answers
	for range 100 {
		a.do(t, c, "k", increase, 1)
	}
	a.inOrder(t)
	if got := server.CLI("info", "commandstats"); strings.Contains(got, "cmdstat_eval:") {
		t.Error("it was sent by EVAL:", got)
	}
	server.Kill()
	waitUp(t, c, false)
	server.Restart(false)
	waitUp(t, c, true)
	if got := call(t, c, "k", increase, 1); got != "1" {
		t.Error("after a restart:", got)
	}
	if got := server.CLI("info", "commandstats"); strings.Contains(got, "cmdstat_eval:") {
		t.Error("it was sent by EVAL after a restart:", got)
	}
}

// Calls of a script that the server does not know are sent again, in the order of
// Do, and what was given to Do meanwhile comes behind them.
func TestScriptIsUnknown(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, Config{URL: server.URL(), Scripts: []*Script{increase}})
	waitUp(t, c, true)
	server.CLI("script", "flush")
	var a answers
	for range 20 {
		for range 500 {
			a.do(t, c, "k", increase, 1)
		}
		if err := c.Do("", nil, "SCRIPT", "FLUSH"); err != nil {
			t.Fatal(err)
		}
	}
	a.inOrder(t)
	if got := call(t, c, "k", "GET", "k"); got != fmt.Sprint(a.asked) {
		t.Error("each once:", got)
	}
}

func TestScriptThatIsNone(t *testing.T) {
	noLua := NewScript("is no Lua")
	c := open(t, Config{URL: redistest.Start(t).URL(), Scripts: []*Script{noLua}})
	_, err := ask(t, c, "k", noLua, 0)
	if wrong, ok := err.(*ServerError); !ok || wrong.Code() != "ERR" {
		t.Error(err)
	}
}
