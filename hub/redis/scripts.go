package redis

import (
	"embed"
	"strings"

	"wschat/hub/redis/resp"
)

// Each file of scripts is one script, and says what it does, its KEYS and ARGV, and
// its reply.
//
//go:embed scripts/*.lua
var sources embed.FS

// Scripts on a conversation.
var (
	appendScript  = script("append")
	syncScript    = script("sync")
	presentScript = script("present")
	joinScript    = script("join")
	leaveScript   = script("leave")
	whoScript     = script("who")
	waitingScript = script("waiting")
	sizesScript   = script("sizes")
	trimScript    = script("trim")
)

// Scripts on a user.
var (
	loginScript  = script("login")
	countScript  = script("count")
	noteScript   = script("note")
	pairScript   = script("pair")
	userScript   = script("user")
	enrollScript = script("enroll")
	kickScript   = script("kick")
	forgetScript = script("forget")
)

// Scripts on the nodes and on all users.
var (
	forgottenScript = script("forgotten")
	leaseScript     = script("lease")
	epochScript     = script("epoch")
	probeScript     = script("probe")
	ledgerScript    = script("ledger")
)

// scripts are all of them, which each connection loads.
var scripts []*resp.Script

// script returns the script of that name, behind the prelude, and adds it to scripts. A
// first line with flags stays the first.
func script(name string) *resp.Script {
	text, flags := source(name), ""
	if strings.HasPrefix(text, "#!") {
		flags, text, _ = strings.Cut(text, "\n")
		flags += "\n"
	}
	s := resp.NewScript(flags + source("prelude") + text)
	scripts = append(scripts, s)
	return s
}

// source panics if there is no such file, at the start of the program.
func source(name string) string {
	text, err := sources.ReadFile("scripts/" + name + ".lua")
	if err != nil {
		panic(err)
	}
	return string(text)
}
