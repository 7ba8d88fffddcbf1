//go:build e2e

package conformance

import (
	"encoding/binary"
	"slices"
)

// The opcodes (RFC 6455 §5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// The reserved bits, as frame.rsv.
const (
	rsv1 = 4
	rsv2 = 2
	rsv3 = 1
)

// How a length can be written.
const (
	shortest = 0
	in7bits  = 7
	in16bits = 16
	in64bits = 64
)

// usualKey masks where the key does not matter.
var usualKey = [4]byte{0x37, 0xFA, 0x21, 0x3D}

// frame is a frame as a client sends it, right or wrong.
type frame struct {
	more     bool // FIN is 0
	rsv      byte
	op       byte
	payload  []byte
	key      *[4]byte // nil: usualKey
	unmasked bool
	form     int     // of the length
	announce *uint64 // the length that is told, if not that of the payload
}

// bytes is the frame on the wire.
func (f frame) bytes() []byte {
	b0 := f.rsv<<4 | f.op
	if !f.more {
		b0 |= 0x80
	}
	length := uint64(len(f.payload))
	if f.announce != nil {
		length = *f.announce
	}
	form := f.form
	if form == shortest {
		switch {
		case length < 126:
			form = in7bits
		case length < 1<<16:
			form = in16bits
		default:
			form = in64bits
		}
	}
	var mask byte = 0x80
	if f.unmasked {
		mask = 0
	}
	out := []byte{b0}
	switch form {
	case in7bits:
		out = append(out, mask|byte(length))
	case in16bits:
		out = binary.BigEndian.AppendUint16(append(out, mask|126), uint16(length))
	case in64bits:
		out = binary.BigEndian.AppendUint64(append(out, mask|127), length)
	}
	if f.unmasked {
		return append(out, f.payload...)
	}
	key := usualKey
	if f.key != nil {
		key = *f.key
	}
	out = append(out, key[:]...)
	for i, c := range f.payload {
		out = append(out, c^key[i%4])
	}
	return out
}

// frames is frames one behind the other on the wire.
func frames(all ...frame) []byte {
	var out []byte
	for _, f := range all {
		out = append(out, f.bytes()...)
	}
	return out
}

// Whole frames, and the parts of a message in fragments.

func text(s string) frame          { return frame{op: opText, payload: []byte(s)} }
func binaryMessage(s string) frame { return frame{op: opBinary, payload: []byte(s)} }
func ping(s string) frame          { return frame{op: opPing, payload: []byte(s)} }
func pong(s string) frame          { return frame{op: opPong, payload: []byte(s)} }
func first(op byte, s string) frame {
	return frame{op: op, more: true, payload: []byte(s)}
}
func middle(s string) frame { return frame{op: opContinuation, more: true, payload: []byte(s)} }
func last(s string) frame   { return frame{op: opContinuation, payload: []byte(s)} }

// closing is a close frame; code 0 with no reason is one without payload.
func closing(code int, reason string) frame {
	if code == 0 && reason == "" {
		return frame{op: opClose}
	}
	return frame{op: opClose, payload: closePayload(code, reason)}
}

func closePayload(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// announced is a frame of which nothing but the header is sent.
func announced(op byte, length uint64) frame { return frame{op: op, announce: &length} }

// fragments cuts a message in frames before each of the given indices.
func fragments(op byte, payload []byte, cuts ...int) []frame {
	var out []frame
	from := 0
	for _, to := range append(slices.Clone(cuts), len(payload)) {
		out = append(out, frame{op: op, more: true, payload: payload[from:to]})
		op, from = opContinuation, to
	}
	out[len(out)-1].more = false
	return out
}

// singles cuts a message in frames of a byte each.
func singles(op byte, payload []byte) []frame {
	var cuts []int
	for i := 1; i < len(payload); i++ {
		cuts = append(cuts, i)
	}
	return fragments(op, payload, cuts...)
}
