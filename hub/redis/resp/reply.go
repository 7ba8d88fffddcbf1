package resp

import (
	"fmt"
	"strconv"
)

// Reply is what the server answered; the zero value is a null. It is the
// receiver's to keep. The helpers that convert fail with a *ServerError if the
// reply is one, and with ErrReply if it is of another kind.
type Reply struct {
	kind  kind
	n     int64
	bytes []byte
	list  []Reply
}

// kind is the first byte of a reply on the wire, or 0 for a null.
type kind byte

const (
	null    kind = 0
	status  kind = '+'
	failure kind = '-'
	integer kind = ':'
	bulk    kind = '$'
	array   kind = '*'
)

// IsNil tells whether the reply is a null.
func (r Reply) IsNil() bool { return r.kind == null }

// Err returns the *ServerError that an element of an array is, or nil. An error
// that is the whole reply is handed out as an error already.
func (r Reply) Err() error {
	if r.kind == failure {
		return &ServerError{Text: string(r.bytes)}
	}
	return nil
}

// Int returns an integer, or the one that a string is the decimal form of.
func (r Reply) Int() (int64, error) {
	switch r.kind {
	case integer:
		return r.n, nil
	case bulk, status:
		if n, err := strconv.ParseInt(string(r.bytes), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, r.unexpected("an integer")
}

// Bytes returns the bytes of a string; nil and no error for a null.
func (r Reply) Bytes() ([]byte, error) {
	switch r.kind {
	case bulk, status, null:
		return r.bytes, nil
	}
	return nil, r.unexpected("a string")
}

// Text returns a string, an integer in decimal form, or "" for a null.
func (r Reply) Text() (string, error) {
	switch r.kind {
	case bulk, status, null:
		return string(r.bytes), nil
	case integer:
		return strconv.FormatInt(r.n, 10), nil
	}
	return "", r.unexpected("a string")
}

// Array returns the elements of an array; nil and no error for a null.
func (r Reply) Array() ([]Reply, error) {
	switch r.kind {
	case array, null:
		return r.list, nil
	}
	return nil, r.unexpected("an array")
}

// Strings returns the elements of an array of strings, as Text does each.
func (r Reply) Strings() ([]string, error) {
	list, err := r.Array()
	if err != nil || len(list) == 0 {
		return nil, err
	}
	texts := make([]string, len(list))
	for i := range list {
		if texts[i], err = list[i].Text(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// Scan puts the elements of an array where they belong, as the helpers above do each:
// into a *string, *[]byte, *[]string, *int, *int64, *uint64, *bool (an integer that is
// not 0) or *Reply. Pointers of other kinds panic. There must be as many as elements.
func (r Reply) Scan(into ...any) error {
	list, err := r.Array()
	if err != nil {
		return err
	}
	if len(list) != len(into) {
		return fmt.Errorf("%w: %d elements instead of %d", ErrReply, len(list), len(into))
	}
	for i := range list {
		if err := list[i].put(into[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r Reply) put(into any) (err error) {
	var n int64
	switch to := into.(type) {
	case *string:
		*to, err = r.Text()
	case *[]byte:
		*to, err = r.Bytes()
	case *[]string:
		*to, err = r.Strings()
	case *int:
		n, err = r.Int()
		*to = int(n)
	case *int64:
		*to, err = r.Int()
	case *uint64:
		n, err = r.Int()
		*to = uint64(n)
	case *bool:
		n, err = r.Int()
		*to = n != 0
	case *Reply:
		*to = r
	default:
		panic("resp: nothing can be put there")
	}
	return err
}

func (r Reply) unexpected(wanted string) error {
	if r.kind == failure {
		return r.Err()
	}
	return fmt.Errorf("%w: %s instead of %s", ErrReply, r.kind, wanted)
}

// String names the kind in errors.
func (k kind) String() string {
	switch k {
	case null:
		return "a null"
	case status, bulk:
		return "a string"
	case failure:
		return "an error"
	case integer:
		return "an integer"
	case array:
		return "an array"
	}
	return "unknown"
}
