package resp

import (
	"crypto/sha1"
	"encoding/hex"
)

// Script is a Lua script, given to Do or Ask in the place of a command's name:
//
//	c.Do(key, done, script, Key, …, argument, …)
//
// Its KEYS are the key with each of its suffixes, and then those of type Key, which must
// have the same hash tag. They must be all that it touches: a cluster looks at them while
// a slot moves.
//
// It is sent as EVALSHA. Config.Scripts are loaded on each connection before anything
// else; where one has gone nevertheless (SCRIPT FLUSH), it is sent again by EVAL. Safe
// for concurrent use.
type Script struct {
	source   string
	sha      string // in hexadecimal
	suffixes []string
}

// Key is an argument that is one of a script's KEYS.
type Key string

// NewScript returns the script with this source. Without suffixes, the key itself is
// KEYS[1].
func NewScript(source string, suffixes ...string) *Script {
	if suffixes == nil {
		suffixes = []string{""}
	}
	sum := sha1.Sum([]byte(source))
	return &Script{source: source, sha: hex.EncodeToString(sum[:]), suffixes: suffixes}
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
