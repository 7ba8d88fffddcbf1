package frame

// Error is a breach of RFC 6455 or RFC 7692 by the peer. A [Decoder] returns no
// others than the variables below, so they can be compared with [errors.Is]; use
// [errors.As] to reach Code and Kind. They are shared: do not change them.
type Error struct {
	Code   CloseCode // what the peer must see in the close frame
	Kind   string    // a stable lower-case token for metrics, such as "reserved_bits"
	Reason string    // what is wrong, in words; short enough for a close frame
}

// Error returns the reason, with the package's name before it.
func (e *Error) Error() string { return "frame: " + e.Reason }

// What can be wrong with a header.
var (
	ErrReservedBits           = &Error{ProtocolError, "reserved_bits", "reserved bit set without an extension"}
	ErrCompressedBit          = &Error{ProtocolError, "compressed_bit", "RSV1 on a control frame or a continuation"}
	ErrReservedOpcode         = &Error{ProtocolError, "reserved_opcode", "reserved opcode"}
	ErrNotMasked              = &Error{ProtocolError, "not_masked", "frame from a client is not masked"}
	ErrMasked                 = &Error{ProtocolError, "masked", "frame from a server is masked"}
	ErrControlFragmented      = &Error{ProtocolError, "control_fragmented", "control frame is fragmented"}
	ErrControlTooLong         = &Error{ProtocolError, "control_too_long", "control frame is longer than 125 bytes"}
	ErrUnexpectedContinuation = &Error{ProtocolError, "unexpected_continuation", "continuation frame without a message to continue"}
	ErrExpectedContinuation   = &Error{ProtocolError, "expected_continuation", "new message before the last one ended"}
	ErrLengthNotMinimal       = &Error{ProtocolError, "length_not_minimal", "payload length is not in its shortest form"}
	ErrLengthTopBit           = &Error{ProtocolError, "length_top_bit", "payload length has its top bit set"}
	ErrMessageTooBig          = &Error{MessageTooBig, "message_too_big", "message is over the limit"}
)

// What can be wrong with a payload.
var (
	ErrInvalidUTF8 = &Error{InvalidPayload, "invalid_utf8", "text is not UTF-8"}
	ErrCloseLength = &Error{ProtocolError, "close_length", "close frame has one byte, half a close code"}
	ErrCloseCode   = &Error{ProtocolError, "close_code", "close code must not be sent"}

	// RFC 7692 names no code for these two. 1007 stands for data that is "not
	// consistent with the type of the message" (RFC 6455 §7.4.1): RSV1 has said
	// it is DEFLATE, and it is not. The framing is right, so 1002 would mislead.
	ErrDeflateData = &Error{InvalidPayload, "deflate_data", "compressed data is corrupt"}
	ErrDeflateEnd  = &Error{InvalidPayload, "deflate_end", "compressed data does not end where the message does"}
)
