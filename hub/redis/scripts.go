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
	appendScript   = script("send append", ":h", ":s")
	amendScript    = script("send kept amend", ":h", ":s")
	syncScript     = script("kept sync", ":h", ":s")
	historyScript  = script("kept history", ":h", ":s")
	extentScript   = script("kept extent", ":h", ":s")
	presenceScript = script("presence", ":m", ":o")
	joinScript     = script("kept join", ":h", ":s", ":m", ":o")
	leaveScript    = script("kept leave", ":h", ":s", ":m", ":o")
	whoScript      = script("who", ":o")
	waitingScript  = script("kept waiting", ":h", ":s")
	writtenScript  = script("written", ":h")
	trimScript     = script("kept trim", ":h", ":s")
	sweepScript    = script("kept sweep", ":h", ":s")
	topicScript    = script("topic", ":h")
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
	forgetScript  = script("forget", ":h", ":g", ":p", ":k", ":kt")
	markScript    = script("mark", ":k", ":kt")
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

// script returns the script of files, the last of which names it, behind the prelude, and adds
// it to scripts. A first line with flags, of that one, stays the first.
func script(files string, suffixes ...string) *resp.Script {
	text, flags := source("prelude"), ""
	for _, name := range strings.Fields(files) {
		part := source(name)
		if strings.HasPrefix(part, "#!") {
			flags, part, _ = strings.Cut(part, "\n")
			flags += "\n"
		}
		text += part
	}
	s := resp.NewScript(flags+text, suffixes...)
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
