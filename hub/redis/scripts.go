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
	appendScript  = script("append", ":h", ":s")
	syncScript    = script("sync", ":h", ":s")
	historyScript = script("history", ":s")
	presentScript = script("present", ":m", ":o")
	joinScript    = script("join", ":h", ":s", ":m", ":o")
	leaveScript   = script("leave", ":h", ":s", ":m", ":o")
	whoScript     = script("who", ":o")
	waitingScript = script("waiting", ":h", ":s")
	writtenScript = script("written", ":h")
	trimScript    = script("trim", ":h", ":s")
)

// Scripts on a user.
var (
	loginScript   = script("login", ":h", ":g", ":p")
	countScript   = script("count", ":h", ":g", ":p")
	noteScript    = script("note", ":h", ":p")
	inboxesScript = script("inboxes", ":h", ":p")
	settledScript = script("settled", ":h")
	userScript    = script("user", ":h", ":g", ":p")
	enrollScript  = script("enroll", ":h", ":g")
	joinedScript  = script("joined", ":h", ":g")
	kickScript    = script("kick", ":h")
	forgetScript  = script("forget", ":h", ":g", ":p")
)

// Scripts on the nodes and on all users.
var (
	awayScript   = script("away", ":due", ":of", ":idle", ":idle:from", ":holding", ":holding:from")
	crowdScript  = script("crowd", ":due", ":idle", ":idle:from", ":holding", ":holding:from")
	leaseScript  = script("lease", ":epoch", ":lease", ":servers")
	probeScript  = script("probe")
	ledgerScript = script("ledger", ":by", ":sum", ":room")
)

// scripts are all of them, which each connection loads.
var scripts []*resp.Script

// script returns the script of that name, behind the prelude, and adds it to scripts. A
// first line with flags stays the first.
func script(name string, suffixes ...string) *resp.Script {
	text, flags := source(name), ""
	if strings.HasPrefix(text, "#!") {
		flags, text, _ = strings.Cut(text, "\n")
		flags += "\n"
	}
	s := resp.NewScript(flags+source("prelude")+text, suffixes...)
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
