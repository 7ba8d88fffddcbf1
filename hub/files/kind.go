package files

import (
	"bytes"
	"slices"
)

// unknown is the type of what is none of the types below. Browsers do not show it.
const unknown = "application/octet-stream"

// headSize is how many of the first bytes tell the type, at most.
const headSize = 512

// kinds are the types that browsers may show, and how such a file begins. None of them is a
// document that can run a script, but PDF, whose viewers keep it away from the page.
var kinds = []struct {
	name string
	is   func(head []byte) bool
}{
	{"image/png", begins("\x89PNG\r\n\x1a\n")},
	{"image/jpeg", begins("\xff\xd8\xff")},
	{"image/gif", func(b []byte) bool { return begins("GIF87a")(b) || begins("GIF89a")(b) }},
	{"image/webp", riff("WEBPVP8")},
	{"image/avif", func(b []byte) bool { return brand(b, "avif", "avis") }},
	{"audio/mp4", func(b []byte) bool { return bytes.HasPrefix(ftyp(b), []byte("M4A ")) }},
	{"video/mp4", func(b []byte) bool {
		return brand(b, "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash")
	}},
	{"video/webm", webm},
	{"audio/mpeg", mp3},
	{"video/ogg", func(b []byte) bool { return begins("OggS")(b) && bytes.Contains(b, []byte("\x80theora")) }},
	{"audio/ogg", begins("OggS")},
	{"audio/wav", riff("WAVE")},
	{"application/pdf", begins("%PDF-")},
}

// kindOf returns the type of a file by its first bytes.
func kindOf(head []byte) string {
	head = head[:min(len(head), headSize)]
	for _, k := range kinds {
		if k.is(head) {
			return k.name
		}
	}
	return unknown
}

// isShown reports whether browsers may show a type, instead of saving it.
func isShown(kind string) bool {
	for _, k := range kinds {
		if k.name == kind {
			return true
		}
	}
	return false
}

func begins(with string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(with)) }
}

// riff tells a kind of RIFF file: its length comes before the kind.
func riff(kind string) func([]byte) bool {
	return func(b []byte) bool {
		return len(b) >= 12 && string(b[:4]) == "RIFF" && bytes.HasPrefix(b[8:], []byte(kind))
	}
}

// ftyp returns the brands of an ISO media file (ISO/IEC 14496-12), with a version behind the
// first; nil: it is none.
func ftyp(b []byte) []byte {
	if len(b) < 16 || string(b[4:8]) != "ftyp" {
		return nil
	}
	size := int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	if size < 16 || size > headSize {
		return nil
	}
	return b[8:min(size, len(b))]
}

// brand reports whether an ISO media file has one of some brands.
func brand(b []byte, brands ...string) bool {
	for i, rest := 0, ftyp(b); len(rest) >= 4; i, rest = i+1, rest[4:] {
		if i != 1 && slices.Contains(brands, string(rest[:4])) {
			return true
		}
	}
	return false
}

// webm reports whether an EBML file is of the type webm (RFC 8794): others are Matroska.
func webm(b []byte) bool {
	if !begins("\x1a\x45\xdf\xa3")(b) {
		return false
	}
	at := bytes.Index(b, []byte("\x42\x82\x84webm"))
	return at > 0 && at < 64
}

// mp3 reports whether a file begins with an ID3 tag, or with a frame of MPEG audio, layer III.
func mp3(b []byte) bool {
	if begins("ID3")(b) {
		return true
	}
	return len(b) >= 3 && b[0] == 0xff && b[1]&0xe6 == 0xe2 && b[1]&0x18 != 0x08 && // a version that there is
		b[2]>>4 != 0 && b[2]>>4 != 15 && b[2]&0x0c != 0x0c // a bit rate and a sampling rate
}
