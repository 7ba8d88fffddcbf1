package files

import (
	"encoding/binary"
	"image"
	_ "image/gif" // for image.DecodeConfig, like the next two
	_ "image/jpeg"
	_ "image/png"
	"io"
)

const (
	// maxPictureHead is how far into a picture its size is looked for: behind the notes of a
	// camera, say.
	maxPictureHead = 1 << 20
	// maxSide is the most pixels of a side that are believed.
	maxSide = 65535
)

// sizeOf returns the width and height of a picture in pixels; 0: they are not known. No pixels
// are decoded, whatever the picture says of itself.
func sizeOf(kind string, file io.ReaderAt) (width, height int) {
	switch kind {
	case "image/png", "image/jpeg", "image/gif":
		config, _, err := image.DecodeConfig(io.NewSectionReader(file, 0, maxPictureHead))
		if err == nil {
			width, height = config.Width, config.Height
		}
	case "image/webp":
		width, height = webpSize(file)
	}
	if width < 1 || width > maxSide || height < 1 || height > maxSide {
		return 0, 0
	}
	return width, height
}

// webpSize reads the first chunk of a WebP picture (RFC 9649), which has its size.
func webpSize(file io.ReaderAt) (width, height int) {
	var b [30]byte
	if n, _ := file.ReadAt(b[:], 0); n < len(b) {
		return 0, 0
	}
	le := binary.LittleEndian
	switch string(b[12:16]) {
	case "VP8 ":
		return int(le.Uint16(b[26:]) & 0x3fff), int(le.Uint16(b[28:]) & 0x3fff)
	case "VP8L":
		bits := le.Uint32(b[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
	case "VP8X":
		return int(le.Uint32(b[24:])&0xffffff) + 1, int(le.Uint32(b[26:])>>8) + 1
	}
	return 0, 0
}
