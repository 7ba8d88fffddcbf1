package files

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"
)

// "The type comes from the first bytes": what each begins with, and what only looks like it.
func TestKinds(t *testing.T) {
	box := func(text string) string { return "\x00\x00\x00" + string(rune(len(text)+4)) + text }
	for head, want := range map[string]string{
		"\x89PNG\r\n\x1a\n\x00":                                    "image/png",
		"\xff\xd8\xff\xe0\x00\x10JFIF":                             "image/jpeg",
		"GIF87a":                                                   "image/gif",
		"GIF89a<script>alert(1)</script>":                          "image/gif",
		"RIFF\x00\x00\x00\x00WEBPVP8 ":                             "image/webp",
		"RIFF\x00\x00\x00\x00WAVEfmt ":                             "audio/wav",
		"RIFF\x00\x00\x00\x00AVI LIST":                             unknown,
		box("ftypavif\x00\x00\x00\x00mif1"):                        "image/avif",
		box("ftypmif1\x00\x00\x00\x00avif"):                        "image/avif",
		box("ftypisom\x00\x00\x02\x00iso2mp41"):                    "video/mp4",
		box("ftypM4A \x00\x00\x00\x00isom"):                        "audio/mp4",
		box("ftypheic\x00\x00\x00\x00mif1"):                        unknown,
		box("ftypqt  \x00\x00\x00\x00qt  "):                        unknown,
		"\x00\x00\x00\x08ftypavif":                                 unknown,
		"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm":     "video/webm",
		"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska": unknown,
		"ID3\x04\x00":                                              "audio/mpeg",
		"\xff\xfb\x90\x64":                                         "audio/mpeg",
		"\xff\xf3\x40\xc0":                                         "audio/mpeg",
		"\xff\xfe<\x00s\x00":                                       unknown, // UTF-16
		"\xff\xff\xff\xff":                                         unknown,
		"OggS\x00\x02OpusHead":                                     "audio/ogg",
		"OggS\x00\x02\x80theora":                                   "video/ogg",
		"%PDF-1.7":                                                 "application/pdf",
		" %PDF-1.7":                                                unknown,
		"<!DOCTYPE html><script>alert(1)</script>":                 unknown,
		"<html>":                                    unknown,
		"<?xml version='1.0'?><svg onload='x'>":     unknown,
		"<svg xmlns='http://www.w3.org/2000/svg'/>": unknown,
		"alert(1)":                                  unknown,
		"PK\x03\x04":                                unknown,
		"BM":                                        unknown,
		"":                                          unknown,
		"\x00asm":                                   unknown,
	} {
		if got := kindOf([]byte(head)); got != want {
			t.Errorf("%q: got %s, want %s", head, got, want)
		}
	}
	for _, k := range kinds {
		if !isShown(k.name) || strings.HasPrefix(k.name, "text/") || strings.Contains(k.name, "xml") {
			t.Errorf("%s is shown: %v", k.name, isShown(k.name))
		}
	}
	if isShown(unknown) || isShown("text/html") {
		t.Error("something else is shown")
	}
}

// The width and height of pictures.
func TestPictureSizes(t *testing.T) {
	picture := image.NewPaletted(image.Rect(0, 0, 31, 17), color.Palette{color.Black, color.White})
	encoded := make(map[string]*bytes.Buffer)
	for _, kind := range []string{"image/png", "image/jpeg", "image/gif"} {
		encoded[kind] = new(bytes.Buffer)
	}
	if png.Encode(encoded["image/png"], picture) != nil || jpeg.Encode(encoded["image/jpeg"], picture, nil) != nil || gif.Encode(encoded["image/gif"], picture, nil) != nil {
		t.Fatal("a picture cannot be encoded")
	}
	// A camera writes much before the size of a picture.
	jpegs := encoded["image/jpeg"].Bytes()
	long := append([]byte(nil), jpegs[:2]...)
	for range 12 {
		long = append(append(long, 0xff, 0xe1, 0xff, 0xff), make([]byte, 65533)...)
	}
	encoded["image/jpeg long"] = bytes.NewBuffer(append(long, jpegs[2:]...))
	encoded["image/webp VP8"] = bytes.NewBufferString("RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x1f\x00\x11\x00")
	encoded["image/webp VP8L"] = bytes.NewBufferString("RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f\x1e\x00\x04\x00\x00\x00\x00\x00\x00")
	encoded["image/webp VP8X"] = bytes.NewBufferString("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x1e\x00\x00\x10\x00\x00")
	for name, b := range encoded {
		kind, _, _ := strings.Cut(name, " ")
		if got := kindOf(b.Bytes()); got != kind {
			t.Errorf("%s: the kind is %s", name, got)
		}
		if w, h := sizeOf(kind, bytes.NewReader(b.Bytes())); w != 31 || h != 17 {
			t.Errorf("%s: got %d × %d", name, w, h)
		}
	}
	// A bomb says that it is 2,147,483,647 pixels wide and high; what is cut says nothing.
	bomb := bytes.Clone(encoded["image/png"].Bytes())
	copy(bomb[16:], "\x7f\xff\xff\xff\x7f\xff\xff\xff")
	for name, b := range map[string][]byte{"a bomb": bomb, "half": bomb[:20], "nothing": nil} {
		if w, h := sizeOf("image/png", bytes.NewReader(b)); w != 0 || h != 0 {
			t.Errorf("%s: got %d × %d", name, w, h)
		}
	}
}

// Any bytes have a type, and no size that is not to be believed.
func FuzzKind(f *testing.F) {
	var b bytes.Buffer
	png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 1)))
	f.Add(b.Bytes())
	f.Add([]byte("GIF89a\x02\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00;"))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\xff\xc0\x00\x0b\x08\x00\x01\x00\x02\x01\x01\x11\x00"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x1e\x00\x00\x10\x00\x00"))
	f.Add([]byte("\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00avif"))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind := kindOf(b)
		if w, h := sizeOf(kind, bytes.NewReader(b)); w < 0 || h < 0 || w > maxSide || h > maxSide || (w == 0) != (h == 0) {
			t.Errorf("%s of %d × %d", kind, w, h)
		}
	})
}

// Whatever is in the directory, reading it fails or not, and no more.
func FuzzTail(f *testing.F) {
	t := tail{User: "A"}
	t.Name, t.Size = "name", 4
	f.Add(t.append([]byte("text")))
	f.Add([]byte("wsf1"))
	f.Add(append(make([]byte, claimSize), "\xff\xffwsf1"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := t.TempDir() + "/file"
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if tail, _, err := readTail(file); err == nil && (tail.Size < 0 || tail.Size > int64(len(b))) {
			t.Errorf("%q has %d bytes", b, tail.Size)
		}
	})
}
