package hub

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest user id and the longest group name, in bytes.
const maxName = 64

// Everyone is the destination, and the name of the conversation, of all users.
const Everyone = "all"

const groupPrefix = "group"

// ValidUser reports whether name can be a user id: 1 to 64 bytes of letters and
// digits of any script and _ - . @, neither a reserved word nor beginning as
// groups do.
func ValidUser(name string) bool {
	switch name {
	case "login", Everyone, "join", "leave", "who", "history":
		return false
	}
	return len(name) <= maxName && validLetters(name) && !isGroup(name)
}

// ValidGroup reports whether name can be a group: "group" and 1 to 58 bytes of
// the letters that user ids have.
func ValidGroup(name string) bool {
	rest, ok := strings.CutPrefix(name, groupPrefix)
	return ok && len(rest) <= 58 && validLetters(rest)
}

// isGroup reports whether name can only mean a group, though perhaps no valid one.
func isGroup(name string) bool { return strings.HasPrefix(name, groupPrefix) }

func validLetters(s string) bool {
	for _, r := range s {
		switch {
		case r == utf8.RuneError: // never a letter, and what bytes that are no UTF-8 read as
			return false
		case unicode.IsLetter(r), unicode.IsDigit(r):
		case r == '_', r == '-', r == '.', r == '@':
		default:
			return false
		}
	}
	return s != ""
}
