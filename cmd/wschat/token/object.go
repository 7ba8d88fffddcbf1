package token

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// object is a JSON object: a header or a set of claims. Its names are looked up
// as they are, since they are case-sensitive (RFC 7515 §5.3, RFC 7519 §7.3);
// encoding/json would take SUB for sub. Of a name given twice the last one
// counts (RFC 7515 §4, RFC 7519 §4).
type object map[string]json.RawMessage

func decodeObject(encoded string) (object, error) {
	text, err := decodeBase64(encoded)
	if err != nil {
		return nil, err
	}
	var o object
	if !utf8.Valid(text) || json.Unmarshal(text, &o) != nil || o == nil { // nil: it was null
		return nil, ErrMalformed
	}
	return o, nil
}

// decodeBase64 takes base64url without padding (RFC 7515 §2) and nothing else:
// encoding/base64 would skip line ends.
func decodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, ErrMalformed
	}
	decoded, err := encoding.DecodeString(s)
	if err != nil {
		return nil, ErrMalformed
	}
	return decoded, nil
}

// read sets into to the value of a name, if it is there. It reports false for a value of
// another type. null is one: a list that got lost must not lift a limit.
func (o object) read(name string, into any) bool {
	value, ok := o[name]
	return !ok || string(value) != "null" && json.Unmarshal(value, into) == nil
}

// audience reads aud, a string or a list of them (RFC 7519 §4.1.3). nil: it is missing. It
// reports false for a value of another type.
func (o object) audience() (names []string, ok bool) {
	var one string
	if o["aud"] != nil && o.read("aud", &one) {
		return []string{one}, true
	}
	ok = o.read("aud", &names)
	return names, ok
}

// time reads a NumericDate (RFC 7519 §2), which may have a fraction; the zero
// Time if it is missing.
func (o object) time(name string) (time.Time, error) {
	if _, ok := o[name]; !ok {
		return time.Time{}, nil
	}
	var seconds float64
	if !o.read(name, &seconds) {
		return time.Time{}, ErrMalformed
	}
	const end = 1 << 38 // some 8,700 years from 1970; times and durations would overflow
	whole, fraction := math.Modf(max(-end, min(seconds, end)))
	return time.Unix(int64(whole), int64(fraction*1e9)), nil
}
