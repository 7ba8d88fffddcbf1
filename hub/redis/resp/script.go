package resp

import (
	"crypto/sha1"
	"encoding/hex"
)

// Script is a Lua script, given to Do or Call in the place of a command's name:
//
//	c.Do(key, done, script, 2, key, otherKey, argument)
//
// It is sent as EVALSHA, so what follows is the number of keys, the keys and the
// arguments. Those of Config.Scripts are loaded on each connection before
// anything else; where a script has gone nevertheless (SCRIPT FLUSH), or is none
// of them, it is sent again by EVAL. Safe for concurrent use.
type Script struct {
	source string
	sha    string // in hexadecimal
}

// NewScript returns the script with this source.
func NewScript(source string) *Script {
	sum := sha1.Sum([]byte(source))
	return &Script{source: source, sha: hex.EncodeToString(sum[:])}
}
