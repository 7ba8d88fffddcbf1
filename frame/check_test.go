package frame

import (
	"errors"
	"math"
	"regexp"
	"testing"
)

func TestCheck(t *testing.T) {
	text := Header{Fin: true, Opcode: Text, Masked: true}
	with := func(change func(h *Header)) Header {
		h := text
		change(&h)
		return h
	}
	idle := state{Role: Server}
	assembling := state{Role: Server, Assembling: true}
	deflate := state{Role: Server, Deflate: true}
	compressed := state{Role: Server, Deflate: true, Assembling: true, Compressed: true}
	rsv1 := func(op Opcode) Header {
		return with(func(h *Header) { h.Opcode, h.RSV = op, RSV1 })
	}

	for _, tt := range []struct {
		name  string
		h     Header
		state state
		want  error
	}{
		{"§5.2 no reserved bit", text, idle, nil},
		{"§5.2 RSV1", with(func(h *Header) { h.RSV = 4 }), idle, ErrReservedBits},
		{"§5.2 RSV2", with(func(h *Header) { h.RSV = 2 }), idle, ErrReservedBits},
		{"§5.2 RSV3", with(func(h *Header) { h.RSV = 1 }), idle, ErrReservedBits},
		{"§5.2 RSV1 on a control frame", with(func(h *Header) { h.Opcode, h.RSV = Ping, 4 }), idle, ErrReservedBits},
		{"§5.2 RSV1 on a continuation", with(func(h *Header) { h.Opcode, h.RSV = Continuation, 4 }), assembling, ErrReservedBits},

		{"§5.2 reserved data opcode 3", with(func(h *Header) { h.Opcode = 3 }), idle, ErrReservedOpcode},
		{"§5.2 reserved data opcode 7", with(func(h *Header) { h.Opcode = 7 }), idle, ErrReservedOpcode},
		{"§5.2 reserved control opcode 11", with(func(h *Header) { h.Opcode = 11 }), idle, ErrReservedOpcode},
		{"§5.2 reserved control opcode 15", with(func(h *Header) { h.Opcode = 15 }), idle, ErrReservedOpcode},
		{"§5.2 reserved opcode within a message", with(func(h *Header) { h.Opcode = 5 }), assembling, ErrReservedOpcode},

		{"§5.1 unmasked to a server", with(func(h *Header) { h.Masked = false }), idle, ErrNotMasked},
		{"§5.1 unmasked ping to a server", with(func(h *Header) { h.Opcode, h.Masked = Ping, false }), idle, ErrNotMasked},
		{"§5.1 masked to a client", text, state{Role: Client}, ErrMasked},
		{"§5.1 unmasked to a client", with(func(h *Header) { h.Masked = false }), state{Role: Client}, nil},

		{"§5.5 fragmented close", with(func(h *Header) { h.Opcode, h.Fin = Close, false }), idle, ErrControlFragmented},
		{"§5.5 fragmented ping", with(func(h *Header) { h.Opcode, h.Fin = Ping, false }), idle, ErrControlFragmented},
		{"§5.5 fragmented pong", with(func(h *Header) { h.Opcode, h.Fin = Pong, false }), assembling, ErrControlFragmented},

		{"§5.5 control of 125 bytes", with(func(h *Header) { h.Opcode, h.Length = Ping, 125 }), idle, nil},
		{"§5.5 control of 126 bytes", with(func(h *Header) { h.Opcode, h.Length = Ping, 126 }), idle, ErrControlTooLong},
		{"§5.5 control of 2^63-1 bytes", with(func(h *Header) { h.Opcode, h.Length = Close, math.MaxInt64 }), idle, ErrControlTooLong},
		{"§5.5 control of 125 bytes, over the message limit", with(func(h *Header) { h.Opcode, h.Length = Ping, 125 }), state{Limit: 1}, nil},
		{"§5.4 control within a message", with(func(h *Header) { h.Opcode = Pong }), assembling, nil},

		{"§5.4 continuation of nothing", with(func(h *Header) { h.Opcode = Continuation }), idle, ErrUnexpectedContinuation},
		{"§5.4 first continuation of nothing", with(func(h *Header) { h.Opcode, h.Fin = Continuation, false }), idle, ErrUnexpectedContinuation},
		{"§5.4 continuation", with(func(h *Header) { h.Opcode = Continuation }), assembling, nil},
		{"§5.4 text within a message", text, assembling, ErrExpectedContinuation},
		{"§5.4 binary within a message", with(func(h *Header) { h.Opcode = Binary }), assembling, ErrExpectedContinuation},

		{"§10.4 at the limit", with(func(h *Header) { h.Length = 1000 }), state{Limit: 1000}, nil},
		{"§10.4 over the limit", with(func(h *Header) { h.Length = 1001 }), state{Limit: 1000}, ErrMessageTooBig},
		{"§10.4 at the limit together", with(func(h *Header) { h.Opcode, h.Length = Continuation, 400 }), state{Assembling: true, Received: 600, Limit: 1000}, nil},
		{"§10.4 over the limit together", with(func(h *Header) { h.Opcode, h.Length = Continuation, 401 }), state{Assembling: true, Received: 600, Limit: 1000}, ErrMessageTooBig},
		{"§10.4 nothing more, at the limit", with(func(h *Header) { h.Opcode = Continuation }), state{Assembling: true, Received: 1000, Limit: 1000}, nil},
		{"§10.4 the sum overflows", with(func(h *Header) { h.Opcode, h.Length = Continuation, math.MaxInt64 }), state{Assembling: true, Received: 600, Limit: 1000}, ErrMessageTooBig},
		{"§10.4 the sum overflows without a limit", with(func(h *Header) { h.Opcode, h.Length = Continuation, math.MaxInt64 }), state{Assembling: true, Received: 1}, ErrMessageTooBig},
		{"§10.4 no limit", with(func(h *Header) { h.Length = math.MaxInt }), idle, nil},

		{"RFC 7692 §6 RSV1 on text", rsv1(Text), deflate, nil},
		{"RFC 7692 §6 RSV1 on binary", rsv1(Binary), deflate, nil},
		{"RFC 7692 §6 RSV1 on the first fragment", with(func(h *Header) { h.RSV, h.Fin = RSV1, false }), deflate, nil},
		{"RFC 7692 §6 uncompressed message", text, deflate, nil},
		{"RFC 7692 §6 RSV1 on a continuation", rsv1(Continuation), compressed, ErrCompressedBit},
		{"RFC 7692 §6 RSV1 on a continuation of an uncompressed message", rsv1(Continuation), state{Deflate: true, Assembling: true}, ErrCompressedBit},
		{"RFC 7692 §6 continuation of a compressed message", with(func(h *Header) { h.Opcode = Continuation }), compressed, nil},
		{"RFC 7692 §6 RSV1 on close", rsv1(Close), deflate, ErrCompressedBit},
		{"RFC 7692 §6 RSV1 on ping", rsv1(Ping), deflate, ErrCompressedBit},
		{"RFC 7692 §6 RSV1 on pong within a message", rsv1(Pong), compressed, ErrCompressedBit},
		{"RFC 7692 §6 RSV1 on a reserved opcode", rsv1(3), deflate, ErrReservedOpcode},
		{"RFC 7692 §6 RSV1 on a new message before the last one ended", rsv1(Text), compressed, ErrExpectedContinuation},
		{"RFC 6455 §5.2 RSV2 with permessage-deflate", with(func(h *Header) { h.RSV = 2 }), deflate, ErrReservedBits},
		{"RFC 6455 §5.2 RSV3 with permessage-deflate", with(func(h *Header) { h.RSV = 1 }), deflate, ErrReservedBits},
		{"RFC 6455 §5.2 RSV1 and RSV2 with permessage-deflate", with(func(h *Header) { h.RSV = 6 }), deflate, ErrReservedBits},
		{"§10.4 uncompressed over the limit with permessage-deflate", with(func(h *Header) { h.Length = 1001 }), state{Deflate: true, Limit: 1000}, ErrMessageTooBig},
		{"§10.4 compressed, eight times the limit", with(func(h *Header) { h.RSV, h.Length = RSV1, 8064 }), state{Deflate: true, Limit: 1000}, nil},
		{"§10.4 compressed, over eight times the limit", with(func(h *Header) { h.RSV, h.Length = RSV1, 8065 }), state{Deflate: true, Limit: 1000}, ErrMessageTooBig},
		{"§10.4 compressed, over that together", with(func(h *Header) { h.Opcode, h.Length = Continuation, 65 }), state{Deflate: true, Assembling: true, Compressed: true, Received: 8000, Limit: 1000}, ErrMessageTooBig},
		{"§10.4 compressed, no limit", with(func(h *Header) { h.RSV, h.Length = RSV1, math.MaxInt-1000 }), deflate, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.h.check(&tt.state); !errors.Is(err, tt.want) {
				t.Errorf("check of %+v in %+v: %v, want %v", tt.h, tt.state, err, tt.want)
			}
		})
	}
}

