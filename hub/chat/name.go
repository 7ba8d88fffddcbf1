package chat

import (
	"errors"
	"strings"
)

// MaxName is the longest user id and the longest group name, in bytes.
const MaxName = 64

// Everyone is the destination, and the name of the conversation, of all users.
const Everyone = "all"

const groupPrefix = "group"

// What keeps a text from being a name (PROTOCOL section 2).
var (
	ErrNameEmpty         = errors.New("the name is empty")
	ErrNameLong          = errors.New("the name is too long")
	ErrNameReserved      = errors.New("the name is a reserved word")
	ErrNameGroup         = errors.New("the name begins with group")
	ErrNameLetter        = errors.New("the name has a character that is no letter, digit, mark or _ - . @")
	ErrNameMark          = errors.New("the name has a mark that may not stand there; a letter with its mark may be one character (NFC)")
	ErrNameForm          = errors.New("the name can be written in another way, which is its canonical form (NFC)")
	ErrNameCompatibility = errors.New("the name has a compatibility form of a letter or digit, such as a wide one or a ligature")
	ErrNameScript        = errors.New("the name mixes scripts, or digits, that look alike")
)

// CheckUser says why name cannot be a user id: 1 to 64 bytes of the letters that
// checkLetters allows, neither a reserved word nor beginning as groups do. The
// error is one of those above, nil for a user id.
func CheckUser(name string) error {
	switch {
	case len(name) > MaxName:
		return ErrNameLong
	case IsGroup(name):
		return ErrNameGroup
	case isReserved(name):
		return ErrNameReserved
	}
	return checkLetters(name)
}

// checkGroup says why name cannot be a group: "group" and 1 to 58 bytes of the
// letters that user ids have, to which the prefix does not count.
func checkGroup(name string) error {
	rest, ok := strings.CutPrefix(name, groupPrefix)
	switch {
	case !ok:
		return ErrNameGroup
	case len(rest) > 58:
		return ErrNameLong
	}
	return checkLetters(rest)
}

// ValidUser reports whether name can be a user id.
func ValidUser(name string) bool { return CheckUser(name) == nil }

// ValidGroup reports whether name can be a group.
func ValidGroup(name string) bool { return checkGroup(name) == nil }

// CheckTarget says why name cannot be what a message is sent to: Everyone, a group or
// a user id. The error is ErrBadGroup or ErrBadUser.
func CheckTarget(name string) error {
	switch {
	case name == Everyone:
	case IsGroup(name):
		if !ValidGroup(name) {
			return ErrBadGroup
		}
	case !ValidUser(name):
		return ErrBadUser
	}
	return nil
}

// IsGroup reports whether name can only mean a group, valid or not.
func IsGroup(name string) bool { return strings.HasPrefix(name, groupPrefix) }

// isReserved reports whether name, in any case, is a word of the line protocol. With a
// long s (ſ) for its s, history has 8 bytes.
func isReserved(name string) bool {
	switch len(name) {
	case 3:
		return strings.EqualFold(name, Everyone) || strings.EqualFold(name, "who")
	case 4:
		return strings.EqualFold(name, "join")
	case 5:
		return strings.EqualFold(name, "login") || strings.EqualFold(name, "leave")
	case 6:
		return name == "系统" || name == "错误"
	case 7, 8:
		return strings.EqualFold(name, "history")
	}
	return false
}
