package resp

import (
	"strings"
	"testing"
)

func TestURL(t *testing.T) {
	for _, row := range []struct {
		url  string
		want target
	}{
		{"redis://h", target{addr: "h:6379"}},
		{"redis://127.0.0.1:7000/", target{addr: "127.0.0.1:7000"}},
		{"redis://[::1]:7000/2", target{addr: "[::1]:7000", db: 2}},
		{"redis://:pa%40ss@h/15", target{addr: "h:6379", password: "pa@ss", db: 15}},
		{"redis://ann:pass@h", target{addr: "h:6379", user: "ann", password: "pass"}},
		{"rediss://h:1", target{addr: "h:1", secure: true}},
		{"rediss://h:1?ca=f", target{addr: "h:1", secure: true, ca: "f"}},
	} {
		got, err := parseURL(row.url)
		if err != nil || got != row.want {
			t.Errorf("%s: %+v %v", row.url, got, err)
		}
	}
	for _, url := range []string{"", "h:6379", "http://h", "redis://", "redis://h/x", "redis://h/-1", "redis://h?x=1",
		"redis://h?ca=f", "rediss://h?x=1", "redis://ann@h", "redis://:secret@h:port", "redis://h:6379:1",
		"redis://h:0", "redis://h:65536", "redis://h:99999", "redis://:secret@h:99999",
		"redis://:secret/x@h", "redis://ann:12/secret@h", "redis://ann:12?secret@h", "redis://ann:secret#x@h", "redis://:%secret@h"} {
		_, err := Open(Config{URL: url})
		if err == nil || CheckURL(url, false) == nil {
			t.Errorf("%s is accepted", url)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is in %v", err)
		}
	}
}
