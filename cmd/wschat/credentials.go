package main

import (
	"strings"
	"unsafe"
)

// claimArgs returns a copy of the arguments, and overwrites the credentials of URLs in the
// originals. On Unix, ps and /proc/PID/cmdline read that memory, and anybody on the machine
// could find the password of -redis there. It is visible until this call; that of
// WSCHAT_REDIS never is.
//
// args must be os.Args, whose memory is writable; that of a constant is not.
func claimArgs(args []string) []string {
	claimed := make([]string, len(args))
	for i, arg := range args {
		claimed[i] = strings.Clone(arg)
		if from, to, ok := credentials(arg); ok {
			original := unsafe.Slice(unsafe.StringData(arg), len(arg))
			for j := from; j < to; j++ {
				original[j] = '*'
			}
		}
	}
	return claimed
}

// withoutCredentials makes an argument fit to be shown in an error: in the wrong place, it
// may be a URL with a password.
func withoutCredentials(text string) string {
	from, to, ok := credentials(text)
	if !ok {
		return text
	}
	return text[:from] + "***" + text[to:]
}

// credentials finds the text between "://" and the last "@", since somebody may have
// forgotten to escape a password, which may contain anything. One slash is enough: if the
// URL was given as the name of a file, cleaning the name has removed the other.
func credentials(text string) (from, to int, ok bool) {
	const scheme = ":/"
	colon, to := strings.Index(text, scheme), strings.LastIndexByte(text, '@')
	if colon < 0 {
		return 0, 0, false
	}
	from = colon + len(scheme)
	for from < len(text) && text[from] == '/' {
		from++
	}
	return from, to, from < to
}
