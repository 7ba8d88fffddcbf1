package resp

import (
	"crypto/sha1"
	"encoding/hex"
)

// Script is a Lua script with one key, given to Do or Ask in the place of a command's
// name:
//
//	c.Do(key, done, script, argument, …)
//
// It is sent as EVALSHA. Config.Scripts are loaded on each connection before anything
// else; where one has gone nevertheless (SCRIPT FLUSH), it is sent again by EVAL. Safe
// for concurrent use.
type Script struct {
	source string
	sha    string // in hexadecimal
}

// NewScript returns the script with this source.
func NewScript(source string) *Script {
	sum := sha1.Sum([]byte(source))
	return &Script{source: source, sha: hex.EncodeToString(sum[:])}
}

// script returns the one of Config.Scripts that was given, so that the argument of Do need
// not be on the heap. It panics if there is none.
func (c *Client) script(given *Script) *Script {
	for _, s := range c.config.Scripts {
		if s == given {
			return s
		}
	}
	panic("resp: a script that is not in Config.Scripts")
}
