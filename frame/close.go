package frame

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CloseCode says why a connection ends (RFC 6455 §7.4).
type CloseCode uint16

// The close codes of RFC 6455 §7.4.1. NoStatus, AbnormalClosure and
// TLSHandshake stand for what happened and are never sent.
const (
	NormalClosure      CloseCode = 1000 // the purpose is fulfilled
	GoingAway          CloseCode = 1001 // the server shuts down, the user leaves the page
	ProtocolError      CloseCode = 1002 // the peer broke RFC 6455
	UnsupportedData    CloseCode = 1003 // a type of data that is not understood here
	NoStatus           CloseCode = 1005 // the close frame had no code
	AbnormalClosure    CloseCode = 1006 // no close frame came
	InvalidPayload     CloseCode = 1007 // data that is not what its type says: text that is not UTF-8
	PolicyViolation    CloseCode = 1008 // a message against the rules of this place
	MessageTooBig      CloseCode = 1009 // a message longer than is taken here
	MandatoryExtension CloseCode = 1010 // the server did not agree to an extension the client needs
	InternalError      CloseCode = 1011 // the server met a condition it did not expect
	TLSHandshake       CloseCode = 1015 // the TLS handshake failed
)

// The close codes of wschat, from the range for private use (RFC 6455 §7.4.2).
// After 4000-4099 a client stays away, after 4100-4199 it comes back.
const (
	Replaced     CloseCode = 4000 // a newer connection of the same user took over
	TokenExpired CloseCode = 4001 // the token that let the user in has expired
	TooSlow      CloseCode = 4100 // the peer reads more slowly than is sent to it
)

// String returns the number, and the name if this package has one for it:
// "1002 protocol error".
func (c CloseCode) String() string {
	number := strconv.Itoa(int(c))
	if name := c.name(); name != "" {
		return number + " " + name
	}
	return number
}

func (c CloseCode) name() string {
	switch c {
	case NormalClosure:
		return "normal closure"
	case GoingAway:
		return "going away"
	case ProtocolError:
		return "protocol error"
	case UnsupportedData:
		return "unsupported data"
	case NoStatus:
		return "no status"
	case AbnormalClosure:
		return "abnormal closure"
	case InvalidPayload:
		return "invalid payload"
	case PolicyViolation:
		return "policy violation"
	case MessageTooBig:
		return "message too big"
	case MandatoryExtension:
		return "mandatory extension"
	case InternalError:
		return "internal error"
	case TLSHandshake:
		return "tls handshake"
	case Replaced:
		return "replaced"
	case TokenExpired:
		return "token expired"
	case TooSlow:
		return "too slow"
	}
	return ""
}

// IsValid reports whether c may be sent in a close frame.
func (c CloseCode) IsValid() bool {
	switch {
	case c >= 1000 && c <= 1003: // RFC 6455 §7.4.1; 1004 has no meaning yet, 1005 and 1006 must not be sent
		return true
	case c >= 1007 && c <= 1014: // §7.4.1; 1012 to 1014 were registered later; 1015 must not be sent
		return true
	case c >= 3000 && c <= 4999: // §7.4.2: registered by libraries and for private use
		return true
	}
	return false
}

// maxReason is the room for a reason: a control frame without the two bytes of
// the code (RFC 6455 §5.5, §5.5.1).
const maxReason = maxControl - 2

// ParseClose reads the payload of a close frame (RFC 6455 §5.5.1). An empty
// one is [NoStatus] and no error. The errors are [ErrCloseLength],
// [ErrCloseCode] and [ErrInvalidUTF8].
func ParseClose(payload []byte) (code CloseCode, reason string, err error) {
	switch len(payload) {
	case 0:
		return NoStatus, "", nil
	case 1:
		return 0, "", ErrCloseLength
	}
	code = CloseCode(binary.BigEndian.Uint16(payload))
	if !code.IsValid() {
		return 0, "", ErrCloseCode
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", ErrInvalidUTF8
	}
	return code, string(payload[2:]), nil
}

// AppendClose appends the payload of a close frame. Whatever it is given, the
// result may be sent: a code that must not be on the wire, such as [NoStatus],
// gives an empty payload; in the reason, bytes that are not UTF-8 become
// U+FFFD, and what is over 123 bytes is cut off at the end of a character.
func AppendClose(dst []byte, code CloseCode, reason string) []byte {
	if !code.IsValid() {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	reason = strings.ToValidUTF8(reason, string(utf8.RuneError))
	if len(reason) > maxReason {
		end := maxReason
		for !utf8.RuneStart(reason[end]) {
			end--
		}
		reason = reason[:end]
	}
	return append(dst, reason...)
}
