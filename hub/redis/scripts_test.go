package redis

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// Each connection loads every script, and the head of each file documents every
// argument that it uses.
func TestScripts(t *testing.T) {
	names, err := fs.Glob(sources, "scripts/*.lua")
	if err != nil || len(names) != len(scripts)+3 {
		t.Errorf("%d files, %v; want the prelude, send, kept and %d scripts", len(names), err, len(scripts))
	}
	argument := regexp.MustCompile(`\b(?:KEYS|ARGV)\[\d\]`)
	for _, name := range names {
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(string(text), "\n\n")
		if name == "scripts/send.lua" {
			head = source("append") // says it
		}
		for _, used := range append(argument.FindAllString(body, -1), "KEYS[1]") {
			if !strings.Contains(head, used) {
				t.Errorf("%s: the head does not say what %s is", name, used)
			}
		}
	}
}
