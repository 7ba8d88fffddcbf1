package loop

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"unsafe"
)

// crypto/tls keeps the buffers into which it has read records for the life of a
// connection, as long as the longest record: up to 17 KiB. They are empty between two
// records, but crypto/tls has no way to free them. So a loop lends its own buffer and
// takes it back. If a later crypto/tls has no such field, nothing is lent, and a test
// fails.
var (
	rawBuffer  = bufferField("rawInput")
	handBuffer = bufferField("hand")
)

// bufferField returns the offset of a buffer in a tls.Conn; 0: there is none.
func bufferField(name string) uintptr {
	field, ok := reflect.TypeFor[tls.Conn]().FieldByName(name)
	if !ok || field.Type != reflect.TypeFor[bytes.Buffer]() {
		return 0
	}
	return field.Offset
}

// bufferAt returns a buffer of t, nil if there is none or something is in it.
func bufferAt(t *tls.Conn, field uintptr) *bytes.Buffer {
	if field == 0 {
		return nil
	}
	if b := (*bytes.Buffer)(unsafe.Add(unsafe.Pointer(t), field)); b.Len() == 0 {
		return b
	}
	return nil
}

func dropBuffer(t *tls.Conn, field uintptr) {
	if b := bufferAt(t, field); b != nil {
		*b = bytes.Buffer{}
	}
}

// lendBuffer gives t a buffer to read records into.
func lendBuffer(t *tls.Conn, spare *bytes.Buffer) {
	if b := bufferAt(t, rawBuffer); b != nil {
		*b, *spare = *spare, bytes.Buffer{}
	}
}

// takeBuffer takes it back.
func takeBuffer(t *tls.Conn, spare *bytes.Buffer) {
	if b := bufferAt(t, rawBuffer); b != nil {
		b.Reset()
		*spare, *b = *b, bytes.Buffer{}
	}
}
