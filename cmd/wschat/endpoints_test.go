package main

import (
	"errors"
	"testing"

	"wschat/handshake"
	"wschat/hub/chat"
)

// What the engine refuses is told to the client and the operator by its reason.
func TestRefusal(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		kind   string
	}{
		{chat.ErrBanned, 403, "banned"},
		{chat.ErrUnavailable, 503, "store"},
	} {
		var r *handshake.Rejection
		if !errors.As(refusal("A", test.err), &r) || r.Status != test.status || r.Kind != test.kind {
			t.Errorf("%v: got %+v, want %d %q", test.err, r, test.status, test.kind)
		}
	}
}