// What metrics and the close frame take from an error.
func TestErrors(t *testing.T) {
	kind := regexp.MustCompile(`^[a-z][a-z0-9_]+$`)
	seen := map[string]bool{}
	for _, tt := range []struct {
		err  error
		code CloseCode
	}{
		{ErrReservedBits, 1002}, {ErrReservedOpcode, 1002}, {ErrNotMasked, 1002}, {ErrMasked, 1002},
		{ErrControlFragmented, 1002}, {ErrControlTooLong, 1002}, {ErrUnexpectedContinuation, 1002},
		{ErrExpectedContinuation, 1002}, {ErrLengthNotMinimal, 1002}, {ErrLengthTopBit, 1002},
		{ErrMessageTooBig, 1009}, {ErrInvalidUTF8, 1007}, {ErrCloseLength, 1002}, {ErrCloseCode, 1002},
		{ErrCompressedBit, 1002}, {ErrDeflateData, 1007}, {ErrDeflateEnd, 1007},
	} {
		var e *Error
		if !errors.As(tt.err, &e) {
			t.Errorf("%v is no *Error", tt.err)
			continue
		}
		if e.Code != tt.code {
			t.Errorf("%v has code %v, want %v", e, e.Code, tt.code)
		}
		if !kind.MatchString(e.Kind) || seen[e.Kind] {
			t.Errorf("%v: kind %q is no token of its own", e, e.Kind)
		}
		seen[e.Kind] = true
		if e.Error() != "frame: "+e.Reason || len(e.Reason) > maxReason {
			t.Errorf("%v: reason %q", e, e.Reason)
		}
	}
}
