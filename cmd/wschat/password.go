package main

import (
	"strings"
	"unsafe"
)

// claimArgs returns the arguments, and overwrites what URLs among the given ones have
// before the host: on Unix those are the memory that ps and /proc/PID/cmdline read,
// in which anybody on the machine could find the password of -redis. Until here it
// stands there; WSCHAT_REDIS never does.
//
// args must be os.Args, which is writable; a string of the program's text is not.
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

// withoutCredentials makes text fit to be shown: an argument in the wrong place may
// be a URL.
func withoutCredentials(text string) string {
	from, to, ok := credentials(text)
	if !ok {
		return text
	}
	return text[:from] + "***" + text[to:]
}

// credentials finds what stands between "://" and the last "@": a password may
// contain anything, where somebody forgot to escape it. In the name of a file, which is
// cleaned before it is used, one slash is left.
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
