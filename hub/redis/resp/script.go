package resp

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
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

// script returns the same script that was called before, or a copy if it is new,
// so that what Do is given need not be on the heap. The lock is held.
func (c *Client) script(given *Script) *Script {
	for _, s := range c.scripts {
		if s == given || s.sha == given.sha {
			return s
		}
	}
	s := &Script{source: strings.Clone(given.source), sha: strings.Clone(given.sha)}
	c.scripts = append(c.scripts, s)
	return s
}
