package frame

import "math"

// state is what check has to know of the connection on which a header came.
type state struct {
	Role       Role  // the side on which it came in
	Deflate    bool  // permessage-deflate is in use
	Assembling bool  // a message has begun and its final frame has not come
	Compressed bool  // ...and it is compressed
	Received   int64 // bytes of payload of that message in the frames before, as they came; 0 without one
	Limit      int64 // most bytes of payload in a message, inflated; 0: as many as a slice can hold
}

// check reports whether a frame with header h is allowed in state s. The
// error is an [*Error]. There is one case for each MUST of RFC 6455, and those
// of RFC 7692 §6.
//
// A header of which only the first two bytes are known can be checked too,
// with the 7 bits of the length field in h.Length: the true length is not less.
func (h *Header) check(s *state) error {
	if h.RSV != 0 {
		if err := h.checkRSV(s); err != nil {
			return err
		}
	}
	switch {
	case h.Opcode.IsReserved():
		// §5.2 Opcode: "If an unknown opcode is received, the receiving
		// endpoint MUST _Fail the WebSocket Connection_."
		return ErrReservedOpcode

	case s.Role == Server && !h.Masked:
		// §5.1: "The server MUST close the connection upon receiving a frame
		// that is not masked."
		return ErrNotMasked

	case s.Role == Client && h.Masked:
		// §5.1: "A client MUST close a connection if it detects a masked frame."
		return ErrMasked

	case h.Opcode.IsControl() && !h.Fin:
		// §5.5: "All control frames [...] MUST NOT be fragmented."
		return ErrControlFragmented

	case h.Opcode.IsControl() && h.Length > maxControl:
		// §5.5: "All control frames MUST have a payload length of 125 bytes or less".
		return ErrControlTooLong

	case h.Opcode == Continuation && !s.Assembling:
		// §5.4: a continuation frame follows the first frame of its message.
		return ErrUnexpectedContinuation

	case h.Opcode != Continuation && !h.Opcode.IsControl() && s.Assembling:
		// §5.4: "The fragments of one message MUST NOT be interleaved between
		// the fragments of another message unless an extension has been
		// negotiated that can interpret the interleaving."
		return ErrExpectedContinuation

	case !h.Opcode.IsControl() && h.Length > s.room(h):
		// §10.4: an endpoint with a limit on the "total message size after
		// reassembly from multiple frames MUST protect" itself; 1009: §7.4.1.
		return ErrMessageTooBig
	}
	return nil
}

// checkRSV is check for the reserved bits where one is set.
func (h *Header) checkRSV(s *state) error {
	switch {
	case h.RSV != RSV1 || !s.Deflate:
		// §5.2 RSV1, RSV2, RSV3: "MUST be 0 unless an extension is negotiated
		// that defines meanings for non-zero values".
		return ErrReservedBits

	case h.Opcode.IsControl() || h.Opcode == Continuation:
		// RFC 7692 §6: "An endpoint MUST NOT set the "Per-Message Compressed"
		// bit of control frames and non-first fragments of a data message."
		return ErrCompressedBit
	}
	return nil
}

// room returns how many more bytes the message of h may have. It subtracts,
// since the sum of what was received and what is announced could overflow.
//
// Of a compressed message the limit holds on what is inflated, which the
// header does not tell. It may be longer than that by the marks between its
// blocks: a sender who flushes after each byte needs 8 bytes for one. What is
// longer still is refused here, so that no message goes on for ever.
func (s *state) room(h *Header) int64 {
	limit := s.Limit
	if limit <= 0 || limit > math.MaxInt {
		limit = math.MaxInt
	}
	if h.RSV != 0 || s.Compressed {
		limit = 8*min(limit, (math.MaxInt-64)/8) + 64
	}
	return limit - s.Received
}
